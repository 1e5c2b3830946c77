"""Reads Parquet: each row becomes a JSON object whose cells are exact texts.

Column names are data: they reach no SQL. Columns are interpreted in typing/.
"""

import io
import json
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
from orchestration.landing.rejects import FileRejected, Reject, file_rejected

_BATCH_ROWS = 8192
# memory of an element of a list while it is read
_ELEMENT_BYTES = 32
_PART_BYTES = 32 * 1024 * 1024
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
    number = 0
    try:
        file = _open(source)
        _check(file, source, options)
        for batch in (part for whole in file.iter_batches(_BATCH_ROWS) for part in _parts(whole)):
            for cells, fault in _rows(batch):
                number += 1
                document = json.dumps(cells, ensure_ascii=False, separators=(",", ":"), default=str)
                if len(document) > options.max_line_bytes:
                    too_long = rejected_line(number, document.encode(), options)
                    assert too_long is not None
                    builder.reject(number, too_long.text, too_long.reject)
                elif fault:
                    builder.reject(number, document, fault)
                else:
                    builder.add(number, document, document)
            if builder.is_full:
                yield builder.take()
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(str(error)) from error
    yield builder.take()


def _open(source: Any) -> pq.ParquetFile:
    """The file with dictionary-encoded texts: a repeated text is in memory once."""
    schema = pq.ParquetFile(source).schema_arrow
    texts = [field.name for field in schema if _is_text(field.type) or _is_binary(field.type)]
    source.seek(0)
    return pq.ParquetFile(source, read_dictionary=texts)


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


def _check(file: pq.ParquetFile, source: Any, options: ReadOptions) -> None:
    names = file.schema_arrow.names
    if len(set(names)) != len(names) or "" in names:
        raise file_rejected(
            "file.parquet", "a column name is empty or occurs twice", "Name each column once."
        )
    metadata = file.metadata
    packed_bytes = source.seek(0, io.SEEK_END)
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
    columns = [_cells(column) for column in batch.columns]
    for values in zip(*columns, strict=True) if columns else ():
        cells = dict(zip(batch.schema.names, values, strict=True))
        bad = [name for name, value in cells.items() if isinstance(value, bytes)]
        cells |= {name: as_text(cells[name]) for name in bad}
        yield cells, _not_utf8(bad[0], str(cells[bad[0]])) if bad else None


def _cells(column: pa.Array) -> list[object]:
    """Each cell as text, boolean, nested value or None; bytes where it should be text and is not UTF-8."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _cells(column.dictionary_decode())
    if _is_text(kind) or _is_binary(kind):
        # Arrow does not validate the UTF-8 it reads from a file
        binary = column.cast(pa.large_binary()).to_pylist()
        return [None if value is None else _decoded(value) for value in binary]
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
