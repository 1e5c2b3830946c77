"""The lake: committed batches of typed rows, the only source of truth the warehouse is rebuilt from.

How files are read is in `orchestration.landing`; what is derived from the rows is in dbt_project/.
"""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.landing.contract import FEEDS
from orchestration.landing.options import DEFAULT_OPTIONS, ReadOptions
from orchestration.landing.rejects import LandingError
from orchestration.warehouse.batch_writer import DELIVERIES, TABLES, BatchWriter, remove_leftovers
from orchestration.warehouse.delivery import Delivery, deliveries_table
from orchestration.warehouse.history import read_history
from orchestration.warehouse.ingestion import FeedIngestion
from orchestration.warehouse.landing_files import list_landing

_SHOWN_FILES = 5


@dataclass(frozen=True)
class FeedReport:
    """What an ingestion found of one feed.

    Attributes:
        files_loaded, files_alias, files_rejected: new deliveries by status.
        files_unchanged: files known from earlier runs.
        lines, accepted, quarantined: of the new deliveries; lines = accepted + quarantined.
        accepted_credits: sum over the accepted rows, or None for a feed without credits.
    """

    feed: str
    files_loaded: int
    files_alias: int
    files_rejected: int
    files_unchanged: int
    lines: int
    accepted: int
    quarantined: int
    accepted_credits: Decimal | None


@dataclass(frozen=True)
class IngestReport:
    """What an ingestion did.

    Attributes:
        batch_id: the batch committed, or None if nothing was new.
        feeds: one report per feed, in contract order.
        warnings: sentences on what someone should look at.
    """

    batch_id: int | None
    feeds: tuple[FeedReport, ...]
    warnings: tuple[str, ...]


class Lake:
    """The committed batches under one directory.

    Args:
        root: `DATA_DIR/raw`; made on the first ingestion.
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
        return sorted(
            (path for path in directory.iterdir() if path.name.isdigit()), key=lambda path: int(path.name)
        )

    def paths(self, table: str) -> list[Path]:
        """Parquet files of a feed, of `quarantine` or of `deliveries`, oldest batch first.

        Raises:
            ValueError: no such table.
        """
        if table not in TABLES:
            raise ValueError(f"the lake has no table {table!r}; it has {', '.join(TABLES)}.")
        return [batch / f"{table}.parquet" for batch in self.batches()]

    def ingest(
        self, landing: Path, *, now: datetime, progress: Callable[[str], None] | None = None
    ) -> IngestReport:
        """Load every file that is not loaded yet, as one batch.

        Args:
            landing: the landing directory.
            now: the instant to record, with a zone.
            progress: told now and then how far the run is.

        Raises:
            ValueError: `now` has no zone.
            LandingError: the landing directory cannot be read or the lake not be written.
            UnexplainedLines: some line is neither accepted nor quarantined; nothing is committed.
        """
        if now.tzinfo is None:
            raise ValueError(f"now must have a zone; {now} has none. Pass an aware datetime.")
        listing = list_landing(landing)
        self._prepare()
        batches = self.batches()
        batch_id = int(batches[-1].name) + 1 if batches else 1
        history = read_history(self.paths(DELIVERIES))
        settings: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": False}
        with (
            BatchWriter(self.root, batch_id) as writer,
            closing(duckdb.connect(config=settings)) as connection,
        ):
            feeds = {
                feed: FeedIngestion(
                    feed,
                    writer=writer,
                    history=history,
                    connection=connection,
                    options=self._options,
                    now=now,
                    progress=progress or (lambda _: None),
                )
                for feed in FEEDS
            }
            for feed, ingestion in feeds.items():
                for file in listing.files:
                    if file.feed == feed:
                        ingestion.take(file)
                ingestion.finish()
            deliveries = [delivery for ingestion in feeds.values() for delivery in ingestion.deliveries]
            is_due = bool(deliveries) or not batches
            if is_due:
                writer.write(DELIVERIES, deliveries_table(deliveries, batch_id=batch_id, now=now))
                writer.commit()
        warnings = (
            *(f"the folder {name} is no feed and was not read" for name in listing.unknown_folders),
            *(warning for ingestion in feeds.values() for warning in _warnings(ingestion)),
        )
        reports = tuple(_feed_report(feed, ingestion) for feed, ingestion in feeds.items())
        return IngestReport(batch_id if is_due else None, reports, warnings)

    def _prepare(self) -> None:
        try:
            (self.root / "batches").mkdir(parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK | os.X_OK):
                raise PermissionError(None, "Permission denied")
            remove_leftovers(self.root)
        except OSError as error:
            raise LandingError(
                f"the data directory must be writable; {self.root} is not ({error.strerror}). "
                "Allow writing there, or name another one."
            ) from error


def _feed_report(feed: str, ingestion: FeedIngestion) -> FeedReport:
    deliveries = ingestion.deliveries
    credits = sum((delivery.accepted_credits for delivery in deliveries), Decimal(0))
    return FeedReport(
        feed=feed,
        files_loaded=sum(delivery.status == "loaded" for delivery in deliveries),
        files_alias=sum(delivery.status == "alias" for delivery in deliveries),
        files_rejected=sum(delivery.status == "rejected" for delivery in deliveries),
        files_unchanged=ingestion.unchanged_count,
        lines=sum(delivery.line_count for delivery in deliveries),
        accepted=sum(delivery.accepted_count for delivery in deliveries),
        quarantined=sum(delivery.quarantined_count for delivery in deliveries),
        accepted_credits=credits if FEEDS[feed].has_credits else None,
    )


def _warnings(ingestion: FeedIngestion) -> list[str]:
    """What someone should look at, at most a few files by name."""
    changed = [delivery for delivery in ingestion.deliveries if delivery.replaces_earlier]
    drifted = [delivery for delivery in ingestion.deliveries if delivery.unknown]
    warnings = list(ingestion.warnings)
    if changed:
        warnings.append(f"delivered before with other bytes, both are kept: {_named(changed)}")
    if drifted:
        names = sorted({name for delivery in drifted for name in delivery.unknown})
        warnings.append(
            f"columns the contract does not know, kept in attributes: {', '.join(names)} in {_named(drifted)}"
        )
    return warnings


def _named(deliveries: list[Delivery]) -> str:
    names = [delivery.file.name for delivery in deliveries[:_SHOWN_FILES]]
    more = len(deliveries) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
