"""Writes rows as CSV, JSON, Parquet or a table for a terminal, while they are fetched.

Not here: which rows (select.py), or one value as text (cells.py).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow.parquet as pq
from rich.cells import cell_len

from orchestration.durable_files import atomic_write
from orchestration.publish.report.formatting import fit_to_width
from orchestration.publish.rows.cells import csv_line, display_value, json_value
from orchestration.publish.rows.select import Rows

ROWS_AT_ONCE = 10_000
# in a table; more rows need another format
ROWS_SHOWN = 1_000
WIDEST_COLUMN = 60


class OutError(ValueError):
    """The rows cannot be written in this format or to this path."""


def write_csv(rows: Rows, out: BinaryIO) -> None:
    """Write CSV by RFC 4180, UTF-8 without a byte order mark, with a header."""
    result = rows.executed()
    out.write(csv_line(_columns(result)).encode())
    for batch in _batches(result):
        out.write("".join([csv_line(row) for row in batch]).encode())


def write_json(rows: Rows, out: BinaryIO) -> None:
    """Write one JSON array with an object for each row, one row a line, ASCII only; decimals are texts."""
    result = rows.executed()
    columns = _columns(result)
    if len(set(columns)) < len(columns):
        raise OutError(
            f"columns of a JSON export need unique names; found {', '.join(columns)}. Rename with `as`."
        )
    separator = "[\n"
    for batch in _batches(result):
        for row in batch:
            values = dict(zip(columns, map(json_value, row), strict=True))
            out.write((separator + json.dumps(values)).encode())
            separator = ",\n"
    out.write(b"[]\n" if separator == "[\n" else b"\n]\n")


def write_parquet(rows: Rows, out: BinaryIO) -> None:
    """Write one Parquet file with the types of the result; `out` may be a pipe."""
    reader = rows.as_arrow(rows_at_once=ROWS_AT_ONCE * 10)
    with pq.ParquetWriter(_Forward(out), reader.schema, compression="zstd") as parquet:
        for batch in reader:
            parquet.write_batch(batch)


class _Forward(io.RawIOBase):
    """A stream that counts its position: a Parquet writer asks for it, and a pipe has none."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._written = out, 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any) -> int:
        self._out.write(data)
        self._written += len(data)
        return len(data)


def write_table(rows: Rows, out: BinaryIO) -> None:
    """Write an aligned table of the first rows, without colours or frames, and note if there are more."""
    columns, cells, numbers, has_more = first_rows(rows)
    table = [columns, *cells]
    widths = [min(max(map(cell_len, column)), WIDEST_COLUMN) for column in zip(*table, strict=True)]
    table.insert(1, ["-" * width for width in widths])
    for line in table:
        columns_of_line = zip(line, widths, numbers, strict=True)
        text = "  ".join(_aligned(cell, width, right=is_number) for cell, width, is_number in columns_of_line)
        out.write(text.rstrip().encode() + b"\n")
    if has_more:
        out.write(f"(the first {ROWS_SHOWN:,} rows; all of them with --format csv or json)\n".encode())


def first_rows(rows: Rows) -> tuple[list[str], list[list[str]], list[bool], bool]:
    """The contents of a table: names, cells on one line, which columns are numbers, if more rows follow."""
    result = rows.executed()
    columns = [display_value(name) for name in _columns(result)]
    values = result.fetchmany(ROWS_SHOWN + 1)
    cells = [[display_value(value) for value in row] for row in values[:ROWS_SHOWN]]
    numbers = [all(_is_number(row[index]) for row in values) for index in range(len(columns))]
    return columns, cells, numbers, len(values) > ROWS_SHOWN


@contextmanager
def output_file(path: Path) -> Iterator[BinaryIO]:
    """Opens the file that a person asked for; it is replaced as a whole, or not at all.

    Raises:
        OutError: `path` is there and no regular file, or its folder is not there.
    """
    if path.exists() and not path.is_file():
        raise OutError(f"rows are written to a regular file; {path} is none. Name another.")
    if not path.parent.is_dir():
        raise OutError(f"rows are written to a folder that is there; {path.parent} is not. Make it first.")
    with atomic_write(path) as out:
        yield out


def _columns(result: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for name, *_ in result.description or []]


def _batches(result: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    while batch := result.fetchmany(ROWS_AT_ONCE):
        yield batch


def _is_number(value: object) -> bool:
    return value is None or (not isinstance(value, bool) and isinstance(value, int | float | Decimal))


def _aligned(text: str, width: int, *, right: bool) -> str:
    return text.rjust(width) if right and len(text) <= width else fit_to_width(text, width=width)
