"""The rows that a run with a given as_of may know: deduplicated, not retracted, dated in the local zone.

Attempts are not counted here, and usage is not classified.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from oracle.contract import Row, completed, hash_of, key_of, only_fills

UNCATEGORISED = "(uncategorised)"
NO_MEMBER = "(no member)"
MICRO = 1_000_000
EARLIEST = datetime.min.replace(tzinfo=UTC)

EventKey = tuple[str, str]
Unit = tuple[str, str, str, str | None] | None


@dataclass(frozen=True, slots=True)
class Generation:
    """One reported attempt to produce one field of one product; credits are whole micro-credits."""

    source: str
    event_id: str
    workspace_id: str
    member_id: str
    product_id: str | None
    request_id: str | None
    generation_type: str
    locale: str | None
    product_category: str
    status: str
    quality_score: Decimal | None
    occurred_at: datetime
    usage_date: date
    credits: int
    refunded: int
    tags: tuple[str | None, ...]

    @property
    def key(self) -> EventKey:
        """Ids are unique within a source."""
        return self.source, self.event_id

    @property
    def unit(self) -> Unit:
        """Content unit = workspace + product + generation type + locale (missing is its own value).

        A generation without a product has none.
        """
        if self.product_id is None:
            return None
        return self.workspace_id, self.product_id, self.generation_type, self.locale

    @property
    def attempt_order(self) -> tuple[datetime, str, str]:
        """Attempt order inside a unit: (occurred_at, source, event_id)."""
        return self.occurred_at, self.source, self.event_id


@dataclass(frozen=True)
class Deduplicated:
    """One row for each key, and how many were dropped: with the same content, or with another."""

    rows: list[Row]
    duplicate_count: int
    conflicts: list[Row]

    @property
    def conflict_count(self) -> int:
        """How many rows were dropped for another content."""
        return len(self.conflicts)


@dataclass(frozen=True)
class Known:
    """Everything that is reported at as_of, and the events delivered that are not."""

    as_of: date
    generations: list[Generation]
    counted: list[Row]
    left_out: list[Row]
    outcomes: dict[EventKey, list[Row]]
    entries: list[Row]
    workspaces: dict[tuple[str, ...], Row]
    members: dict[tuple[str, ...], Row]
    plans: dict[tuple[str, ...], Row]
    budgets: dict[tuple[str, ...], Row]
    workspace_versions: dict[tuple[str, ...], list[Row]]
    member_versions: dict[tuple[str, ...], list[Row]]

    def zone(self, workspace_id: str) -> ZoneInfo:
        """Return the newest zone of the workspace, by default UTC."""
        return zone_of(self.workspaces, workspace_id)


def deduplicate(feed: str, rows: Iterable[Mapping[str, Any]]) -> Deduplicated:
    """Keep one row for each key: of the greatest (revision, recorded_at), the earliest, or one that fills it.

    Earlier is the earlier batch, within a batch the lowest content hash. Only rows of one version conflict.
    """
    versions: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        full = completed(feed, row)
        versions[key_of(feed, full)].append(full)
    kept: list[Row] = []
    duplicate_count = 0
    conflicts: list[Row] = []
    for same_key in versions.values():
        foremost = max(map(version_of, same_key))
        rivals = [row for row in same_key if version_of(row) == foremost]
        winner = _foremost(feed, rivals)
        others = [row for row in rivals if not only_fills(feed, winner, row)]
        conflicts += others
        duplicate_count += len(same_key) - 1 - len(others)
        kept.append(winner)
    return Deduplicated(kept, duplicate_count, conflicts)


def version_of(row: Row) -> tuple[int, datetime]:
    """Return what decides between rows of one key first; missing is lowest."""
    return row.get("revision") or 0, row.get("recorded_at") or EARLIEST


def _foremost(feed: str, rows: Sequence[Row]) -> Row:
    """Return the row that counts of those of one key and version."""

    def age(row: Row) -> tuple[int, str]:
        return row["batch_id"], hash_of(feed, row)

    earliest = min(rows, key=age)
    filling = [row for row in rows if only_fills(feed, row, earliest)]

    def is_filled(row: Row) -> bool:
        return any(only_fills(feed, other, row) and not only_fills(feed, row, other) for other in filling)

    return min((row for row in filling if not is_filled(row)), key=age)


def newest(feed: str, rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, ...], Row]:
    """Keep the current row of each id of a snapshot feed."""
    return {key: found[-1] for key, found in versions_of(feed, rows).items()}


def versions_of(feed: str, rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, ...], list[Row]]:
    """Return the rows of each id of a snapshot feed in order: by updated_at, then batch, file and line.

    A row without updated_at is as new as the newest of its key that had come by its batch.
    """
    versions: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        full = completed(feed, row)
        versions[key_of(feed, full)].append(full)

    def recency(row: Row, same_key: Sequence[Row]) -> tuple[Any, ...]:
        until = [
            other["updated_at"] or EARLIEST for other in same_key if other["batch_id"] <= row["batch_id"]
        ]
        return row["updated_at"] or max(until), row["batch_id"], *row["place"]

    return {
        key: sorted(same_key, key=lambda row: recency(row, same_key)) for key, same_key in versions.items()
    }


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Return the calendar date of the instant in the zone."""
    try:
        return instant.astimezone(zone).date()
    except OverflowError:  # the last hours of the year 9999, east of Greenwich
        return date.max


