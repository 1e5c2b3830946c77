"""The lake: committed batches of typed rows, the only source of truth the warehouse is rebuilt from.

Files are read in `orchestration.landing`; what is derived from the rows is in dbt_project/.
"""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.durable_files import atomic_write
from orchestration.in_memory import in_memory
from orchestration.lake.batch_manifest import ManifestUnreadable, read_manifest
from orchestration.lake.batch_writer import DELIVERIES, SCHEMAS, TABLES, BatchWriter, remove_leftovers
from orchestration.lake.delivery import UNREAD, deliveries_table, unread_table
from orchestration.lake.delivery_history import read_history
from orchestration.lake.erasure.forgotten_list import Forgotten
from orchestration.lake.erasure.rewriting import settle_rewrites
from orchestration.lake.ingest_report import FeedReport, IngestReport, ingest_report
from orchestration.lake.ingestion import FolderIngestion
from orchestration.lake.landing_files import Listing, list_landing
from orchestration.lake.sources.derived_files import MAPPING_COUNTS, MAPPING_COUNTS_SCHEMA, DerivedFiles
from orchestration.lake.sources.folders import MAPPING_FILE, is_read
from orchestration.lake.sources.known_mappings import KnownMappings
from orchestration.lake.sources.source_records import SourceTarget
from orchestration.lake.targets import FeedTarget, Target
from orchestration.lake.unread_files import UnreadEntry, listed
from orchestration.landing.contract import FEEDS
from orchestration.landing.formats.parquet_process import end_idle_workers
from orchestration.landing.options import DEFAULT_OPTIONS, ReadOptions
from orchestration.landing.rejects import LandingError
from orchestration.landing.sources.mapping import Mapping, MappingError

__all__ = ["FeedReport", "IngestReport", "Lake"]


