"""What an ingestion loaded, for the run log.

Counts are checked in `delivery`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from orchestration.lake.delivery import Delivery, has_credits
from orchestration.lake.ingestion import FolderIngestion
from orchestration.lake.unread_files import UnreadEntry

_SHOWN_FILES = 5


@dataclass(frozen=True)
class FeedReport:
    """Counts of one feed, or source folder, in one ingestion.

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
    """Counts and warnings of one ingestion.

    Attributes:
        batch_id: the committed batch; None if nothing was new.
        feeds: one report per feed, in contract order, then one per source folder.
        warnings: what someone should look into, as sentences.
    """

    batch_id: int | None
    feeds: tuple[FeedReport, ...]
    warnings: tuple[str, ...]


def ingest_report(
    feeds: Mapping[str, FolderIngestion], *, batch_id: int | None, unread: Iterable[UnreadEntry]
) -> IngestReport:
    """The report of a finished ingestion."""
    warnings = (
        *map(str, unread),
        *(warning for ingestion in feeds.values() for warning in _warnings(ingestion)),
    )
    return IngestReport(batch_id, tuple(_feed_report(*item) for item in feeds.items()), warnings)


def _feed_report(feed: str, ingestion: FolderIngestion) -> FeedReport:
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
        accepted_credits=credits if has_credits(feed) else None,
    )


def _warnings(ingestion: FolderIngestion) -> list[str]:
    """What someone should look into; names at most a few files."""
    changed = [delivery for delivery in ingestion.deliveries if delivery.replaces_earlier]
    drifted = [delivery for delivery in ingestion.deliveries if delivery.unknown]
    unnamed = [delivery for delivery in ingestion.deliveries if delivery.left_out]
    warnings = list(ingestion.warnings)
    if unnamed:
        warnings.append(f"columns without a name were left out: {_named(unnamed)}")
    if changed:
        warnings.append(f"delivered again with different content, both versions are kept: {_named(changed)}")
    if drifted:
        names = ", ".join(sorted({name for delivery in drifted for name in delivery.unknown}))
        warnings.append(
            f"columns that are not in the contract, kept in attributes: {names} in {_named(drifted)}"
        )
    return warnings


def _named(deliveries: list[Delivery]) -> str:
    names = [delivery.file.name for delivery in deliveries[:_SHOWN_FILES]]
    more = len(deliveries) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
