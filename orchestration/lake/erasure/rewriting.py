"""Committed files of the lake replaced by others with the same rows in the same order, safely.

Only what people are owed is ever rewritten: which cells are erased, and why, is in `erasure`.

New files are written beside as `<file>.new`; the manifest that names their hashes is the commit; renames
follow. A kill before it leaves the old files, one after it leaves new ones that `settle_rewrites` renames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.durable_files import hash_of, sync
from orchestration.lake.batch_manifest import (
    MANIFEST,
    NEW_SUFFIX,
    entry_of,
    manifest_of,
    read_manifest,
    write_manifest,
)
from orchestration.lake.batch_writer import parquet_writer

# returns the very same table if nothing is to change
Change = Callable[[str, pa.Table], pa.Table]


def rewrite_batch(batch: Path, tables: Iterable[str], change: Change) -> list[str]:
    """Rewrite those of the tables that change; all of them or none, whenever the process dies.

    Returns:
        The tables that were rewritten.
    """
    written = [table for table in tables if _write_beside(batch, table, change)]
    if written:
        manifest = read_manifest(batch) or manifest_of(batch.glob("*.parquet"))
        for table in written:
            manifest[f"{table}.parquet"] = entry_of(_beside(batch, table))
        write_manifest(batch, manifest)
        settle_batch(batch)
    return written


def settle_rewrites(batches: Iterable[Path]) -> None:
    """Finish or undo what a killed rewrite has left."""
    for batch in batches:
        settle_batch(batch)


def settle_batch(batch: Path) -> None:
    """Put new files that the manifest names into their place, and remove the others."""
    leftovers = list(batch.glob(f"*{NEW_SUFFIX}"))
    if not leftovers:
        return
    manifest = read_manifest(batch) or {}
    for beside in leftovers:
        place = beside.with_name(beside.name.removesuffix(NEW_SUFFIX))
        entry = manifest.get(place.name)
        if place.name != MANIFEST and entry is not None and hash_of(beside) == entry.sha256:
            beside.replace(place)
        else:
            beside.unlink()
    sync(batch)


def _beside(batch: Path, table: str) -> Path:
    return batch / f"{table}.parquet{NEW_SUFFIX}"


def _write_beside(batch: Path, table: str, change: Change) -> bool:
    """Write the changed file beside; nothing is written up to the first row group that changes."""
    with pq.ParquetFile(batch / f"{table}.parquet") as file:
        groups = range(file.num_row_groups)
        first = next((group for group in groups if _changes(file.read_row_group(group), table, change)), None)
        if first is None:
            return False
        beside = _beside(batch, table)
        with parquet_writer(beside, table) as writer:
            for group in groups:
                rows = file.read_row_group(group)
                # a group stays a group: the place of a row in its file is its identity
                writer.write_table(
                    rows if group < first else change(table, rows), row_group_size=rows.num_rows
                )
    sync(beside)
    return True


def _changes(rows: pa.Table, table: str, change: Change) -> bool:
    return change(table, rows) is not rows
