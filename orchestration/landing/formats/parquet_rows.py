"""Reads Parquet: each row becomes a JSON object whose cells are exact texts.

Column names are data: they reach no SQL. Columns are interpreted in typing/. The native reader can abort on
a hostile file, so that this is called in a process of its own, by `parquet_process`.
"""

import io
import json
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.landing.formats.chunks import Chunk, ChunkBuilder
from orchestration.landing.formats.compression import check_caps
from orchestration.landing.formats.lines import as_text, rejected_line
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import FileRejected, Reject, file_rejected, unreadable

_BATCH_ROWS = 8192
_SHOWN_TYPE = 60
_NAMES_BYTES = 1024
_LEAST_SHARE = 8
# memory of an element of a list while it is read
_ELEMENT_BYTES = 32
_PART_BYTES = 32 * 1024 * 1024
_PAGE_BYTES = 1024 * 1024
_REMEDY = "Deliver the complete Parquet file again, without compressing it a second time."


def parquet_chunks(source: Any, options: ReadOptions) -> Iterator[Chunk]:
    """Chunks of a Parquet file; `line_number` is the row's position, from 1.

    Args:
        source: a seekable binary file.
        options: the caps.

    Raises:
        FileRejected: not a complete Parquet file, or a column name occurs twice.
    """
    builder = ChunkBuilder(options)
    packed_bytes = source.seek(0, io.SEEK_END)
    number, made_bytes = 0, 0
    try:
        file = _open(source)
        _check(file, packed_bytes, options)
        # each row has the names of its columns, which a file of some width does not pay for
        names_bytes = min(_NAMES_BYTES, len(_document(dict.fromkeys(file.schema_arrow.names))))
        for batch in (part for whole in file.iter_batches(_BATCH_ROWS) for part in _parts(whole)):
            for cells, fault in _rows(batch):
                number += 1
                document = _document(cells)
                made_bytes += max(len(cells), len(document) - names_bytes, len(document) // _LEAST_SHARE)
                if len(document) > options.max_line_bytes:
                    too_long = rejected_line(number, document.encode(), options)
                    assert too_long is not None
                    builder.reject(number, too_long.text, too_long.reject)
                elif fault:
                    builder.reject(number, document, fault)
                else:
                    builder.add(number, document, document)
                if builder.is_full:
                    # what the footer says of sizes may be a lie
                    check_caps(made_bytes, packed_bytes=packed_bytes, options=options)
                    yield builder.take()
    except MemoryError:
        raise
    except UnicodeDecodeError as error:
        problem = f"a column name is not UTF-8 ({error.reason})"
        raise unreadable(type(error).__name__, problem, "Name each column in UTF-8.") from error
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None):
            raise  # of the disk
        raise _unreadable(str(error)) from error
    check_caps(made_bytes, packed_bytes=packed_bytes, options=options)
    yield builder.take()


