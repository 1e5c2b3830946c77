"""When the runs of a set of histories take place, and instants near them worth testing.

What happens at those instants is not decided here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

ZONES = (
    *("UTC", "Asia/Kolkata", "Pacific/Apia"),
    *("America/New_York", "Europe/Berlin", "Australia/Sydney"),
)
# a clock change comes before each of them: days of 23 and of 25 hours
LAST_DAYS = (date(2026, 4, 12), date(2026, 11, 10))
HISTORY_DAYS = 50
DAY_EDGES = (time(0), time(0, 0, 0, 1), time(23, 59, 59, 999999), time(12), time(3, 30))


@dataclass(frozen=True)
class Schedule:
    """The as_of of each run, in order, and the index of the run for which nothing is delivered."""

    as_ofs: tuple[date, ...]
    empty_run: int | None = None

    @property
    def count(self) -> int:
        return len(self.as_ofs)

    @property
    def last_day(self) -> date:
        return max(self.as_ofs)

    @property
    def first_day(self) -> date:
        """The first day on which anything ordinary happens."""
        return self.last_day - timedelta(days=HISTORY_DAYS - 1)

    def due(self, day: date) -> int:
        """The first run that may report the day; the last run if none may."""
        return next((run for run, as_of in enumerate(self.as_ofs) if as_of >= day), self.count - 1)

    def open_run(self, run: int) -> int:
        """The given run, or the next one if nothing is delivered for it."""
        return run + 1 if run == self.empty_run else run

    def later_run(self, run: int, rng: random.Random) -> int:
        """A random later run; the last one if there is none."""
        return self.open_run(rng.randint(min(run + 1, self.count - 1), self.count - 1))


def make_schedule(count: int, rng: random.Random) -> Schedule:
    """Runs as they happen: the next day, the same day again, after missed ones, once back and forth.

    A short schedule goes back first, so that the runs after it are increments on top of each other.
    """
    back = rng.randint(2, 4)
    steps = [1] * (count - 1)
    if count == 4:
        steps = [-back, back + 4, 1]
    if count > 4:
        steps = ([1, 0, 4] + [1] * count)[: count - 3]
        rng.shuffle(steps)
        index = rng.randint(0, len(steps))
        steps[index:index] = [-back, back + 1]
    days_from_first = list(accumulate(steps, initial=0))
    last_day = rng.choice(LAST_DAYS)
    as_ofs = tuple(last_day + timedelta(days=days - days_from_first[-1]) for days in days_from_first)
    forward = [run for run in range(1, count - 1) if steps[run - 1] > 0]
    return Schedule(as_ofs, empty_run=rng.choice(forward) if count > 5 else None)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the local day begins, in UTC."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def day_hours(day: date, zone: ZoneInfo) -> int:
    """The length of the local day: 24 hours except on two days a year."""
    return round((midnight(day + timedelta(days=1), zone) - midnight(day, zone)).total_seconds() / 3600)


def clock_change_days(first: date, last: date, zone: ZoneInfo) -> list[date]:
    """The local days of 23 or 25 hours."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if day_hours(day, zone) != 24]


def moment(rng: random.Random, first: date, last: date, zone: str | None = None) -> datetime:
    """An instant between two days, often at the edge of a local day, or on a day of 23 or 25 hours."""
    local_zone = ZoneInfo(zone if zone and rng.random() < 0.7 else rng.choice(ZONES))
    day = first + timedelta(days=rng.randint(0, (last - first).days))
    changes = clock_change_days(first, last, local_zone) if rng.random() < 0.25 else []
    if changes:
        day = rng.choice(changes)
    if rng.random() < 0.4:
        return datetime.combine(day, rng.choice(DAY_EDGES), local_zone).astimezone(UTC)
    return midnight(day, local_zone) + timedelta(
        seconds=rng.randint(0, 86_399), microseconds=rng.randint(0, 999)
    )
