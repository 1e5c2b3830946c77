"""Values in CSV and JSON are exact, and safe from formula injection."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.publish.rows.cells import csv_line, display_value, guarded, json_value


@pytest.mark.parametrize(
    "text",
    [
        *("=cmd|' /C calc'!A1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-", "="),
        *("  =1", "\u00a0=1", "\u3000=1", "\ufeff=1", "\u200b=1", "\u202e=1", "\x00=1", "\v=1"),
        *("＝1", "＋1", "－1", "＠SUM", "﹢1", "﹣1", " ＝1", "−1"),
    ],
)
def test_text_that_a_spreadsheet_would_run_is_prefixed_with_an_apostrophe(text: str) -> None:
    assert guarded(text) == "'" + text
    assert next(csv.reader(io.StringIO(csv_line([text]), newline=""))) == ["'" + text]


@pytest.mark.parametrize(
    "text", ["", "a=1", "1-1", "Ödegård", "עברית", "😀", "a\n=1", "'quoted", " a", "(=)"]
)
def test_any_other_text_is_unchanged(text: str) -> None:
    assert guarded(text) == text
    assert next(csv.reader(io.StringIO(csv_line([text, "x"]), newline=""))) == [text, "x"]


def test_numbers_dates_and_booleans_are_never_prefixed() -> None:
    values = [-5, Decimal("-0.000001"), -1.5, True, date(2026, 4, 7), datetime(2026, 4, 7, 1, 2, 3, 4)]
    assert csv_line(values) == "-5,-0.000001,-1.5,true,2026-04-07,2026-04-07T01:02:03.000004\r\n"


def test_decimals_keep_every_digit_and_have_no_exponent() -> None:
    assert csv_line([Decimal("12345678901234567890.123457"), Decimal("1E-12")]) == (
        "12345678901234567890.123457,0.000000000001\r\n"
    )


def test_null_is_an_empty_cell_and_the_empty_text_is_not() -> None:
    assert csv_line([None, "", None]) == ',"",\r\n'


def test_a_cell_is_quoted_if_a_reader_could_split_it() -> None:
    assert csv_line(['say "hi"', "a,b", "a\nb", "a\r\nb", "a;b", "a\tb", " a", "a "]) == (
        '"say ""hi""","a,b","a\nb","a\r\nb","a;b","a\tb"," a","a "\r\n'
    )


def test_the_elements_of_a_list_are_guarded_with_it() -> None:
    assert csv_line([["=1", Decimal("1.50")]]) == '"[""=1"", ""1.50""]"\r\n'
    assert csv_line([b"=1"]) == "3d31\r\n"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=4))
def test_every_text_is_read_back_and_none_starts_a_formula(texts: list[str]) -> None:
    read = next(csv.reader(io.StringIO(csv_line(texts), newline=""), strict=True))
    assert read == [guarded(text) for text in texts]
    for cell, text in zip(read, texts, strict=True):
        assert cell in (text, "'" + text)
        assert cell.strip()[:1] not in {"=", "+", "-", "@"} and cell[0] not in "\t\r\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1.50"), "1.50"),
        (float("nan"), "nan"),
        (date(2026, 4, 7), "2026-04-07"),
        ({date(2026, 4, 7): [Decimal("0.1"), None, True]}, {"2026-04-07": ["0.1", None, True]}),
    ],
)
def test_json_holds_every_value_exactly(value: Any, written: Any) -> None:
    assert json.loads(json.dumps(json_value(value), allow_nan=False)) == written


def test_a_value_for_a_terminal_has_no_control_characters() -> None:
    assert display_value("a\x1b[2J\nb\u202e") == "a[2J b"
    assert display_value(None) == ""
    assert display_value(Decimal("1E+2")) == "100"
