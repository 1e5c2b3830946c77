"""Histories with a plot: rules that turn on and off from night to night by a single row.

The usual, unplanned histories are made of attempts.py, entries.py and names.py.
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
from histories.cast import LOCALES, Cast, Happening, Row
from histories.entries import entries_of
from histories.names import names_of
from histories.runs import ZONES, Nights

DAY = timedelta(days=1)
MATURITY = 14 * DAY
EPISODES = 10
NEVER_DELIVERED = 0.03

Plot = Callable[[Cast, Nights, random.Random, bool], list[Happening]]


def mixed(cast: Cast, nights: Nights, rng: random.Random, is_order_free: bool) -> list[Happening]:
    """Anything that happens; some of the events are never delivered, what became of them is."""
    events = events_of(cast, nights, rng)
    if rng.random() < 0.3:
        events += old_events_of(cast, nights, rng)
    return [
        *(happening(event) for event in events if rng.random() >= NEVER_DELIVERED),
        *outcomes_of(cast, events, nights, rng),
        *retractions_of(cast, events, nights, rng),
        *entries_of(cast, nights, rng),
        *names_of(cast, nights, rng, is_order_free=is_order_free),
    ]


def tracking(cast: Cast, nights: Nights, rng: random.Random, is_order_free: bool) -> list[Happening]:
    """A workspace tells its first outcome on a later night, and takes that event back on a still later one.

    The outcome may say nothing but `unpublished`, or come before its event.
    """
    events = [event for event in events_of(cast, nights, rng) if event["occurred_at"] < midday(nights)]
    events = events or [cast.event(0, midday(nights) - 20 * DAY, rng)]
    known_at = midday(nights) - 5 * DAY
    told = rng.randint(1, max(1, nights.count - 2))
    only = rng.choice(events)
    outcome = cast.outcome(0, only, rng.choice(("unpublished", "accepted", "rejected")), known_at)
    retraction = cast.retraction(0, only, known_at)
    comes_late = rng.random() < 0.3
    return [
        *(happening(event, told if event is only and comes_late else 0) for event in events),
        replace(outcome, night=0 if comes_late else told),
        replace(retraction, night=nights.later_night(told, rng)),
        *entries_of(cast, nights, rng),
        *names_of(cast, nights, rng, is_order_free=is_order_free),
    ]


def unneeded(cast: Cast, nights: Nights, rng: random.Random, is_order_free: bool) -> list[Happening]:
    """About ten mature episodes of one field, and every later night something that tips the balance."""
    field = _Field(cast, nights, rng)
    return [*field.background(), *field.begin(), *field.turns(), *entries_of(cast, nights, rng)]


def renaming(cast: Cast, nights: Nights, rng: random.Random, is_order_free: bool) -> list[Happening]:
    """Nothing happens on later nights but that names, zones and categories change, some of them and back."""
    told = mixed(cast, nights, rng, is_order_free)
    rest = [one for one in told if one.feed not in ("workspaces", "products", "members")]
    zone = rng.choice([zone for zone in ZONES if zone != cast.zone])
    columns: list[tuple[str, str, tuple[str, str], Row]] = [
        ("workspaces", "timezone", (cast.zone, zone), {}),
        ("products", "category", ("shoes", "hats"), {"product_id": cast.products[0]}),
        ("members", "name", ("Kim", "Robin"), {"member_id": cast.members[0]}),
    ]
    for feed, column, (one, other), key in columns:
        for night, value in enumerate((one, other, one)[: nights.count]):
            row = {"workspace_id": cast.workspace_id, **key, column: value}
            # without a time of its own a version counts because it comes later
            stamp = midday(nights) + night * DAY if is_order_free else None
            rest.append(Happening(feed, row | {"updated_at": stamp}, night=nights.open_night(night)))
    return rest


def happening(event: Row, night: int | None = None) -> Happening:
    """The delivery of an event."""
    return Happening("generation_events", event, event["occurred_at"], night)


class _Field:
    """Episodes of one (category, generation type) that are never used, until one is."""

    def __init__(self, cast: Cast, nights: Nights, rng: random.Random) -> None:
        self._cast, self._nights, self._rng = cast, nights, rng
        self._type = cast.types[0]
        self._mature_at = midday(nights) - MATURITY - 5 * DAY
        self._units = [(product, locale) for product in (*cast.products, "q0", "q1") for locale in LOCALES]
        self._events: list[Row] = []
        self._undo: Callable[[int], Happening] | None = None
        self._number = 0

    def background(self) -> list[Happening]:
        """Another field with an outcome, so that the workspace is outcome-tracked."""
        kept = self._cast.event(500, self._mature_at, self._rng, generation_type="other", status=None)
        outcome = self._cast.outcome(500, kept, "accepted", self._mature_at + DAY)
        return [happening(kept, 0), replace(outcome, night=0), self._category("shoes", 0)]

    def begin(self) -> list[Happening]:
        """Nine or ten mature episodes; or fewer, and some that mature or grow too old as nights pass."""
        ages = [self._mature_at - self._rng.randint(0, 40) * DAY for _ in range(EPISODES)]
        edge = self._rng.choice(("steady", "one missing", "maturing", "ageing"))
        if edge == "one missing":
            ages.pop()
            self._undo = self._another
        if edge == "maturing":
            ages[-1] = midday(self._nights) - MATURITY + self._rng.randint(1, 4) * DAY
        if edge == "ageing":
            ages[-1] = midday(self._nights) - 90 * DAY + self._rng.randint(1, 4) * DAY
        return [happening(self._episode(at), 0) for at in ages]

    def turns(self) -> list[Happening]:
        """One turn on each of most later nights."""
        nights = sorted({self._nights.open_night(night) for night in range(1, self._nights.count)})
        return [self._turn(night) for night in nights if self._rng.random() < 0.8]

    def _turn(self, night: int) -> Happening:
        """What was done before is undone, or something is done that ends the rule."""
        if self._undo and self._rng.random() < 0.8:
            undo, self._undo = self._undo, None
            return undo(night)
        kind = self._rng.choice(("use", "use", "retract", "category"))
        if kind == "category":
            self._undo = partial(self._category, "shoes")
            return self._category("hats", night)
        event = self._rng.choice(self._events)
        if kind == "use":
            undone = self._rng.choice(("rejected", "retract"))
            self._undo = partial(self._told, undone, event, self._mature_at + 10 * DAY)
            return self._told("published", event, self._mature_at + 9 * DAY, night)
        self._undo = self._another
        return self._told("retract", event, self._mature_at + 9 * DAY, night)

    def _another(self, night: int) -> Happening:
        return happening(self._episode(self._mature_at), night)

    def _category(self, category: str, night: int) -> Happening:
        """What the first product is from now on: it decides for every event without a category of its own."""
        row = {"workspace_id": self._cast.workspace_id, "product_id": self._cast.products[0]}
        updated_at = self._mature_at + night * DAY
        return Happening("products", row | {"category": category, "updated_at": updated_at}, night=night)

    def _told(self, what: str, event: Row, at: datetime, night: int) -> Happening:
        self._number += 1
        if what == "retract":
            return replace(self._cast.retraction(self._number, event, at), night=night)
        return replace(self._cast.outcome(self._number, event, what, at), night=night)

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
