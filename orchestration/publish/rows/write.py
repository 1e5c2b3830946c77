"""Rows of a result written as CSV, JSON, Parquet or a table for a terminal, as they are fetched.

Not here: which rows (extract.py), or how one value is written as text (cells.py).
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
from orchestration.publish.report.formatting import fitted
from orchestration.publish.rows.cells import csv_line, json_value, shown_value
from orchestration.publish.rows.select import Rows

ROWS_AT_ONCE = 10_000
# of a table; what is more is for a file
ROWS_SHOWN = 1_000
WIDEST_COLUMN = 60


class OutError(ValueError):
    """The rows cannot be written this way or there."""


def write_csv(rows: Rows, out: BinaryIO) -> None:
    """Writes CSV as RFC 4180 has it, UTF-8 without a byte order mark, names of the columns first."""
    result = rows.executed()
    out.write(csv_line(_columns(result)).encode())
    for batch in _batches(result):
        out.write("".join([csv_line(row) for row in batch]).encode())


def write_json(rows: Rows, out: BinaryIO) -> None:
    """Writes one JSON array with an object for each row, a row a line, ASCII only; decimals are texts."""
    result = rows.executed()
    columns = _columns(result)
    if len(set(columns)) < len(columns):
        raise OutError(
            f"in JSON, columns need names of their own; found {', '.join(columns)}. Rename with `as`."
        )
    before = "[\n"
    for batch in _batches(result):
        for row in batch:
            values = dict(zip(columns, map(json_value, row), strict=True))
            out.write((before + json.dumps(values)).encode())
            before = ",\n"
    out.write(b"[]\n" if before == "[\n" else b"\n]\n")


def write_parquet(rows: Rows, out: BinaryIO) -> None:
    """Writes one Parquet file with the types of the result; `out` may be a pipe."""
    reader = rows.as_arrow(rows_at_once=ROWS_AT_ONCE * 10)
    with pq.ParquetWriter(_Forward(out), reader.schema, compression="zstd") as parquet:
        for batch in reader:
            parquet.write_batch(batch)


class _Forward(io.RawIOBase):
    """What is only written onwards: a pipe cannot say where it is, which a Parquet writer asks."""

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
    """Writes an aligned table of the first rows, without colours or frames, and says if there are more."""
    columns, cells, numbers, has_more = first_rows(rows)
    table = [columns, *cells]
    widths = [min(max(map(cell_len, column)), WIDEST_COLUMN) for column in zip(*table, strict=True)]
    table.insert(1, ["-" * width for width in widths])
    for line in table:
        placed = zip(line, widths, numbers, strict=True)
        text = "  ".join(_aligned(cell, width, right=is_number) for cell, width, is_number in placed)
        out.write(text.rstrip().encode() + b"\n")
    if has_more:
        out.write(f"(the first {ROWS_SHOWN:,} rows; all of them with --format csv or json)\n".encode())


def first_rows(rows: Rows) -> tuple[list[str], list[list[str]], list[bool], bool]:
    """What a table shows: names and cells on one line each, which columns are numbers, if there is more."""
    result = rows.executed()
    columns = [shown_value(name) for name in _columns(result)]
    values = result.fetchmany(ROWS_SHOWN + 1)
    cells = [[shown_value(value) for value in row] for row in values[:ROWS_SHOWN]]
    numbers = [all(_is_number(row[place]) for row in values) for place in range(len(columns))]
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
    return text.rjust(width) if right and len(text) <= width else fitted(text, width=width)
