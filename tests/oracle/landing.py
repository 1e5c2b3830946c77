"""A strict reader of good landing files, for tests: every file below a feed's folder, as typed rows.

It quarantines nothing: it raises on what it cannot read. Damaged input is for the real reader.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from oracle.contract import CREDITS, DATE, FEEDS, INSTANT, INTEGER, MONEY, SCORE, Row

FRACTION_DIGITS = {CREDITS: 6, MONEY: 12}
SCORE_STEP = Decimal(1).scaleb(-17)


def load_landing(path: Path, *, batch_ids: Mapping[str, int] | None = None) -> dict[str, list[Row]]:
    """Read a landing directory.

    Args:
        path: the directory with one folder per feed.
        batch_ids: batch of each file by its path relative to `path` (posix); a file not named is batch 1.

    Returns:
        The rows of each feed: Decimal, aware datetime, int, str or None by column.

    Raises:
        ValueError: a file or value that is not good; names the file, the value and what to do.
    """
    rows: dict[str, list[Row]] = {feed: [] for feed in FEEDS}
    for feed in FEEDS:
        for file in sorted((path / feed).rglob("*")):
            if not file.is_file():
                continue
            name = file.relative_to(path).as_posix()
            batch_id = (batch_ids or {}).get(name, 1)
            for line, record in enumerate(_records(file), start=1):
                place = {"batch_id": batch_id, "file_path": name, "line_number": line}
                rows[feed].append({**_typed(feed, record, name), **place})
    return rows


def _records(file: Path) -> list[dict[str, Any]]:
    suffixes = file.suffixes
    compression = suffixes.pop() if suffixes and suffixes[-1] in {".gz", ".zst"} else ""
    kind = suffixes[-1] if suffixes else ""
    if kind == ".parquet":
        import pyarrow.parquet

        return list(pyarrow.parquet.read_table(file).to_pylist())
    text = _text(file, compression)
    if kind in {".jsonl", ".ndjson"}:
        return [_json(line) for line in text.split("\n") if line.strip()]
    if kind == ".json":
        return list(_json(text))
    if kind == ".csv":
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    raise ValueError(
        f"landing files end in jsonl, ndjson, json, csv or parquet; found {file.name}; rename it"
    )


def _text(file: Path, compression: str) -> str:
    data = file.read_bytes()
    if compression == ".gz":
        data = gzip.decompress(data)
    elif compression == ".zst":
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
            data = reader.read()
    return data.decode("utf-8-sig")


def _json(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _typed(feed: str, record: Mapping[str, Any], name: str) -> Row:
    typed: Row = {}
    for column, kind in FEEDS[feed].items():
        value = record.get(column)
        if column == "attributes" or value is None or value == "":
            typed[column] = None
            continue
        try:
            typed[column] = _value(kind, value)
        except (ValueError, ArithmeticError) as error:
            raise ValueError(f"{name}: {column} must be {kind}, found {value!r}; correct the file") from error
    return typed


def _value(kind: str, value: Any) -> Any:
    if kind == INSTANT:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("an instant needs an offset")
        return instant.astimezone(UTC)
    if kind == DATE:
        return date.fromisoformat(value)
    if kind in FRACTION_DIGITS:
        number = _decimal(value)
        if number != round(number, FRACTION_DIGITS[kind]):
            raise ValueError(f"more than {FRACTION_DIGITS[kind]} decimals")
        return number
    if kind == SCORE:
        return _decimal(value).quantize(SCORE_STEP, rounding=ROUND_HALF_EVEN)
    if kind == INTEGER:
        number = _decimal(value)
        if number != int(number):
            raise ValueError("not a whole number")
        return int(number)
    if not isinstance(value, str):
        raise ValueError("not text")
    return value


def _decimal(value: Any) -> Decimal:
    # A binary double means its shortest decimal, which repr returns.
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError("not a finite number")
    return number
