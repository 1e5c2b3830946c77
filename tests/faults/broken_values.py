"""Deliveries with values and times that break the contract, or only look as if they did.

How a value is published does not matter here: the lake stores it exactly, or refuses the line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

from faults.broken_files import (
    Expected,
    Injector,
    Row,
    broken_lines,
    json_lines,
    loaded,
    sample_numbers,
    write,
)

from orchestration.landing.contract import FEEDS

_PLACEHOLDER = "(the value)"


def _with(row: Row, column: str, literal: str) -> str:
    """The row's line with a JSON literal, valid or not, for one of its values."""
    return json.dumps(row | {column: _PLACEHOLDER}).replace(json.dumps(_PLACEHOLDER), literal)


def _bad(column: str, rule: str, literals: Sequence[str]) -> Injector:
    """Some lines with one of these literals in a column."""
    return broken_lines("values.jsonl", rule, lambda row, rng: _with(row, column, rng.choice(literals)))


def _either(*injectors: Injector) -> Injector:
    return lambda rows, rng, folder: rng.choice(injectors)(rows, rng, folder)


def _exact(column: str, values: Sequence[tuple[str, object]]) -> Injector:
    """Some lines with a literal that the lake must store as exactly this value."""

    def inject(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
        lines, stored = [json.dumps(row) for row in rows], []
        for number in sample_numbers(rows, rng):
            literal, value = rng.choice(values)
            lines[number - 1] = _with(rows[number - 1], column, literal)
            stored.append((str(rows[number - 1]["event_id"]), column, value))
        expected = loaded(write(folder, "exact.jsonl", "\n".join(lines).encode()), rows)
        return [replace(expected, stored=tuple(stored))]

    return inject


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


_NOT_A_NUMBER = ['"twelve"', '"1,5"', '"1 000"', '"0x10"', '"١٢"', '"1.2.3"', '"12€"', '" 1"', '"--1"']
_FUTURE = [
    ('"9999-12-31T23:59:59.999999Z"', _utc(9999, 12, 31, 23, 59, 59, 999999)),
    ('"2150-01-01T00:00:00+13:00"', _utc(2149, 12, 31, 11)),
]
_SUMMER_TIME = [
    ('"2026-03-29T01:59:59+01:00"', _utc(2026, 3, 29, 0, 59, 59)),
    ('"2026-03-29T03:00:00+02:00"', _utc(2026, 3, 29, 1)),
    ('"2025-10-26T02:30:00+02:00"', _utc(2025, 10, 26, 0, 30)),
    ('"2025-10-26T02:30:00+01:00"', _utc(2025, 10, 26, 1, 30)),
]
_OFFSETS = [
    ('"2026-04-07T00:15:00+05:30"', _utc(2026, 4, 6, 18, 45)),
    ('"2026-04-07T12:59:59+13:00"', _utc(2026, 4, 6, 23, 59, 59)),
    ('"2026-04-07T00:15:00-09:30"', _utc(2026, 4, 7, 9, 45)),
]
_LONG_NUMBERS = [
    ("123456789012.123456", Decimal("123456789012.123456")),
    ("0.1234560000000000000000", Decimal("0.123456")),
    ("999999999999.999999", Decimal("999999999999.999999")),
    ("9007199254.740993", Decimal("9007199254.740993")),
]


def _new_column(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    name = f"colour_{rng.randrange(1000)}"
    value = Decimal(rng.randrange(10**20)).scaleb(-3)
    lines, stored = [json.dumps(row) for row in rows], []
    for number in sample_numbers(rows, rng):
        row = rows[number - 1]
        lines[number - 1] = _with(row | {name: _PLACEHOLDER}, name, str(value))
        stored.append((str(row["event_id"]), "attributes", f'{{"{name}":{value}}}'))
    expected = loaded(write(folder, "drift.jsonl", "\n".join(lines).encode()), rows)
    return [replace(expected, stored=tuple(stored))]


_REQUIRED = FEEDS["generation_events"].required


def _column_missing(row: Row, rng: Random) -> str:
    column = rng.choice(_REQUIRED)
    left_out = {name: value for name, value in row.items() if name != column}
    return json.dumps(rng.choice([left_out, row | {column: None}, row | {column: ""}]))


def _column_renamed(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    column = rng.choice(_REQUIRED)
    renamed = [{f"{column}_new" if key == column else key: row[key] for key in row} for row in rows]
    file = write(folder, "renamed.jsonl", json_lines(renamed))
    count = len(rows)
    return [Expected(file, "file.missing_column", count, 0, count, (), ((None, None),), "rejected")]


def _changed_type(row: Row, rng: Random) -> str:
    column = rng.choice(["event_id", "credits", "occurred_at", "member_id", "locale"])
    return _with(row, column, rng.choice(["true", "{}", '{"amount": 1}', "[1]"]))


_UNUSUAL_NAMES = (
    *(
        "🙂👨‍👩‍👧‍👦",
        "שלום עולם",
        "\u202eevil\u202c",
        "e\u0301\u0323" * 20,
        "Ⅷ\u00a0\u200b\ufeff",
        "ﷺ" * 50,
        "x" * 3000,
    ),
    *("日本語", "I\u0307stanbul", "\\", '"', "\t", "\u2028", "ẞß", "undefined", "NaN", "-0", "1e5", "true"),
)
_HOSTILE = (
    *("'; drop table raw.deliveries; --", '"; drop schema marts cascade; --', "' or 1=1 --", "$$;", "%s%n"),
    *("{{ 7 * 7 }}", "{% raw %}", "${jndi:ldap://x}", "<script>alert(1)</script>", '"><img src=x onerror=x>'),
    *("=cmd()|'/c calc'!A0", "+1+1", "-2+3", "@SUM(1)", "=HYPERLINK(1)", "../../etc/passwd", "`id`", "a\nb"),
)
_TEXT_COLUMNS = (
    *("source", "workspace_id", "member_id", "product_id", "generation_type", "locale"),
    *("product_category", "ruleset_id", "template_id", "model", "provider"),
)


def _named(names: Sequence[str], columns: Sequence[str]) -> Injector:
    """Some rows with such names in their columns, which must be stored character by character."""

    def inject(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
        renamed, stored = list(rows), []
        for number in sample_numbers(rows, rng):
            row = rows[number - 1] | {column: rng.choice(names) for column in columns}
            # the id as well, which stays unique
            row["event_id"] = f"{row['event_id']}{rng.choice(names)}"
            renamed[number - 1] = row
            stored += [(str(row["event_id"]), column, row[column]) for column in columns]
        ensure_ascii = rng.random() < 0.5
        text = "".join(json.dumps(row, ensure_ascii=ensure_ascii) + "\n" for row in renamed)
        return [replace(loaded(write(folder, "names.jsonl", text.encode()), renamed), stored=tuple(stored))]

    return inject


VALUE_FAULTS: dict[str, Injector] = {
    "text in a number": _bad("credits", "number.format", _NOT_A_NUMBER),
    "NaN": _either(_bad("credits", "json", ["NaN"]), _bad("credits", "number.format", ['"NaN"', '"nan"'])),
    "Infinity": _either(
        _bad("credits", "json", ["Infinity", "-Infinity"]),
        _bad("credits", "number.format", ['"Infinity"', '"-inf"', '"∞"']),
    ),
    "1e400": _bad("credits", "decimal.digits", ["1e400", '"1e400"', "1E+400", "-1e400"]),
    "30 digits in a number": _bad(
        "credits", "decimal.digits", ["1" * 30, f'"{"9" * 30}"', f"0.{'3' * 30}", f"{'1' * 15}.{'2' * 15}"]
    ),
    "negative credits": _bad("credits", "range", ["-1", '"-0.000001"', "-1e3", '"-999999999999.999999"']),
    "more than 15 significant digits": _exact("credits", _LONG_NUMBERS),
    "future and year-9999 times": _either(
        _exact("occurred_at", _FUTURE),
        _bad(
            "occurred_at",
            "instant.range",
            ['"9999-12-31T23:59:59-01:00"', '"2026-02-30T00:00:00Z"', '"0001-01-01T00:00:00Z"'],
        ),
    ),
    "epoch seconds": _bad(
        "occurred_at", "instant.format", ["1775550000", '"1775550000"', "1775550000123", "1.7e9"]
    ),
    "a time without offset": _bad(
        "occurred_at", "instant.offset", ['"2026-04-07T09:30:00"', '"2026-04-07 09:30:00.123"']
    ),
    "days of 23 and 25 hours": _exact("occurred_at", _SUMMER_TIME),
    "zones +5:30 and +13": _exact("occurred_at", _OFFSETS),
    "a new column": _new_column,
    "a required column missing in some rows": broken_lines("missing.jsonl", "required", _column_missing),
    "a required column renamed": _column_renamed,
    "a changed type": broken_lines("types.jsonl", "type", _changed_type),
    "emoji, RTL, combining and very long names": _named(
        _UNUSUAL_NAMES, ("member_id", "product_id", "product_category")
    ),
    "hostile names in every column": _named(_HOSTILE, _TEXT_COLUMNS),
}