class Lake:
    """The committed batches under one directory.

    Args:
        root: `DATA_DIR/raw`; created by the first ingestion.
        options: caps and chunk sizes for reading files.
    """

    def __init__(self, root: Path, *, options: ReadOptions = DEFAULT_OPTIONS) -> None:
        self.root = root
        self._options = options

    def batches(self) -> list[Path]:
        """Directories of the committed batches, oldest first."""
        directory = self.root / "batches"
        if not directory.is_dir():
            return []
        committed = [path for path in directory.iterdir() if path.name.isdigit()]
        return sorted(committed, key=lambda path: int(path.name))

    @property
    def newest_batch(self) -> int:
        """The number of the newest committed batch; 0 if there is none."""
        return max((int(batch.name) for batch in self.batches()), default=0)

    @property
    def mappings(self) -> KnownMappings:
        """The mappings of other systems' files, as they are on disk now."""
        return KnownMappings(self.root)

    @property
    def derived(self) -> DerivedFiles:
        """The rows that mappings made of the records of other systems."""
        return DerivedFiles(self.root)

    @property
    def forgotten(self) -> Forgotten:
        """The list of erased people, as it is on disk now."""
        return Forgotten(self.root)

    def paths(self, table: str) -> list[Path]:
        """Parquet files of a feed, of `quarantine` or of `deliveries`, oldest batch first.

        Raises:
            ValueError: no such table.
        """
        if table not in TABLES:
            raise ValueError(f"the lake has no table {table!r}; it has {', '.join(TABLES)}.")
        return [batch / f"{table}.parquet" for batch in self.batches() if _has_table(batch, table)]

    def schema_file(self, table: str) -> Path:
        """An empty file with all columns of a table; older batches may lack some. Written if need be."""
        file = self.root / "schemas" / f"{table}.parquet"
        schema = MAPPING_COUNTS_SCHEMA if table == MAPPING_COUNTS else SCHEMAS[table]
        if not file.exists() or not pq.read_schema(file).equals(schema):
            file.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(file) as target:
                pq.write_table(schema.empty_table(), target)
        return file

    def ingest(
        self, landing: Path, *, now: datetime, progress: Callable[[str], None] | None = None
    ) -> IngestReport:
        """Load every file that is not loaded yet, as one batch.

        A batch is committed if anything is new, if it is the first, so that every table exists, if the
        newest is of a release that had fewer columns, so that every column exists, or if other files than
        before lie outside the feeds' folders, so that the newest batch lists these.

        Args:
            landing: the landing directory.
            now: the instant to record, with a time zone.
            progress: called from time to time with a line on how far the run is.

        Raises:
            ValueError: `now` has no time zone.
            LandingError: the landing directory cannot be read, or the lake cannot be written; or a mapping
                that was used before cannot be used any more.
            UnexplainedLines: some line is neither accepted nor quarantined; nothing is committed.
        """
        if now.tzinfo is None:
            raise ValueError(f"now must have a time zone; {now} has none. Pass an aware datetime.")
        # links inside the landing directory are rejected; the directory itself may be one
        listing = list_landing(Path(os.path.realpath(landing)))
        self._prepare()
        mappings, unusable = self._mappings(listing)
        unread = sorted([*listing.unread, *unusable], key=lambda entry: entry.name)
        batch_id = self.newest_batch + 1
        with BatchWriter(self.root, batch_id) as writer:
            feeds = self._load(listing, mappings, writer, now, progress or (lambda _: None))
            deliveries = [delivery for ingestion in feeds.values() for delivery in ingestion.deliveries]
            is_committed = bool(deliveries) or not self.has_all_columns() or unread != self._unread_before()
            if is_committed:
                writer.write(DELIVERIES, deliveries_table(deliveries, batch_id=batch_id, now=now))
                writer.write(DELIVERIES, unread_table(unread, batch_id=batch_id, now=now))
                writer.commit()
        return ingest_report(feeds, batch_id=batch_id if is_committed else None, unread=unread)

    def _unread_before(self) -> list[UnreadEntry]:
        """What the newest batch lists as not read."""
        columns = ["status", "file_path", "reason"]
        rows = pq.read_table(self.paths(DELIVERIES)[-1], columns=columns).to_pylist()
        return [UnreadEntry(row["file_path"], row["reason"]) for row in rows if row["status"] == UNREAD]

    def has_all_columns(self) -> bool:
        """Whether the newest batch has every column of the contract; false without a batch."""
        newest = self.batches()[-1:]
        return bool(newest) and all(
            set(feed.raw_schema.names) <= set(pq.read_schema(newest[0] / f"{feed.name}.parquet").names)
            for feed in FEEDS.values()
        )

    def add_columns(self, *, now: datetime) -> None:
        """Commit an empty batch if the newest lacks columns of the contract."""
        if not self.has_all_columns():
            self._prepare()
            batch_id = self.newest_batch + 1
            with BatchWriter(self.root, batch_id) as writer:
                writer.write(DELIVERIES, deliveries_table([], batch_id=batch_id, now=now))
                writer.commit()

    def _mappings(self, listing: Listing) -> tuple[dict[str, Mapping], list[UnreadEntry]]:
        """The mapping of each folder of another system, and what is not read for want of one."""
        mappings: dict[str, Mapping] = {}
        unread: list[UnreadEntry] = []
        for folder in listing.sources:
            try:
                mapping = folder.mapping()
            except MappingError as error:
                if folder.name in self.mappings:
                    # without its cause, which the run would report in its place
                    raise LandingError(
                        f"{error}. The mapping was used before: the rows that were loaded by it stay served "
                        f"until it can be used again. Correct it, or restore the {MAPPING_FILE} used last."
                    ) from None
                unread.append(UnreadEntry(f"{folder.name}/", f"its mapping cannot be used: {error}"))
                continue
            names = [file.name for file in listing.files[folder.name] if not is_read(mapping, file.name)]
            if names:
                patterns = " or ".join(mapping.reads.files)
                reason = f"the mapping reads only {patterns}, not {listed(names)}"
                unread.append(UnreadEntry(f"{folder.name}/", reason))
            if len(names) < len(listing.files[folder.name]) or folder.name in self.mappings:
                mappings[folder.name] = mapping
                self.mappings.keep(folder)
        return mappings, unread

    def _load(
        self,
        listing: Listing,
        mappings: dict[str, Mapping],
        writer: BatchWriter,
        now: datetime,
        progress: Callable[[str], None],
    ) -> dict[str, FolderIngestion]:
        history, forgotten = read_history(self.paths(DELIVERIES)), self.forgotten
        feeds: dict[str, FolderIngestion] = {}
        with in_memory() as connection:
            targets: list[Target] = [
                *(FeedTarget(feed, connection=connection, forgotten=forgotten) for feed in FEEDS),
                *(SourceTarget(mapping, connection=connection) for mapping in mappings.values()),
            ]
            for target in targets:
                ingestion = feeds[target.folder] = FolderIngestion(
                    target,
                    writer=writer,
                    history=history,
                    forgotten=forgotten,
                    options=self._options,
                    now=now,
                    progress=progress,
                )
                for file in listing.files.get(target.folder, []):
                    if target.folder in FEEDS or is_read(mappings[target.folder], file.name):
                        ingestion.take(file)
                ingestion.finish()
        end_idle_workers()
        return feeds

    def _prepare(self) -> None:
        try:
            (self.root / "batches").mkdir(parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK | os.X_OK):
                raise PermissionError(None, "Permission denied")
            remove_leftovers(self.root)
            settle_rewrites(self.batches())
        except OSError as error:
            raise LandingError(
                f"the data directory must be writable; {self.root} is not ({error.strerror}). "
                "Allow writing there, or choose another one."
            ) from error


def _has_table(batch: Path, table: str) -> bool:
    """Whether the batch has the table, or lost it; a batch of an older release has none of later ones."""
    file = batch / f"{table}.parquet"
    if file.exists():
        return True
    try:
        manifest = read_manifest(batch)
    except ManifestUnreadable:
        return True
    return manifest is not None and file.name in manifest