def zone_of(workspaces: Mapping[tuple[str, ...], Row], workspace_id: str) -> ZoneInfo:
    """Return the zone of the workspace's newest row; UTC if there is no row or no zone in it."""
    row = workspaces.get((workspace_id,))
    return ZoneInfo((row and row["timezone"]) or "UTC")


def what_is_known(rows: Mapping[str, Sequence[Mapping[str, Any]]], as_of: date) -> Known:
    """Reduce the accepted rows of all feeds to what is reported at as_of."""
    workspaces = newest("workspaces", rows.get("workspaces", ()))
    products = newest("products", rows.get("products", ()))
    deduplicated = deduplicate("generation_events", rows.get("generation_events", ()))
    events = deduplicated.rows
    workspace_of = {(event["source"], event["event_id"]): event["workspace_id"] for event in events}

    def is_known(row: Row, workspace_id: str) -> bool:
        return local_date(row["occurred_at"], zone_of(workspaces, workspace_id)) <= as_of

    def of_known_event(feed: str) -> list[Row]:
        # Outcomes and retractions are dated in the zone of the workspace whose generation they name.
        kept = []
        for row in deduplicate(feed, rows.get(feed, ())).rows:
            workspace_id = workspace_of.get((row["source"], row["event_id"]))
            if workspace_id is not None and is_known(row, workspace_id):
                kept.append(row)
        return kept

    retracted = {(row["source"], row["event_id"]) for row in of_known_event("event_retractions")}
    entries = [
        entry
        for entry in deduplicate("credit_entries", rows.get("credit_entries", ())).rows
        if is_known(entry, entry["workspace_id"])
    ]
    refunds: dict[tuple[str, ...], int] = defaultdict(int)
    for entry in entries:
        if entry["entry_type"] == "refund" and entry["related_event_id"] is not None:
            source = entry["related_source"] or "native"
            refunds[entry["workspace_id"], source, entry["related_event_id"]] += micro(entry["credits"])
    generations = [
        _generation(event, zone_of(workspaces, event["workspace_id"]), products, refunds)
        for event in events
        if is_known(event, event["workspace_id"]) and key_of("generation_events", event) not in retracted
    ]
    reported = {generation.key for generation in generations}
    outcomes: dict[EventKey, list[Row]] = defaultdict(list)
    for row in of_known_event("content_outcomes"):
        if (row["source"], row["event_id"]) in reported:
            outcomes[row["source"], row["event_id"]].append(row)
    return Known(
        as_of=as_of,
        generations=sorted(generations, key=lambda generation: generation.attempt_order),
        counted=[event for event in events if key_of("generation_events", event) in reported],
        left_out=[
            *(event for event in events if key_of("generation_events", event) not in reported),
            *deduplicated.conflicts,
        ],
        outcomes=dict(outcomes),
        entries=entries,
        workspaces=workspaces,
        members=newest("members", rows.get("members", ())),
        plans=newest("credit_plans", rows.get("credit_plans", ())),
        budgets=newest("budgets", rows.get("budgets", ())),
        workspace_versions=versions_of("workspaces", rows.get("workspaces", ())),
        member_versions=versions_of("members", rows.get("members", ())),
    )


def micro(credits: Decimal) -> int:
    """Return credits as whole micro-credits, so that sums are exact however long they are."""
    scaled = credits.scaleb(6)
    if scaled != int(scaled):
        raise ValueError(f"credits have at most 6 decimals, found {credits}; quarantine the row")
    return int(scaled)


def _generation(
    event: Row,
    zone: ZoneInfo,
    products: Mapping[tuple[str, ...], Row],
    refunds: Mapping[tuple[str, ...], int],
) -> Generation:
    product = products.get((event["workspace_id"], event["product_id"]))
    return Generation(
        source=event["source"],
        event_id=event["event_id"],
        workspace_id=event["workspace_id"],
        member_id=event["member_id"] or NO_MEMBER,
        product_id=event["product_id"],
        request_id=event["request_id"],
        generation_type=event["generation_type"],
        locale=event["locale"],
        # The category at the time of the event; else the product's; else none.
        product_category=event["product_category"] or (product and product["category"]) or UNCATEGORISED,
        status=event["status"],
        quality_score=event["quality_score"],
        occurred_at=event["occurred_at"],
        usage_date=local_date(event["occurred_at"], zone),
        credits=micro(event["credits"]),
        refunded=refunds.get((event["workspace_id"], event["source"], event["event_id"]), 0),
        tags=event["tags"],
    )
