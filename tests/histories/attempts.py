"""Generations and what follows them: attempts close together or far apart, outcomes, retractions.

Ledger entries and names are in entries.py and names.py.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from histories.cast import Cast, FeedRow, Row
from histories.runs import Schedule, moment

WEEK, INSTANT = timedelta(days=7), timedelta(microseconds=1)
KINDS = ("accepted", "edited", "published", "rejected", "discarded", "unpublished")
KIND_WEIGHTS = (3, 2, 3, 3, 2, 2)
LATEST_EVENT = timedelta(days=3)


def some_gap(rng: random.Random) -> timedelta:
    """The time between two attempts of a unit: none, little, a week to the microsecond, or more."""
    usual = (timedelta(minutes=rng.randint(1, 90)), timedelta(hours=rng.randint(1, 150)))
    edges = (timedelta(0), WEEK, WEEK, WEEK + INSTANT, WEEK - INSTANT)
    return rng.choice((*usual, *usual, *usual, *edges, timedelta(hours=rng.randint(170, 450))))


def events_of(cast: Cast, schedule: Schedule, rng: random.Random) -> list[Row]:
    """15 to 60 generations, unit by unit; a few ids occur in two sources."""
    wanted = rng.randint(15, 60)
    end = schedule.last_day + LATEST_EVENT
    rows: list[Row] = []
    while len(rows) < wanted:
        product_id, generation_type, locale = rng.choice(cast.units)
        unit = {"product_id": product_id, "generation_type": generation_type, "locale": locale}
        at = moment(rng, schedule.first_day, end, cast.zone)
        for _ in range(rng.randint(1, 6)):
            if at.date() > end:
                break
            rows.append(cast.event(len(rows), at, rng, **unit))
            if len(rows) > 1 and rng.random() < 0.12:
                rows[-1] |= {"source": "legacy", "event_id": rows[rng.randrange(len(rows) - 1)]["event_id"]}
            at += some_gap(rng)
    return _without_equal_keys(rows)


def old_events_of(cast: Cast, schedule: Schedule, rng: random.Random) -> list[Row]:
    """A few generations about 90 days before the runs, which leave the longest window one by one."""
    edges = [as_of - timedelta(days=days) for as_of in schedule.as_ofs for days in (89, 90)]
    days = rng.sample(edges, rng.randint(1, 4))
    return [
        cast.event(900 + number, moment(rng, day, day, cast.zone), rng) for number, day in enumerate(days)
    ]


def _without_equal_keys(rows: list[Row]) -> list[Row]:
    first: dict[tuple[str | None, str], Row] = {}
    for row in rows:
        first.setdefault((row.get("source"), row["event_id"]), row)
    return list(first.values())


def outcomes_of(cast: Cast, events: list[Row], schedule: Schedule, rng: random.Random) -> list[FeedRow]:
    """Outcomes of a share of the events: none, some, or most of them."""
    share = rng.choice((0, 0.3, 0.3, 0.6))
    ghosts = [{"event_id": f"{cast.workspace_id}-ghost{number}"} for number in range(2)]
    outcomes: list[FeedRow] = []

    def add(event: Row, at: datetime) -> None:
        kind = rng.choices(KINDS, KIND_WEIGHTS)[0]
        outcomes.append(cast.outcome(len(outcomes), event, kind, at))

    for event in events:
        if rng.random() < share:
            at = _outcome_instant(event, events, schedule, rng)
            add(event, at)
            if rng.random() < 0.3:
                add(event, at)
            if rng.random() < 0.3:
                add(event, at + timedelta(hours=rng.randint(1, 200)))
    if share:
        add(rng.choice(ghosts), moment(rng, schedule.first_day, schedule.last_day))
    return outcomes


def _outcome_instant(event: Row, events: list[Row], schedule: Schedule, rng: random.Random) -> datetime:
    """After its event, at it, before it, at a later attempt of its unit, or while the runs take place."""
    at: datetime = event["occurred_at"]
    later = [
        other["occurred_at"]
        for other in events
        if unit_of(other) == unit_of(event) and other["occurred_at"] >= at and other is not event
    ]
    during = moment(rng, min(schedule.as_ofs), schedule.last_day + timedelta(days=2))
    after = at + timedelta(minutes=rng.randint(1, 15_000))
    near = [at, at - timedelta(hours=1), *rng.sample(later, min(2, len(later)))]
    return rng.choice([after, after, after, during, *near])


def unit_of(event: Row) -> tuple[str, str, str | None]:
    return event["product_id"], event["generation_type"], event.get("locale")


def retractions_of(cast: Cast, events: list[Row], schedule: Schedule, rng: random.Random) -> list[FeedRow]:
    """Some events, some twice; the only event of a day; one still ahead of as_of; one never delivered."""
    by_day: dict[object, list[Row]] = defaultdict(list)
    for event in events:
        by_day[event["occurred_at"].date()].append(event)
    alone = [day[0] for day in by_day.values() if len(day) == 1]
    ahead = [event for event in events if event["occurred_at"].date() > schedule.as_ofs[0]]
    chosen = rng.sample(events, round(len(events) * rng.choice((0, 0.03, 0.08))))
    chosen += rng.sample(alone, min(len(alone), rng.randint(0, 2)))
    chosen += rng.sample(ahead, min(len(ahead), rng.randint(0, 1)))
    if rng.random() < 0.3:
        chosen.append({"event_id": f"{cast.workspace_id}-ghost0", "occurred_at": midday(schedule)})
    retractions: list[FeedRow] = []
    for event in chosen:
        for _ in range(2 if rng.random() < 0.15 else 1):
            after = event["occurred_at"] + timedelta(hours=rng.randint(-5, 200))
            during = moment(rng, min(schedule.as_ofs), schedule.last_day + timedelta(days=2))
            retractions.append(cast.retraction(len(retractions), event, rng.choice((after, after, during))))
    return retractions


def midday(schedule: Schedule) -> datetime:
    """Noon of the first as_of."""
    return datetime.combine(schedule.as_ofs[0], datetime.min.time(), UTC) + timedelta(hours=12)
