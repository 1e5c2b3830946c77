"""Joins Parquet files of the same columns into one by copying their bytes; only the footer is written.

A Parquet file is row groups, and a footer that says where each of them is: a Thrift struct in the compact
protocol (https://parquet.apache.org/docs/file-format/metadata/). Neither DuckDB nor Arrow can add to a file.
Not here: which files are joined (export.py).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

_MAGIC = b"PAR1"
_TRUE, _FALSE, _DOUBLE, _BINARY, _LIST, _STRUCT = 1, 2, 7, 8, 9, 12
_INTEGERS = (3, 4, 5, 6)
# fields of the structs by the numbers of parquet.thrift
_NUM_ROWS, _ROW_GROUPS = 3, 4
_COLUMNS, _ROWS_OF_GROUP, _OFFSET_OF_GROUP, _ORDINAL = 1, 3, 5, 7
_METADATA_OF_COLUMN = 3
_OFFSETS_OF_COLUMN = (2, 4, 6)
_OFFSETS_IN_METADATA = (9, 10, 11, 14)

# by the number of the field: its type and value
_Struct = dict[int, tuple[int, Any]]


class NotParquet(ValueError):
    """The file has no footer, or not the row groups that are asked for."""


@dataclass(frozen=True)
class Part:
    """Row groups of a Parquet file that follow each other.

    Attributes:
        path: of the file.
        rows: how many rows these row groups hold together; None for all of the file.
        after: how many rows those before them hold.
    """

    path: Path
    rows: int | None = None
    after: int = 0


def join_parts(parts: Sequence[Part], to: Path) -> None:
    """Write one file with the rows of all parts, in this order.

    Raises:
        NotParquet: a part is no Parquet file, or its row groups do not begin and end after so many rows.
    """
    joined: _Struct = {}
    footers: dict[Path, tuple[_Struct, int]] = {}
    with to.open("wb") as target:
        target.write(_MAGIC)
        for part in parts:
            with part.path.open("rb") as source:
                if part.path not in footers:
                    footers[part.path] = _read_footer(source)
                footer, size = footers[part.path]
                first, last = _range_of(footer, part)
                all_groups = footer[_ROW_GROUPS][1][1]
                groups = all_groups[first:last]
                # what belongs to a row group and lies outside of it comes after it
                begin = _start(all_groups[first]) if first else len(_MAGIC)
                end = _start(all_groups[last]) if last < len(all_groups) else size
                shift = target.tell() - begin
                source.seek(begin)
                _copy(source, target, end - begin)
            joined = joined or {**footer, _ROW_GROUPS: (_LIST, (_STRUCT, []))}
            known = joined[_ROW_GROUPS][1][1]
            for group in groups:
                _move(group, shift)
                if _ORDINAL in group:
                    group[_ORDINAL] = (group[_ORDINAL][0], len(known))
                known.append(group)
        rows = sum(group[_ROWS_OF_GROUP][1] for group in joined[_ROW_GROUPS][1][1])
        joined[_NUM_ROWS] = (joined[_NUM_ROWS][0], rows)
        encoded = BytesIO()
        _write(encoded, _STRUCT, joined)
        target.write(encoded.getvalue() + len(encoded.getvalue()).to_bytes(4, "little") + _MAGIC)


def _read_footer(file: BinaryIO) -> tuple[_Struct, int]:
    """The footer, and where it begins."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 8, 0))
    length, magic = int.from_bytes(file.read(4), "little"), file.read(4)
    start = size - 8 - length
    if magic != _MAGIC or start < len(_MAGIC):
        raise NotParquet(f"{file.name} must be a Parquet file, and has no footer of one")
    file.seek(start)
    try:
        footer: _Struct = _read(BytesIO(file.read(length)), _STRUCT)
        if {_NUM_ROWS, _ROW_GROUPS} <= footer.keys():
            return footer, start
    except (IndexError, RecursionError):
        pass
    raise NotParquet(f"{file.name} must be a Parquet file, and its footer cannot be read")


