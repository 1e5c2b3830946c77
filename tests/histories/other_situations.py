"""The situations of ledger entries, names, keys and runs, by name, once for each row that shows them.

Generations, outcomes and retractions are in usage_situations.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from histories.cast import Row
from histories.deliveries import Deliveries, Delivery, Key, rows_up_to
from histories.generate import RunDeliveries
from oracle.contract import content_of
from oracle.known import newest

FUNDING = ("purchase", "grant")
KEYED = ("generation_events", "content_outcomes", "event_retractions", "credit_entries")
CHANGING = {"workspaces": "timezone", "products": "category", "members": "name"}


def other_situations(deliveries: Deliveries) -> Iterator[str]:
    """Every situation of entries, versions of names, keys delivered again, and runs."""
    yield from _of_runs(deliveries.runs)
    yield from _of_entries(deliveries)
    for feed in KEYED:
        for same in deliveries.by_key[feed].values():
            yield from _of_key(same)
    for feed, column in CHANGING.items():
        yield from _of_stamps(feed, deliveries)
        yield from _of_newest(feed, column, deliveries.runs)
    known = {event.row["workspace_id"] for event in deliveries.first("generation_events")}
    described = {key[0] for key in deliveries.by_key["workspaces"]}
    yield from ["workspaces: no row at all"] * len(known - described)


def _of_runs(runs: Sequence[RunDeliveries]) -> Iterator[str]:
    for earlier, later in pairwise(runs):
        days = (later.as_of - earlier.as_of).days
        yield "run: " + ("goes back" if days < 0 else "same day again" if days == 0 else "days later")
        if days > 1:
            yield "run: after missed ones"
        if not later.files:
            yield "run: nothing is delivered"
    for run in runs:
        for name, lines in run.files.items():
            yield from ["line: broken"] * sum(line.row is None for line in lines)
            if "-again-" in name:
                yield "file: an earlier one again"


def _of_entries(deliveries: Deliveries) -> Iterator[str]:
    funded: set[Key] = set()
    for entry in sorted(deliveries.first("credit_entries"), key=lambda entry: entry.row["occurred_at"]):
        row, as_of = entry.row, deliveries.as_of(entry)
        yield f"entry: {row['entry_type']}"
        lot = (row["workspace_id"], row["lot_id"] or row["entry_id"])
        if row["entry_type"] in FUNDING:
            if lot in funded:
                yield "entry: a top-up"
            funded.add(lot)
        elif row["lot_id"] is None:
            yield "entry: a refund or adjustment that opens a lot"
        if row["lot_id"] == "nobody's":
            yield "entry: of an unknown lot"
        if deliveries.is_late(entry, deliveries.day(row["workspace_id"], row["occurred_at"])):
            yield "entry: late"
        if deliveries.day(row["workspace_id"], row["effective_at"]) > as_of:
            yield "entry: effective after as_of"
        last_day = deliveries.runs[-1].as_of
        if row["expires_at"] and deliveries.day(row["workspace_id"], row["expires_at"]) <= last_day:
            yield "entry: expires before the last run"


def _of_key(same: Sequence[Delivery]) -> Iterator[str]:
    """How a key comes again after its first delivery: where, and with which content."""
    first = same[0]
    for again in same[1:]:
        is_same = content_of(again.feed, again.row) == content_of(first.feed, first.row)
        what = "same content again" if is_same else "other content"
        if again.run != first.run:
            yield f"key: {what} in a later run"
        elif is_same:
            where = "the same" if again.file == first.file else "another"
            yield f"key: {what} in {where} file"
        else:
            yield "key: other content in the same run"


def _of_stamps(feed: str, deliveries: Deliveries) -> Iterator[str]:
    for same in deliveries.by_key[feed].values():
        for earlier, later in pairwise(same):
            before, after = earlier.row["updated_at"], later.row["updated_at"]
            is_same = content_of(feed, earlier.row) == content_of(feed, later.row)
            if after is None:
                yield f"{feed}: updated_at missing"
            elif not is_same and before is not None and before >= after:
                yield f"{feed}: updated_at " + ("equal" if before == after else "older than what is there")


def _of_newest(feed: str, column: str, runs: Sequence[RunDeliveries]) -> Iterator[str]:
    """How the newest rows change from run to run."""
    seen: dict[Key, list[object]] = {}
    events: set[Key] = set()
    for count in range(1, len(runs) + 1):
        rows = rows_up_to(runs, count)
        for key, row in newest(feed, rows.get(feed, ())).items():
            values = seen.setdefault(key, [])
            if values and values[-1] != row[column]:
                yield f"{feed}: {column} changes between runs"
                if row[column] in values:
                    yield f"{feed}: {column} changes back"
            elif not values and key in events:
                yield f"{feed}: first row runs after an event"
            values.append(row[column])
        events |= {key for event in rows.get("generation_events", ()) for key in _names_in(feed, event)}


def _names_in(feed: str, event: Row) -> list[Key]:
    columns = {"workspaces": (), "products": ("product_id",), "members": ("member_id",)}[feed]
    return [(event["workspace_id"], *(event[column] for column in columns))]
