"""Where the rows lie that mappings made of records: a folder for each batch, under what they were made by.

    derived/<fingerprint>/<batch>/<table>.parquet

They can be made again at any time, so they are no part of a batch. What is in them is made in `derivation`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.durable_files import sync
from orchestration.lake.batch_manifest import manifest_of, write_manifest
from orchestration.lake.batch_writer import SCHEMAS, TEMPORARY_PREFIX

MAPPING_COUNTS = "mapping_counts"
MAPPING_COUNTS_SCHEMA = pa.schema(
    [
        ("batch_id", pa.int64()),
        ("source_folder", pa.string()),
        ("file_path", pa.string()),
        ("record_count", pa.int64()),
        ("mapped_count", pa.int64()),
        ("left_out_count", pa.int64()),
        ("quarantined_count", pa.int64()),
        ("repeated_count", pa.int64()),
        ("rounded", pa.decimal128(38, 18)),
    ]
)
_FOLDER = "derived"


class DerivedFiles:
    """The derived rows of one lake.

    Args:
        root: of the lake.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / _FOLDER

    @property
    def current(self) -> str:
        """The fingerprint that was derived last; empty if nothing is derived."""
        newest = max(self._fingerprints(), key=lambda folder: folder.stat().st_mtime_ns, default=None)
        return newest.name if newest else ""

    def batches(self, fingerprint: str | None = None) -> list[Path]:
        """The folders of derived batches, of one fingerprint or of all."""
        if fingerprint is None:
            return [batch for each in self._fingerprints() for batch in self.batches(each.name)]
        folder = self.folder / fingerprint
        found = [path for path in folder.iterdir() if path.name.isdigit()] if folder.is_dir() else []
        return sorted(found, key=lambda path: int(path.name))

    def paths(self, table: str, fingerprint: str | None = None) -> list[Path]:
        """The files of a table, oldest batch first."""
        files = (batch / f"{table}.parquet" for batch in self.batches(fingerprint))
        return [file for file in files if file.exists()]

    @contextmanager
    def new_batch(self, fingerprint: str, batch_id: int) -> Iterator[DerivedWriter]:
        """A writer for a batch, which is there as a whole once the block ends."""
        temporary = self.folder / f"{TEMPORARY_PREFIX}{batch_id:06d}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        writer = DerivedWriter(temporary)
        try:
            yield writer
            writer.close()
            target = self.folder / fingerprint / f"{batch_id:06d}"
            target.parent.mkdir(exist_ok=True)
            temporary.rename(target)
            sync(target.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def remove_others(self, fingerprint: str) -> None:
        """Remove what other mappings made, and what interrupted runs left."""
        for folder in self.folder.glob("*") if self.folder.is_dir() else ():
            if folder.name != fingerprint:
                shutil.rmtree(folder)

    def remove(self) -> None:
        """Remove everything; the next run derives it again."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _fingerprints(self) -> list[Path]:
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(path for path in found if not path.name.startswith(TEMPORARY_PREFIX))


class DerivedWriter:
    """Writes the tables of one batch; only those that have rows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}

    def write(self, table: str, rows: pa.Table) -> None:
        """Add rows to a table."""
        if not rows.num_rows:
            return
        if table not in self._writers:
            schema = MAPPING_COUNTS_SCHEMA if table == MAPPING_COUNTS else SCHEMAS[table]
            file = self._folder / f"{table}.parquet"
            self._writers[table] = pq.ParquetWriter(file, schema, compression="zstd")
        self._writers[table].write_table(rows)

    def clear(self) -> None:
        """Remove what was written so far."""
        for table, writer in self._writers.items():
            writer.close()
            (self._folder / f"{table}.parquet").unlink()
        self._writers = {}

    def close(self) -> None:
        """Flush everything to the disk."""
        files = [self._folder / f"{table}.parquet" for table in self._writers]
        for file, writer in zip(files, self._writers.values(), strict=True):
            writer.close()
            sync(file)
        write_manifest(self._folder, manifest_of(files))
