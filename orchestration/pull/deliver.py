"""Writes what dlt loads into the folder of a source: a whole file or none, and none that is there already.

Where rows come from does not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet as pq

from orchestration.durable_files import atomic_write, hash_of

_OWN_COLUMNS = {"_dlt_id", "_dlt_load_id"}


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that was written, or would have been: `path` is None if the newest file is the same."""

    table: str
    row_count: int
    path: Path | None


def deliver(loaded: Path, folder: Path, *, record_column: str | None) -> Delivered | None:
    """Copy a Parquet file of dlt to the folder of its table; None if it holds no row.

    Args:
        loaded: the file.
        folder: the table's; created if needed.
        record_column: the column of JSON texts, to be written as lines instead.
    """
    rows = pq.ParquetFile(loaded)
    if not rows.metadata.num_rows:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    suffix = "parquet" if record_column is None else "jsonl"
    newest = max((file for file in folder.glob(f"*.{suffix}") if file.name[0] != "."), default=None)
    # sorts after every file before it, so that of two snapshots the later one counts
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.{suffix}"
    with atomic_write(path) as file:
        if record_column is None:
            _write_parquet(rows, file)
        else:
            _write_lines(rows, record_column, file)
    if newest is not None and hash_of(newest) == hash_of(path):
        path.unlink()  # a pull that was killed after this file comes to it again
        return Delivered(folder.name, rows.metadata.num_rows, None)
    return Delivered(folder.name, rows.metadata.num_rows, path)


def _write_parquet(rows: pq.ParquetFile, file: BinaryIO) -> None:
    names = [name for name in rows.schema_arrow.names if name not in _OWN_COLUMNS]
    schema = rows.schema_arrow
    for name in _OWN_COLUMNS & set(schema.names):
        schema = schema.remove(schema.get_field_index(name))
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in rows.iter_batches(columns=names):
            writer.write_batch(batch)


def _write_lines(rows: pq.ParquetFile, record_column: str, file: BinaryIO) -> None:
    for batch in rows.iter_batches(columns=[record_column]):
        for record in batch.column(0).to_pylist():
            file.write(record.encode() + b"\n")
