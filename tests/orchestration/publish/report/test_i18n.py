"""Every sentence of the report, the dashboard and the digest has its Thai, with the same values."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from orchestration.publish.report import i18n, sentences
from orchestration.publish.report.formatting import day_month_year, month_day
from orchestration.publish.report.i18n import gettext, using_language
from orchestration.publish.report.model import Report
from orchestration.publish.report.page import render_page
from orchestration.publish.report.thai import THAI
from orchestration.settings import Settings, SettingsError

PUBLISH = Path(i18n.__file__).parent


def sentences_in_python() -> Iterator[str]:
    """The sentences given to `_` in Python, both of a condition."""
    folders = (PUBLISH, PUBLISH.parents[1] / "dashboard", PUBLISH.parents[1] / "alerting")
    for file in (file for folder in folders for file in folder.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "_":
                first = node.args[0]
                options = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
                yield from (option.value for option in options if isinstance(option, ast.Constant))


def sentences_in_templates() -> Iterator[str]:
    for file in (PUBLISH / "templates").iterdir():
        for found in re.findall(r'(?<![\w.])_\(("(?:[^"\\]|\\.)*")', file.read_text(encoding="utf-8")):
            yield ast.literal_eval(found)


def sentences_in_tables() -> Iterator[str]:
    for reason in sentences.WASTE_REASONS.values():
        yield from (reason.name, reason.meaning)
    for table in (sentences.REDUCED, sentences.ADVICE, sentences.REVIEWED_TOGETHER, sentences.CAUSES):
        yield from table.values()
    yield sentences.NOTHING_STANDS_OUT


def test_every_sentence_has_its_thai_and_no_thai_is_unused() -> None:
    used = {*sentences_in_python(), *sentences_in_templates(), *sentences_in_tables()}
    assert len(used) > 100
    assert used - THAI.keys() == set()
    assert THAI.keys() - used == set()


@pytest.mark.parametrize("sentence", THAI)
def test_a_translation_has_the_same_placeholders(sentence: str) -> None:
    thai = THAI[sentence]
    assert sorted(re.findall(r"{\w+}", thai)) == sorted(re.findall(r"{\w+}", sentence))
    assert re.search("[\u0e00-\u0e7f]", thai)


def test_dates_have_thai_months_only_while_the_language_is_thai() -> None:
    day = date(2026, 5, 12)
    with using_language("th"):
        assert day_month_year(day) == "12 พ.ค. 2026"
        assert month_day(day, near=day) == "12 พ.ค."
    assert day_month_year(day) == "12 May 2026"
    with pytest.raises(ValueError, match=r"one of en, th; found 'de'"), using_language("de"):
        pass


def test_every_language_can_be_set_and_no_other() -> None:
    assert [Settings(lang=language).lang for language in i18n.LANGUAGES] == ["en", "th"]
    with pytest.raises(SettingsError, match="CREDITS_LANG must be en or th; found 'de'"):
        Settings.load(lang="de")


def test_a_value_is_never_used_as_a_format_string() -> None:
    assert gettext("{credits} left", credits="{0.__class__}") == "{0.__class__} left"


def test_the_thai_page_has_the_same_numbers_as_the_english_one(example: Report) -> None:
    english, thai = render_page(example), render_page(example, language="th")
    assert '<html lang="th">' in thai
    assert "<h1>เครดิตจะหมดภายใน 12 พ.ค. 2026 หากใช้ในอัตราปัจจุบัน</h1>" in thai
    numbers = r">\s*([\d,.]+%?)\s*<"
    assert re.findall(numbers, thai) == re.findall(numbers, english)
    assert len(re.findall(numbers, thai)) > 30
