"""The situations of generations, outcomes and retractions, by name, once for each row that shows them.

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
    for outcome in deliveries.first("content_outcomes"):
        yield from _of_outcome(deliveries, outcome)
    instants = Counter(
        (outcome.row["source"], outcome.row["event_id"], outcome.row["occurred_at"])
        for outcome in deliveries.first("content_outcomes")
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
        if earlier.run > later.run and gap <= WEEK:
            yield "attempts: the earlier one is delivered in a later run"


def _of_outcome(deliveries: Deliveries, outcome: Delivery) -> Iterator[str]:
    yield f"outcome: {outcome.row['outcome']}"
    event, at = deliveries.event_of(outcome), outcome.row["occurred_at"]
    if event is None:
        yield "outcome: of an event never delivered"
        return
    if event.run != outcome.run:
        order = "before" if outcome.run < event.run else "after"
        yield f"outcome: delivered runs {order} its event"
    if deliveries.day(event.row["workspace_id"], at) > deliveries.as_of(outcome):
        yield "outcome: dated after as_of"
    if at < event.row["occurred_at"]:
        yield "outcome: dated before its event"
    if outcome.row["outcome"] in USED and any(
        other.row["occurred_at"] == at and other.key != event.key for other in deliveries.unit(event)
    ):
        yield "outcome: a use at the exact instant of another attempt"


def _of_retractions(deliveries: Deliveries) -> Iterator[str]:
    named = Counter(
        (retraction.row["source"], retraction.row["event_id"])
        for retraction in deliveries.first("event_retractions")
    )
    yield from ["retraction: a second one of the same event"] * sum(count > 1 for count in named.values())
    for retraction in deliveries.first("event_retractions"):
        event = deliveries.event_of(retraction)
        if event is None:
            yield "retraction: of an event never delivered"
            continue
        workspace_id = event.row["workspace_id"]
        if event.run != retraction.run:
            order = "before" if retraction.run < event.run else "after"
            yield f"retraction: delivered runs {order} its event"
        if deliveries.day(workspace_id, event.row["occurred_at"]) > deliveries.as_of(retraction):
            yield "retraction: of an event dated after as_of"
        if deliveries.day(workspace_id, retraction.row["occurred_at"]) > deliveries.as_of(retraction):
            yield "retraction: dated after as_of"
        attempts = sorted(other.row["occurred_at"] for other in deliveries.unit(event))
        if attempts[0] < event.row["occurred_at"] < attempts[-1]:
            yield "retraction: of an attempt between others of its unit"
