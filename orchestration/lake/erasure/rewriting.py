"""Rewrites committed files of the lake with the same rows in the same order, all or nothing.

Only erasure may rewrite committed files: which cells are erased, and why, is in `erase`.

Each new file is written as `<file>.new`; the manifest that names the new hashes is the commit; the renames
follow. Killed before the commit, the old files stay; after it, `settle_rewrites` renames the new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.durable_files import hash_of, remove_temporary_files, sync
from orchestration.lake.batch_manifest import NEW_SUFFIX, entry_of, manifest_of, read_manifest, write_manifest
from orchestration.lake.batch_writer import parquet_writer

# returns the very same table if nothing is to change
Change = Callable[[str, pa.Table], pa.Table]


def rewrite_batch(batch: Path, tables: Iterable[str], change: Change) -> list[str]:
    """Rewrite those of the tables that change; all of them or none, whenever the process dies.

    Returns:
        The tables that were rewritten.
    """
    rewritten = [table for table in tables if _write_new_file(batch, table, change)]
    if rewritten:
        manifest = read_manifest(batch) or manifest_of(batch.glob("*.parquet"))
        for table in rewritten:
            manifest[f"{table}.parquet"] = entry_of(_new_file(batch, table))
        write_manifest(batch, manifest)
        settle_batch(batch)
    return rewritten


def settle_rewrites(batches: Iterable[Path]) -> None:
    """Complete or undo rewrites that were interrupted."""
    for batch in batches:
        settle_batch(batch)


def settle_batch(batch: Path) -> None:
    """Rename the new files that the manifest names over the old ones, and remove the other new files."""
    remove_temporary_files(batch)
    new_files = list(batch.glob(f"*{NEW_SUFFIX}"))
    if not new_files:
        return
    manifest = read_manifest(batch) or {}
    for new_file in new_files:
        old_file = new_file.with_suffix("")
        entry = manifest.get(old_file.name)
        if entry is not None and hash_of(new_file) == entry.sha256:
            new_file.replace(old_file)
        else:
            new_file.unlink()
    sync(batch)


def _new_file(batch: Path, table: str) -> Path:
    return batch / f"{table}.parquet{NEW_SUFFIX}"


def _write_new_file(batch: Path, table: str, change: Change) -> bool:
    """Write the changed table as a new file; nothing is written if no row group changes."""
    old_file = batch / f"{table}.parquet"
    if not old_file.exists():  # a batch of an older release has fewer tables
        return False
    with pq.ParquetFile(old_file) as file:
        groups = range(file.num_row_groups)
        first = next((group for group in groups if _changes(file.read_row_group(group), table, change)), None)
        if first is None:
            return False
        new_file = _new_file(batch, table)
        with parquet_writer(new_file, table) as writer:
            for group in groups:
                rows = file.read_row_group(group)
                # a group stays a group: the position of a row in its file is its identity
                writer.write_table(
                    rows if group < first else change(table, rows), row_group_size=rows.num_rows
                )
    sync(new_file)
    return True


def _changes(rows: pa.Table, table: str, change: Change) -> bool:
    return change(table, rows) is not rows