def _range_of(footer: _Struct, part: Part) -> tuple[int, int]:
    """Where the row groups of a part begin and end, among all of its file."""
    groups: list[_Struct] = footer[_ROW_GROUPS][1][1]
    if part.rows is None:
        return 0, len(groups)
    rows_before = [0, *accumulate(group[_ROWS_OF_GROUP][1] for group in groups)]
    bounds = (part.after, part.after + part.rows)
    for rows in bounds:
        if rows not in rows_before:
            raise NotParquet(f"{part.path} must have row groups that end after {rows:,} rows, and has not")
    first, last = map(rows_before.index, bounds)
    return first, last


def _start(group: _Struct) -> int:
    """Where the bytes of a row group begin: at a page of one of its columns."""
    pages = [column[_METADATA_OF_COLUMN][1] for column in group[_COLUMNS][1][1]]
    return min(page[field][1] for page in pages for field in (9, 11) if field in page)


def _move(group: _Struct, shift: int) -> None:
    """Add to every offset of a row group."""
    _add(group, (_OFFSET_OF_GROUP,), shift)
    for column in group[_COLUMNS][1][1]:
        _add(column, _OFFSETS_OF_COLUMN, shift)
        _add(column[_METADATA_OF_COLUMN][1], _OFFSETS_IN_METADATA, shift)


def _add(struct: _Struct, fields: Sequence[int], shift: int) -> None:
    for field in fields:
        if field in struct and struct[field][1]:
            struct[field] = (struct[field][0], struct[field][1] + shift)


def _copy(source: BinaryIO, target: BinaryIO, length: int) -> None:
    while length:
        chunk = source.read(min(length, 1 << 20))
        target.write(chunk)
        length -= len(chunk)


def _read(source: BytesIO, kind: int) -> Any:
    if kind == _STRUCT:
        return _read_struct(source)
    if kind == _LIST:
        head = source.read(1)[0]
        of, length = head & 15, head >> 4
        length = _read_varint(source) if length == 15 else length
        return of, [_read(source, of) for _ in range(length)]
    if kind == _BINARY:
        return source.read(_read_varint(source))
    if kind == _DOUBLE:
        return source.read(8)
    if kind in _INTEGERS[1:]:
        number = _read_varint(source)
        return number >> 1 ^ -(number & 1)
    if kind in (_INTEGERS[0], _TRUE, _FALSE):  # of a list: one byte each
        return source.read(1)
    raise NotParquet(f"what is joined must be a Parquet file; its footer has the Thrift type {kind}")


def _read_struct(source: BytesIO) -> _Struct:
    fields: _Struct = {}
    number = 0
    while head := source.read(1)[0]:
        kind, step = head & 15, head >> 4
        number = number + step if step else _read(source, _INTEGERS[1])
        fields[number] = (kind, None if kind in (_TRUE, _FALSE) else _read(source, kind))
    return fields


def _read_varint(source: BytesIO) -> int:
    number = shift = 0
    while True:
        byte = source.read(1)[0]
        number |= (byte & 127) << shift
        if byte < 128:
            return number
        shift += 7


def _write(target: BytesIO, kind: int, value: Any) -> None:
    if kind == _STRUCT:
        before = 0
        for number, (of, field) in sorted(value.items()):
            step = number - before
            target.write(bytes([of | step << 4 if step < 16 else of]))
            if step >= 16:
                _write(target, _INTEGERS[1], number)
            if of not in (_TRUE, _FALSE):
                _write(target, of, field)
            before = number
        target.write(b"\0")
    elif kind == _LIST:
        of, entries = value
        target.write(bytes([of | min(len(entries), 15) << 4]))
        if len(entries) >= 15:
            _write_varint(target, len(entries))
        for entry in entries:
            _write(target, of, entry)
    elif kind == _BINARY:
        _write_varint(target, len(value))
        target.write(value)
    elif kind in _INTEGERS[1:]:
        _write_varint(target, value << 1 if value >= 0 else (-value << 1) - 1)
    else:
        target.write(value)


def _write_varint(target: BytesIO, number: int) -> None:
    while number > 127:
        target.write(bytes([number & 127 | 128]))
        number >>= 7
    target.write(bytes([number]))
