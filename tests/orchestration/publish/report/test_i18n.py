"""Every sentence of the report, the dashboard and the digest is in every catalogue, with the same values."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import chain
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po
from support.suggestion_rows import suggestion_for

from orchestration.publish.report import i18n
from orchestration.publish.report.breakdown import named_types
from orchestration.publish.report.formatting import amount, day_month_year, month_day, whole_days
from orchestration.publish.report.i18n import gettext, using_language
from orchestration.publish.report.model import Report
from orchestration.publish.report.page import render_page
from orchestration.publish.report.text import render_text
from orchestration.settings import Settings, SettingsError

REPO = Path(i18n.__file__).parents[3]


def catalogue(file: Path) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened)


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> set[object]:
    """What Babel's own extractor finds; a sentence with a plural is a pair."""
    template = tmp_path_factory.mktemp("messages") / "credits.pot"
    command = ["pybabel", "-q", "extract", "-F", str(REPO / "pyproject.toml"), "-o", str(template), str(REPO)]
    CommandLineInterface().run(command)
    return {message.id for message in catalogue(template) if message.id}


def called_in_python() -> Iterator[str]:
    """The sentences given to `_` and `N_` in Python, in f-strings too, where no extractor looks."""
    for file in chain.from_iterable((REPO / name).rglob("*.py") for name in ("orchestration", "forecasting")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in ("_", "N_"):
                yield from (part.value for part in node.args[:1] if isinstance(part, ast.Constant))


@pytest.mark.parametrize("language", i18n.LANGUAGES[1:])
def test_every_sentence_is_translated_and_no_translation_is_unused(
    language: str, sentences: set[object]
) -> None:
    translated = {
        message.id: message
        for message in catalogue(i18n.LOCALE / language / i18n.CATALOGUE)
        if message.id and all(message.string if message.pluralizable else [message.string])
    }
    assert len(sentences) > 100
    assert sentences - translated.keys() == set()
    assert translated.keys() - sentences == set()
    for message in translated.values():
        assert not message.fuzzy
        english = message.id if message.pluralizable else [message.id]
        for text in message.string if message.pluralizable else [message.string]:
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", "".join(english)))


def test_the_extractor_finds_every_sentence(sentences: set[object]) -> None:
    assert set(called_in_python()) - sentences == set()


def test_dates_have_thai_months_only_while_the_language_is_thai() -> None:
    day = date(2026, 5, 12)
    with using_language("th"):
        assert day_month_year(day) == "12 พ.ค. 2026"
        assert month_day(day, near=day) == "12 พ.ค."
        assert whole_days(Decimal(1)) == "1 วัน"
        assert amount(Decimal("1234.50")) == "1,234.50"
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
    # each phrase wraps as a whole, so that no word is broken
    assert "<h1><span>เครดิตจะหมดภายใน</span> <span>12</span> <span>พ.ค.</span> <span>2026</span>" in thai
    numbers = r">\s*([\d,.]+%?)\s*<"
    thai = re.sub("<h1>.*?</h1>", "", thai)
    assert re.findall(numbers, thai) == re.findall(numbers, english)
    assert len(re.findall(numbers, thai)) > 30


def test_a_third_language_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "de" / i18n.CATALOGUE
    file.parent.mkdir(parents=True)
    plurals = r'"Plural-Forms: nplurals=2; plural=(n != 1);\n"'
    days = 'msgid "{days} day"\nmsgid_plural "{days} days"\nmsgstr[0] "{days} Tag"\nmsgstr[1] "{days} Tage"'
    file.write_text(f'msgid ""\nmsgstr "Language: de\\n"\n{plurals}\n\n{days}\n', encoding="utf-8")
    monkeypatch.setattr(i18n, "LOCALE", tmp_path)
    monkeypatch.setattr(i18n, "LANGUAGES", ("en", "de"))
    with using_language("de"):
        assert [whole_days(Decimal(days)) for days in (1, 1234)] == ["1 Tag", "1.234 Tage"]
        assert (amount(Decimal("1234.50")), day_month_year(date(2026, 5, 12))) == ("1.234,50", "12. Mai 2026")


def test_only_types_of_content_that_are_ours_are_translated(example: Report) -> None:
    ours, *_others = example.generation_types
    theirs = replace(ours, id="cost", name="Cost")
    with using_language("th"):
        assert gettext("Cost") != "Cost"
        assert [line.name for line in named_types([ours, theirs])] == ["คำอธิบาย", "Cost"]
    assert named_types([ours, theirs]) == [ours, theirs]


def test_the_text_report_is_thai_but_for_names(example: Report) -> None:
    made = suggestion_for()
    parts, words = made["suggestion_parts"], made["suggestion"]
    example = replace(
        example, suggestions=(replace(example.suggestions[0], suggestion_parts=parts, suggestion=words),)
    )
    with using_language("th"):
        thai = render_text(example)
    assert "ชุดกฎ rs_12: 34 % ของ คำอธิบาย ในส่วนนี้ ต้องสร้าง 3 ครั้งขึ้นไป (ส่วนอื่น 12 %)" in thai
    names = {line.name for lines in (example.members, example.categories) for line in lines}
    names |= {example.summary.workspace_name, example.summary.timezone}
    for name in names:
        thai = thai.replace(name, "").replace(name.lower(), "")
    assert re.findall("[A-Za-z]{2,}", thai.replace("rs_12", "")) == []