def _open(source: Any) -> pq.ParquetFile:
    """The file with dictionary-encoded texts: a repeated text is in memory once."""
    metadata = pq.read_metadata(source)
    source.seek(0)
    schema = metadata.schema.to_arrow_schema()
    texts = [field.name for field in schema if _is_text(field.type) or _is_binary(field.type)]
    # pages are read one by one, so that a large row group does not fill the memory
    return pq.ParquetFile(source, metadata=metadata, read_dictionary=texts, buffer_size=_PAGE_BYTES)


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in as few parts as possible, none with more text than fits in memory."""
    lengths = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and len(column.dictionary):
            of_each = pc.binary_length(column.dictionary).take(column.indices)
            lengths += pc.fill_null(of_each, 0).to_numpy(zero_copy_only=False)
    part = np.cumsum(lengths) // _PART_BYTES
    ends = [*(np.flatnonzero(np.diff(part)) + 1).tolist(), batch.num_rows]
    for start, end in pairwise([0, *ends]):
        yield batch.slice(start, end - start)


def _check(file: pq.ParquetFile, packed_bytes: int, options: ReadOptions) -> None:
    names = file.schema_arrow.names
    if len(set(names)) != len(names) or "" in names:
        raise file_rejected(
            "file.parquet", "a column name is empty or occurs twice", "Name each column once."
        )
    metadata = file.metadata
    # a run of equal cells takes no bytes in the file, but each cell and each list element does in memory
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    cell_count = sum(
        group.num_rows + (group.column(index).num_values - group.num_rows) * _ELEMENT_BYTES
        for group in groups
        for index in range(group.num_columns)
    )
    unpacked_bytes = sum(group.total_byte_size for group in groups)
    check_caps(max(unpacked_bytes, cell_count), packed_bytes=packed_bytes, options=options)


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[dict[str, object], Reject | None]]:
    columns = [
        _readable_cells(name, column) for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    names = batch.schema.names
    not_utf8 = [name for name, column in zip(names, columns, strict=True) if bytes in set(map(type, column))]
    for values in zip(*columns, strict=True) if columns else ():
        cells = dict(zip(names, values, strict=True))
        bad = [name for name in not_utf8 if isinstance(cells[name], bytes)] if not_utf8 else []
        cells |= {name: as_text(cells[name]) for name in bad}
        yield cells, _not_utf8(bad[0], str(cells[bad[0]])) if bad else None


def _document(cells: dict[str, object]) -> str:
    """The row as JSON; what JSON has no form for is its text."""
    try:
        return _JSON.encode(cells)
    except ValueError:  # NaN or an infinity within a nested value
        return _JSON.encode(_finite(cells))


def _finite(value: Any) -> Any:
    """A nested value with the texts of numbers that JSON has no form for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _inner_text(value: object) -> str:
    return as_text(value) if isinstance(value, bytes) else str(value)


_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_inner_text)


def _readable_cells(name: str, column: pa.Array) -> list[object]:
    """The cells of a column.

    Raises:
        FileRejected: naming the column, if it holds a value that no text stands for.
    """
    try:
        return _cells(column)
    except (MemoryError, pa.ArrowException):
        raise
    except Exception as error:
        kind = f"{column.type}"[:_SHOWN_TYPE]
        raise unreadable(
            type(error).__name__,
            f"a value of its column {name} ({kind}) is none that a text stands for: {error}",
            f"Write {name} as text, or as a plain type with years from 1 to 9999 and known time zones.",
        ) from error


def _cells(column: pa.Array) -> list[object]:
    """Each cell as text, boolean, nested value or None; bytes where it should be text and is not UTF-8."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        values = _cells(column.dictionary)
        return [None if index is None else values[index] for index in column.indices.to_pylist()]
    if isinstance(kind, pa.UuidType):
        return [None if value is None else str(value) for value in column.to_pylist()]
    if isinstance(kind, pa.BaseExtensionType):
        return _cells(column.storage)
    if _is_text(kind) or _is_binary(kind):
        # Arrow does not validate the UTF-8 it reads from a file
        binary = column.cast(pa.large_binary())
        try:
            return binary.cast(pa.large_string()).to_pylist()
        except pa.ArrowInvalid:
            return [None if value is None else _decoded(value) for value in binary.to_pylist()]
    if pa.types.is_boolean(kind) or pa.types.is_nested(kind) or pa.types.is_null(kind):
        return column.to_pylist()
    if pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    if pa.types.is_timestamp(kind):
        return _timestamps(column)
    return column.cast(pa.string()).to_pylist()


def _timestamps(column: pa.Array) -> list[object]:
    """RFC 3339 in UTC; without an offset if the type has no zone, so that the contract rejects it."""
    if column.type.tz is None:
        return column.cast(pa.string()).to_pylist()
    in_utc = column.cast(pa.timestamp(column.type.unit, "UTC"))
    return pc.strftime(in_utc, format="%Y-%m-%dT%H:%M:%SZ").to_pylist()


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _decoded(value: bytes) -> str | bytes:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _not_utf8(name: str, found: str) -> Reject:
    return Reject("utf8", name, found[:200], f"{name} is not UTF-8", "Deliver UTF-8 text.")


def _unreadable(problem: str) -> FileRejected:
    reason = (
        f"the file is not a complete Parquet file: {problem.splitlines()[0] if problem else 'unreadable'}"
    )
    return file_rejected("file.parquet", reason, _REMEDY)
