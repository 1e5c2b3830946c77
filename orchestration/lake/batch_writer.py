"""Writes one batch of the lake: a Parquet file per feed, source records, quarantine, deliveries, manifest.

All or nothing; what is written is decided in `ingestion`.
"""

import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.durable_files import remove_temporary_files, sync
from orchestration.lake.batch_manifest import manifest_of, write_manifest
from orchestration.landing.contract import FEEDS

QUARANTINE = "quarantine"
SOURCE_RECORDS = "source_records"
DELIVERIES = "deliveries"
QUARANTINE_SCHEMA = pa.schema(
    [
        ("batch_id", pa.int64()),
        ("feed", pa.string()),
        ("file_path", pa.string()),
        ("file_sha256", pa.string()),
        ("line_number", pa.int64()),
        ("rule", pa.string()),
        ("column_name", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
        ("remedy", pa.string()),
        ("text", pa.string()),
        ("quarantined_at", pa.timestamp("us", "UTC")),
    ]
)
DELIVERIES_SCHEMA = pa.schema(
    [
        ("batch_id", pa.int64()),
        ("feed", pa.string()),
        ("file_path", pa.string()),
        ("file_sha256", pa.string()),
        ("size_bytes", pa.int64()),
        ("modified_ns", pa.int64()),
        ("status", pa.string()),
        ("alias_of", pa.string()),
        ("line_count", pa.int64()),
        ("accepted_count", pa.int64()),
        ("quarantined_count", pa.int64()),
        ("accepted_credits", pa.decimal128(38, 6)),
        ("unknown_columns", pa.string()),
        ("replaces_earlier", pa.bool_()),
        ("reason", pa.string()),
        ("loaded_at", pa.timestamp("us", "UTC")),
        ("continued_after", pa.int64()),
    ]
)
SOURCE_RECORDS_SCHEMA = pa.schema(
    [
        ("batch_id", pa.int64()),
        ("source_folder", pa.string()),
        ("file_path", pa.string()),
        ("line_number", pa.int64()),
        ("record_number", pa.int64()),
        ("record", pa.string()),
        ("content_hash", pa.string()),
    ]
)
TABLES = (*FEEDS, QUARANTINE, DELIVERIES, SOURCE_RECORDS)
TEMPORARY_PREFIX = ".tmp-"
SCHEMAS = {
    **{name: feed.raw_schema for name, feed in FEEDS.items()},
    QUARANTINE: QUARANTINE_SCHEMA,
    DELIVERIES: DELIVERIES_SCHEMA,
    SOURCE_RECORDS: SOURCE_RECORDS_SCHEMA,
}
# dictionary encoding of unique values only costs time and space
_UNIQUE = {"content_hash", "line_number", "text", "record", "record_number"}


class BatchWriter:
    """Writes a batch in a temporary directory, which `commit` renames to that of a committed batch.

    Args:
        root: directory of the lake.
        batch_id: the batch's number.
    """

    def __init__(self, root: Path, batch_id: int) -> None:
        self.batch_id = batch_id
        self.directory = root / f"{TEMPORARY_PREFIX}{batch_id:06d}"
        self._target = root / "batches" / f"{batch_id:06d}"
        self._writers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> Self:
        self.directory.mkdir()
        for table in SCHEMAS:
            self._writers[table] = parquet_writer(self.directory / f"{table}.parquet", table)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            # a second error, such as a full disk, must not hide the first
            with suppress(OSError, pa.ArrowException):
                writer.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def write(self, table: str, rows: pa.Table) -> None:
        """Add rows to one of the batch's tables."""
        if rows.num_rows:
            self._writers[table].write_table(rows)

    def commit(self) -> None:
        """Flush everything written to the disk, then rename the directory."""
        files = [self.directory / f"{table}.parquet" for table in self._writers]
        for file, writer in zip(files, self._writers.values(), strict=True):
            writer.close()
            sync(file)
        self._writers = {}
        write_manifest(self.directory, manifest_of(files))
        self.directory.rename(self._target)
        sync(self._target.parent)


def parquet_writer(path: Path, table: str) -> pq.ParquetWriter:
    """A writer for a file of one of the lake's tables."""
    schema = SCHEMAS[table]
    unique = _UNIQUE | ({FEEDS[table].key[-1]} if table in FEEDS else set())
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=[name for name in schema.names if name not in unique],
    )


def remove_leftovers(root: Path) -> None:
    """Remove what interrupted runs left half-written."""
    for leftover in root.glob(f"{TEMPORARY_PREFIX}*"):
        shutil.rmtree(leftover)
    remove_temporary_files(root)
