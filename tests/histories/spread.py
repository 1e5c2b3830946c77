"""What happened spread over nights: on time, late or early, again, contradicted, or broken.

What happens is not decided here, nor in which file a line stands.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from histories.cast import Happening, Row
from histories.lines import Line, bad_line_of, line_of
from histories.runs import Nights

AGAIN, CONTRADICTED, BROKEN = 0.06, 0.05, 0.03

Spread = list[list[Line]]
Pace = Callable[[Happening], int]


@dataclass(frozen=True)
class Spreading:
    """How one history is delivered.

    Attributes:
        is_order_free: nothing is contradicted on a later night, so that the order of nights is of no account.
    """

    nights: Nights
    rng: random.Random
    is_order_free: bool

    def spread(self, happenings: list[Happening], *, is_plotted: bool) -> Spread:
        """The lines of each night. A plot says what comes on which night; the rest of it is there at once."""
        pace = (lambda _: 0) if is_plotted else self._pace(happenings)
        lines: Spread = [[] for _ in range(self.nights.count)]
        for happening in happenings:
            wanted = happening.night if happening.night is not None else pace(happening)
            self._deliver(happening, self.nights.open_night(wanted), lines)
        return lines

    def _pace(self, happenings: list[Happening]) -> Pace:
        """Either all the time; or once and never again; or once, with a row or two later; or from some night.

        A history in which little or nothing comes later shows what must change only because time passes, or
        because of one row.
        """
        last = self.nights.count - 1
        kind = self.rng.choices(("all the time", "a few later", "once", "from a night"), (4, 4, 2, 1))[0]
        if kind == "all the time":
            return self._as_it_comes
        if kind == "from a night":
            first = self.rng.randint(1, last)
            return lambda _: self.rng.randint(first, last)
        late = self.rng.sample(happenings, self.rng.randint(1, 3)) if kind == "a few later" else []
        night = self.rng.randint(1, last)
        return lambda happening: night if any(happening is one for one in late) else 0

    def _as_it_comes(self, happening: Happening) -> int:
        last = self.nights.count - 1
        assert happening.at is not None, "what has no instant has its night given"
        due = self.nights.due(happening.at.date())
        choice = self.rng.random()
        if choice < 0.5:
            return due
        if choice < 0.9:
            return self.rng.randint(due, last)
        return self.rng.randint(0, due)

    def _deliver(self, happening: Happening, night: int, lines: Spread) -> None:
        feed, row, rng = happening.feed, happening.row, self.rng
        line = line_of(feed, row, rng)
        if rng.random() < BROKEN:
            lines[night].append(bad_line_of(feed, row, rng))
            if not happening.night:
                night = rng.choice((night, self.nights.later_night(night, rng)))
        lines[night].append(line)
        if rng.random() < AGAIN:
            lines[night].append(line_of(feed, row, rng))
        if rng.random() < AGAIN:
            lines[self.nights.later_night(night, rng)].append(line_of(feed, row, rng))
        if rng.random() < CONTRADICTED and feed in CONTRADICTIONS:
            other = CONTRADICTIONS[feed](row, rng)
            on = night if self.is_order_free else rng.choice((night, self.nights.later_night(night, rng)))
            lines[on].append(line_of(feed, other, rng))


def _other_event(row: Row, rng: random.Random) -> Row:
    moved = row["occurred_at"] + timedelta(hours=rng.choice((-30, 1, 24 * 8)))
    others: tuple[Row, ...] = (
        {"credits": row["credits"] + Decimal("0.000001")},
        {"credits": Decimal(3)},
        {"occurred_at": moved},
        {"member_id": "m9"},
        {"product_category": "hats"},
        {"locale": "fr"},
        {"status": "succeeded" if row.get("status") == "failed" else "failed"},
    )
    return row | rng.choice(others)


def _other_outcome(row: Row, rng: random.Random) -> Row:
    opposite = "rejected" if row["outcome"] in ("accepted", "edited", "published") else "published"
    others: tuple[Row, ...] = (
        {"outcome": opposite},
        {"occurred_at": row["occurred_at"] + timedelta(days=rng.choice((-3, 3)))},
    )
    return row | rng.choice(others)


def _other_retraction(row: Row, rng: random.Random) -> Row:
    others: tuple[Row, ...] = (
        {"event_id": f"{row['event_id']}0"},
        {"occurred_at": row["occurred_at"] + timedelta(days=20)},
    )
    return row | rng.choice(others)


def _other_entry(row: Row, rng: random.Random) -> Row:
    others: tuple[Row, ...] = (
        {"credits": row["credits"] * 2},
        {"occurred_at": row["occurred_at"] + timedelta(days=rng.choice((-4, 4)))},
        {"lot_id": "lot1"},
    )
    return row | rng.choice(others)


CONTRADICTIONS: dict[str, Callable[[Row, random.Random], Row]] = {
    "generation_events": _other_event,
    "content_outcomes": _other_outcome,
    "event_retractions": _other_retraction,
    "credit_entries": _other_entry,
}
