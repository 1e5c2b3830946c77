"""That everything the page says can be said in Thai, with the same values in it."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from orchestration.publish.report import i18n, sentences
from orchestration.publish.report.formatting import day_month_year, month_day
from orchestration.publish.report.i18n import say, speaking
from orchestration.publish.report.model import Report
from orchestration.publish.report.page import render_page
from orchestration.publish.report.thai import THAI
from orchestration.settings import Settings, SettingsError

PUBLISH = Path(i18n.__file__).parent


def said_in_python() -> Iterator[str]:
    """The sentences given to `say` in Python, either of two in a condition."""
    for file in (*PUBLISH.glob("*.py"), *(PUBLISH.parents[1] / "dashboard").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "say":
                first = node.args[0]
                told = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
                yield from (one.value for one in told if isinstance(one, ast.Constant))


def said_in_templates() -> Iterator[str]:
    for file in (PUBLISH / "templates").iterdir():
        for found in re.findall(r'say\(("(?:[^"\\]|\\.)*")', file.read_text(encoding="utf-8")):
            yield ast.literal_eval(found)


def said_by_tables() -> Iterator[str]:
    for one in sentences.WASTE_WORDS.values():
        yield from (one.name, one.meaning)
    for table in (sentences.REDUCED, sentences.ADVICE, sentences.LOOKED_AT_TOGETHER, sentences.CAUSES):
        yield from table.values()
    yield sentences.NOTHING_STANDS_OUT


def test_every_sentence_has_its_thai_and_every_thai_is_said() -> None:
    said = {*said_in_python(), *said_in_templates(), *said_by_tables()}
    assert len(said) > 100
    assert said - THAI.keys() == set()
    assert THAI.keys() - said == set()


@pytest.mark.parametrize("sentence", THAI)
def test_a_sentence_holds_the_same_values_in_both_languages(sentence: str) -> None:
    thai = THAI[sentence]
    assert sorted(re.findall(r"{\w+}", thai)) == sorted(re.findall(r"{\w+}", sentence))
    assert re.search("[\u0e00-\u0e7f]", thai)


def test_days_are_written_with_thai_months_only_while_thai_is_spoken() -> None:
    day = date(2026, 5, 12)
    with speaking("th"):
        assert day_month_year(day) == "12 พ.ค. 2026"
        assert month_day(day, near=day) == "12 พ.ค."
    assert day_month_year(day) == "12 May 2026"
    with pytest.raises(ValueError, match=r"one of en, th; found 'de'"), speaking("de"):
        pass


def test_every_language_can_be_set_and_no_other() -> None:
    assert [Settings(lang=language).lang for language in i18n.LANGUAGES] == ["en", "th"]
    with pytest.raises(SettingsError, match="CREDITS_LANG must be en or th; found 'de'"):
        Settings.load(lang="de")


def test_a_value_is_never_taken_for_a_sentence_to_fill() -> None:
    assert say("{credits} left", credits="{0.__class__}") == "{0.__class__} left"


def test_the_thai_page_holds_the_numbers_of_the_english_one(example: Report) -> None:
    english, thai = render_page(example), render_page(example, language="th")
    assert '<html lang="th">' in thai
    assert "<h1>เครดิตจะหมดภายใน 12 พ.ค. 2026 หากใช้ในอัตราปัจจุบัน</h1>" in thai
    numbers = r">\s*([\d,.]+%?)\s*<"
    assert re.findall(numbers, thai) == re.findall(numbers, english)
    assert len(re.findall(numbers, thai)) > 30
