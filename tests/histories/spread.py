"""Feed rows spread over runs: on time, late, early, repeated, contradicted or broken.

Which rows there are, and in which file a line is, is not decided here.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from histories.cast import FeedRow, Row
from histories.lines import Line, bad_line_of, line_of
from histories.runs import Schedule

AGAIN, CONTRADICTED, BROKEN = 0.06, 0.05, 0.03

Spread = list[list[Line]]
Pace = Callable[[FeedRow], int]


@dataclass(frozen=True)
class Spreading:
    """How one history is delivered.

    Attributes:
        is_order_independent: nothing is contradicted in a later run, so that the order of deliveries does
            not matter.
    """

    schedule: Schedule
    rng: random.Random
    is_order_independent: bool

    def spread(self, feed_rows: list[FeedRow], *, is_plotted: bool) -> Spread:
        """The lines of each run. A plot sets the run of some rows; its other rows come with the first run."""
        pace = (lambda _: 0) if is_plotted else self._pace(feed_rows)
        lines: Spread = [[] for _ in range(self.schedule.count)]
        rows_of_event = Counter(row.row["event_id"] for row in feed_rows if row.feed == "generation_events")
        for feed_row in feed_rows:
            wanted = feed_row.run if feed_row.run is not None else pace(feed_row)
            # another row of the event, in an earlier run, would win over what contradicts this one
            is_corrected = (
                feed_row.feed == "generation_events" and rows_of_event[feed_row.row["event_id"]] > 1
            )
            may_contradict = not (self.is_order_independent and is_corrected)
            self._deliver(feed_row, self.schedule.open_run(wanted), lines, may_contradict=may_contradict)
        return lines

    def _pace(self, feed_rows: list[FeedRow]) -> Pace:
        """All the time; or once only; or once with a few rows later; or from some run on.

        A history in which little or nothing comes later shows what must change only because time passes, or
        because of one row.
        """
        last = self.schedule.count - 1
        kind = self.rng.choices(("all the time", "a few later", "once", "from a run"), (4, 4, 2, 1))[0]
        if kind == "all the time":
            return self._as_it_comes
        if kind == "from a run":
            first = self.rng.randint(1, last)
            return lambda _: self.rng.randint(first, last)
        late = self.rng.sample(feed_rows, self.rng.randint(1, 3)) if kind == "a few later" else []
        run = self.rng.randint(1, last)
        return lambda feed_row: run if any(feed_row is one for one in late) else 0

    def _as_it_comes(self, feed_row: FeedRow) -> int:
        last = self.schedule.count - 1
        assert feed_row.at is not None, "a row without an instant must set its run"
        due = self.schedule.due(feed_row.at.date())
        choice = self.rng.random()
        if choice < 0.5:
            return due
        if choice < 0.9:
            return self.rng.randint(due, last)
        return self.rng.randint(0, due)

    def _deliver(self, feed_row: FeedRow, run: int, lines: Spread, *, may_contradict: bool) -> None:
        feed, row, rng = feed_row.feed, feed_row.row, self.rng
        line = line_of(feed, row, rng)
        if rng.random() < BROKEN:
            lines[run].append(bad_line_of(feed, row, rng))
            if not feed_row.run:
                run = rng.choice((run, self.schedule.later_run(run, rng)))
        lines[run].append(line)
        if rng.random() < AGAIN:
            lines[run].append(line_of(feed, row, rng))
        is_repeated_later = rng.random() < AGAIN
        if is_repeated_later:
            lines[self.schedule.later_run(run, rng)].append(line_of(feed, row, rng))
        if rng.random() < CONTRADICTED and feed in CONTRADICTIONS:
            other = CONTRADICTIONS[feed](row, rng)
            other_run = (
                run if self.is_order_independent else rng.choice((run, self.schedule.later_run(run, rng)))
            )
            contradicting = line_of(feed, other, rng)
            if self.is_order_independent and is_repeated_later:
                contradicting = line  # else the row would win whose repetition is delivered first
            if may_contradict:
                lines[other_run].append(contradicting)


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
