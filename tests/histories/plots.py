"""Histories with a plot: rules that switch on and off from run to run because of a single row.

The ordinary, random histories come from attempts.py, entries.py and names.py.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from histories.attempts import events_of, midday, old_events_of, outcomes_of, retractions_of
from histories.cast import LOCALES, Cast, FeedRow, Row
from histories.corrections import corrections_of, refunds_of, with_variants
from histories.entries import entries_of
from histories.names import names_of
from histories.runs import ZONES, Schedule

DAY = timedelta(days=1)
MATURITY = 14 * DAY
EPISODES = 10
NEVER_DELIVERED = 0.03

Plot = Callable[[Cast, Schedule, random.Random, bool], list[FeedRow]]


def mixed(cast: Cast, schedule: Schedule, rng: random.Random, is_order_independent: bool) -> list[FeedRow]:
    """A random history; some events are never delivered, though their outcomes are."""
    events = events_of(cast, schedule, rng)
    if rng.random() < 0.3:
        events += old_events_of(cast, schedule, rng)
    more = random.Random(f"{cast.workspace_id}/{rng.random()}")
    events = with_variants(events, more)
    return [
        *corrections_of(cast, events, more),
        *refunds_of(cast, events, more),
        *(generation(event) for event in events if rng.random() >= NEVER_DELIVERED),
        *outcomes_of(cast, events, schedule, rng),
        *retractions_of(cast, events, schedule, rng),
        *entries_of(cast, schedule, rng),
        *names_of(cast, schedule, rng, is_order_independent=is_order_independent),
    ]


def tracking(cast: Cast, schedule: Schedule, rng: random.Random, is_order_independent: bool) -> list[FeedRow]:
    """A workspace delivers its first outcome for a later run, and retracts that event for an even later one.

    The outcome may be only `unpublished`, or come before its event.
    """
    events = [event for event in events_of(cast, schedule, rng) if event["occurred_at"] < midday(schedule)]
    events = events or [cast.event(0, midday(schedule) - 20 * DAY, rng)]
    known_at = midday(schedule) - 5 * DAY
    outcome_run = rng.randint(1, max(1, schedule.count - 2))
    only = rng.choice(events)
    outcome = cast.outcome(0, only, rng.choice(("unpublished", "accepted", "rejected")), known_at)
    retraction = cast.retraction(0, only, known_at)
    comes_late = rng.random() < 0.3
    return [
        *(generation(event, outcome_run if event is only and comes_late else 0) for event in events),
        replace(outcome, run=0 if comes_late else outcome_run),
        replace(retraction, run=schedule.later_run(outcome_run, rng)),
        *entries_of(cast, schedule, rng),
        *names_of(cast, schedule, rng, is_order_independent=is_order_independent),
    ]


def unneeded(cast: Cast, schedule: Schedule, rng: random.Random, is_order_independent: bool) -> list[FeedRow]:
    """About ten mature episodes of one field, and in later runs a row that makes it needed or unneeded."""
    field = _Field(cast, schedule, rng)
    return [*field.background(), *field.begin(), *field.changes(), *entries_of(cast, schedule, rng)]


def renaming(cast: Cast, schedule: Schedule, rng: random.Random, is_order_independent: bool) -> list[FeedRow]:
    """For later runs only names, zones and categories change, some of them back again."""
    feed_rows = mixed(cast, schedule, rng, is_order_independent)
    rest = [one for one in feed_rows if one.feed not in ("workspaces", "products", "members")]
    zone = rng.choice([zone for zone in ZONES if zone != cast.zone])
    columns: list[tuple[str, str, tuple[str, str], Row]] = [
        ("workspaces", "timezone", (cast.zone, zone), {}),
        ("products", "category", ("shoes", "hats"), {"product_id": cast.products[0]}),
        ("members", "name", ("Kim", "Robin"), {"member_id": cast.members[0]}),
    ]
    for feed, column, (one, other), key in columns:
        for run, value in enumerate((one, other, one)[: schedule.count]):
            row = {"workspace_id": cast.workspace_id, **key, column: value}
            # without an updated_at a version counts because it comes later
            stamp = midday(schedule) + run * DAY if is_order_independent else None
            rest.append(FeedRow(feed, row | {"updated_at": stamp}, run=schedule.open_run(run)))
    return rest


def generation(event: Row, run: int | None = None) -> FeedRow:
    """The feed row of an event."""
    return FeedRow("generation_events", event, event["occurred_at"], run)


class _Field:
    """Episodes of one (category, generation type), none of them used until a change uses one."""

    def __init__(self, cast: Cast, schedule: Schedule, rng: random.Random) -> None:
        self._cast, self._schedule, self._rng = cast, schedule, rng
        self._type = cast.types[0]
        self._mature_at = midday(schedule) - MATURITY - 5 * DAY
        self._units = [(product, locale) for product in (*cast.products, "q0", "q1") for locale in LOCALES]
        self._events: list[Row] = []
        self._undo: Callable[[int], FeedRow] | None = None
        self._number = 0

    def background(self) -> list[FeedRow]:
        """Another field with an outcome, so that the workspace is outcome-tracked."""
        kept = self._cast.event(500, self._mature_at, self._rng, generation_type="other", status=None)
        outcome = self._cast.outcome(500, kept, "accepted", self._mature_at + DAY)
        return [generation(kept, 0), replace(outcome, run=0), self._category("shoes", 0)]

    def begin(self) -> list[FeedRow]:
        """Nine or ten mature episodes; or fewer, and some that mature or grow too old over the runs."""
        ages = [self._mature_at - self._rng.randint(0, 40) * DAY for _ in range(EPISODES)]
        edge = self._rng.choice(("steady", "one missing", "maturing", "ageing"))
        if edge == "one missing":
            ages.pop()
            self._undo = self._another
        if edge == "maturing":
            ages[-1] = midday(self._schedule) - MATURITY + self._rng.randint(1, 4) * DAY
        if edge == "ageing":
            ages[-1] = midday(self._schedule) - 90 * DAY + self._rng.randint(1, 4) * DAY
        return [generation(self._episode(at), 0) for at in ages]

    def changes(self) -> list[FeedRow]:
        """One change for each of most later runs."""
        runs = sorted({self._schedule.open_run(run) for run in range(1, self._schedule.count)})
        return [self._change(run) for run in runs if self._rng.random() < 0.8]

    def _change(self, run: int) -> FeedRow:
        """Undo the previous change, or make one that ends the rule."""
        if self._undo and self._rng.random() < 0.8:
            undo, self._undo = self._undo, None
            return undo(run)
        kind = self._rng.choice(("use", "use", "retract", "category"))
        if kind == "category":
            self._undo = partial(self._category, "shoes")
            return self._category("hats", run)
        event = self._rng.choice(self._events)
        if kind == "use":
            undone = self._rng.choice(("rejected", "retract"))
            self._undo = partial(self._outcome_or_retraction, undone, event, self._mature_at + 10 * DAY)
            return self._outcome_or_retraction("published", event, self._mature_at + 9 * DAY, run)
        self._undo = self._another
        return self._outcome_or_retraction("retract", event, self._mature_at + 9 * DAY, run)

    def _another(self, run: int) -> FeedRow:
        return generation(self._episode(self._mature_at), run)

    def _category(self, category: str, run: int) -> FeedRow:
        """The first product's category from now on: it applies to every event without its own."""
        row = {"workspace_id": self._cast.workspace_id, "product_id": self._cast.products[0]}
        updated_at = self._mature_at + run * DAY
        return FeedRow("products", row | {"category": category, "updated_at": updated_at}, run=run)

    def _outcome_or_retraction(self, kind: str, event: Row, at: datetime, run: int) -> FeedRow:
        self._number += 1
        if kind == "retract":
            return replace(self._cast.retraction(self._number, event, at), run=run)
        return replace(self._cast.outcome(self._number, event, kind, at), run=run)

    def _episode(self, at: datetime) -> Row:
        number = len(self._events)
        product_id, locale = self._units[number % len(self._units)]
        own = None if product_id == self._cast.products[0] else "shoes"
        columns: dict[str, Any] = {"product_id": product_id, "locale": locale, "product_category": own}
        columns |= {"status": "succeeded", "quality_score": Decimal("0.7"), "generation_type": self._type}
        event = self._cast.event(100 + number, at, self._rng, **columns)
        self._events.append(event)
        return event


PLOTS: tuple[Plot, ...] = (
    *(mixed, mixed, mixed, unneeded, tracking),
    *(mixed, mixed, mixed, unneeded, renaming),
)
