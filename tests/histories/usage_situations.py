"""The situations of generations, outcomes and retractions, told by name for each row they are found in.

Ledger entries, names and how files are delivered are in other_situations.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from histories.attempts import INSTANT, WEEK
from histories.deliveries import Deliveries, Delivery
from histories.runs import day_hours
from oracle.episodes import USED

GAPS = {
    timedelta(0): "at one instant",
    WEEK: "exactly 7 x 24 h apart",
    WEEK + INSTANT: "7 x 24 h and a microsecond apart",
}


def usage_situations(deliveries: Deliveries) -> Iterator[str]:
    """Every situation of every event, pair of attempts, outcome and retraction."""
    for event in deliveries.first("generation_events"):
        yield from _of_event(deliveries, event)
    for unit in deliveries.units.values():
        yield from _of_attempts([event for event in unit if event.row["status"] == "succeeded"])
    for told in deliveries.first("content_outcomes"):
        yield from _of_outcome(deliveries, told)
    instants = Counter(
        (told.row["source"], told.row["event_id"], told.row["occurred_at"])
        for told in deliveries.first("content_outcomes")
    )
    yield from ["outcome: equal instants for one event"] * sum(count > 1 for count in instants.values())
    yield from _of_retractions(deliveries)


def _of_event(deliveries: Deliveries, event: Delivery) -> Iterator[str]:
    row = event.row
    day = deliveries.day(row["workspace_id"], row["occurred_at"])
    hours = day_hours(day, deliveries.zone(row["workspace_id"]))
    if hours != 24:
        yield f"event: on a day of {hours} hours"
    if row["status"] != "succeeded":
        yield "event: failed"
    if row["credits"] != round(row["credits"], 5):
        yield "event: six decimals of credits"
    if row["quality_score"] is None or abs(float(row["quality_score"]) - 0.6) < 0.0001:
        yield "event: score " + ("missing" if row["quality_score"] is None else "about 0.6")
    for column in ("locale", "product_category"):
        if row[column] is None:
            yield f"event: no {column}"
    if day > deliveries.as_of(event):
        yield "event: delivered ahead of as_of"
    if deliveries.is_late(event, day):
        yield "event: late"
    if row["source"] == "legacy":
        yield "event: its id in two sources"


def _of_attempts(unit: Sequence[Delivery]) -> Iterator[str]:
    for earlier, later in pairwise(sorted(unit, key=lambda event: event.row["occurred_at"])):
        gap: timedelta = later.row["occurred_at"] - earlier.row["occurred_at"]
        if gap in GAPS:
            yield f"attempts: {GAPS[gap]}"
        yield "attempts: " + ("further apart than 7 days" if gap > WEEK else "within 7 days")
        if earlier.night > later.night and gap <= WEEK:
            yield "attempts: the earlier one is delivered on a later night"


def _of_outcome(deliveries: Deliveries, told: Delivery) -> Iterator[str]:
    yield f"outcome: {told.row['outcome']}"
    event, at = deliveries.event_of(told), told.row["occurred_at"]
    if event is None:
        yield "outcome: of an event never delivered"
        return
    if event.night != told.night:
        order = "before" if told.night < event.night else "after"
        yield f"outcome: delivered nights {order} its event"
    if deliveries.day(event.row["workspace_id"], at) > deliveries.as_of(told):
        yield "outcome: dated after as_of"
    if at < event.row["occurred_at"]:
        yield "outcome: dated before its event"
    if told.row["outcome"] in USED and any(
        other.row["occurred_at"] == at and other.key != event.key for other in deliveries.unit(event)
    ):
        yield "outcome: a use at the very instant of another attempt"


def _of_retractions(deliveries: Deliveries) -> Iterator[str]:
    named = Counter(
        (told.row["source"], told.row["event_id"]) for told in deliveries.first("event_retractions")
    )
    yield from ["retraction: a second one of the same event"] * sum(count > 1 for count in named.values())
    for told in deliveries.first("event_retractions"):
        event = deliveries.event_of(told)
        if event is None:
            yield "retraction: of an event never delivered"
            continue
        workspace_id = event.row["workspace_id"]
        if event.night != told.night:
            order = "before" if told.night < event.night else "after"
            yield f"retraction: delivered nights {order} its event"
        if deliveries.day(workspace_id, event.row["occurred_at"]) > deliveries.as_of(told):
            yield "retraction: of an event dated after as_of"
        if deliveries.day(workspace_id, told.row["occurred_at"]) > deliveries.as_of(told):
            yield "retraction: dated after as_of"
        attempts = sorted(other.row["occurred_at"] for other in deliveries.unit(event))
        if attempts[0] < event.row["occurred_at"] < attempts[-1]:
            yield "retraction: of an attempt between others of its unit"
