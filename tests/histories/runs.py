"""When the nights of a set of histories are, and instants worth living through near them.

Who does what at those instants is not decided here.
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
# both springs and autumns lie before each of them: days of 23 hours and of 25
LAST_DAYS = (date(2026, 4, 12), date(2026, 11, 10))
HISTORY_DAYS = 50
DAY_EDGES = (time(0), time(0, 0, 0, 1), time(23, 59, 59, 999999), time(12), time(3, 30))


@dataclass(frozen=True)
class Nights:
    """The as_of of each night, in the order they are run, and the night on which nothing is delivered."""

    as_ofs: tuple[date, ...]
    silent: int | None = None

    @property
    def count(self) -> int:
        return len(self.as_ofs)

    @property
    def last_day(self) -> date:
        return max(self.as_ofs)

    @property
    def first_day(self) -> date:
        """The first day on which anything usual happens."""
        return self.last_day - timedelta(days=HISTORY_DAYS - 1)

    def due(self, day: date) -> int:
        """The first night that may report the day; the last night if none may."""
        return next((night for night, as_of in enumerate(self.as_ofs) if as_of >= day), self.count - 1)

    def open_night(self, night: int) -> int:
        """The night itself, or the one after it if nothing is delivered on it."""
        return night + 1 if night == self.silent else night

    def later_night(self, night: int, rng: random.Random) -> int:
        """Some night after this one; the last one if there is none."""
        return self.open_night(rng.randint(min(night + 1, self.count - 1), self.count - 1))


def schedule(count: int, rng: random.Random) -> Nights:
    """Nights that pass as they do: the next day, the same again, after missed ones, once back and forth.

    A short schedule goes back first: what follows are then increments on top of each other.
    """
    back = rng.randint(2, 4)
    steps = [1] * (count - 1)
    if count == 4:
        steps = [-back, back + 4, 1]
    if count > 4:
        steps = ([1, 0, 4] + [1] * count)[: count - 3]
        rng.shuffle(steps)
        place = rng.randint(0, len(steps))
        steps[place:place] = [-back, back + 1]
    days_from_first = list(accumulate(steps, initial=0))
    last_day = rng.choice(LAST_DAYS)
    as_ofs = tuple(last_day + timedelta(days=days - days_from_first[-1]) for days in days_from_first)
    passing = [night for night in range(1, count - 1) if steps[night - 1] > 0]
    return Nights(as_ofs, silent=rng.choice(passing) if count > 5 else None)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the local day begins, in UTC."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def day_hours(day: date, zone: ZoneInfo) -> int:
    """How long the local day is: 24 hours but for two days a year."""
    return round((midnight(day + timedelta(days=1), zone) - midnight(day, zone)).total_seconds() / 3600)


def odd_days(first: date, last: date, zone: ZoneInfo) -> list[date]:
    """The local days that do not have 24 hours."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if day_hours(day, zone) != 24]


def moment(rng: random.Random, first: date, last: date, zone: str | None = None) -> datetime:
    """An instant between two days, often on the edge of a day of some zone, or on a day of odd length."""
    place = ZoneInfo(zone if zone and rng.random() < 0.7 else rng.choice(ZONES))
    day = first + timedelta(days=rng.randint(0, (last - first).days))
    odd = odd_days(first, last, place) if rng.random() < 0.25 else []
    if odd:
        day = rng.choice(odd)
    if rng.random() < 0.4:
        return datetime.combine(day, rng.choice(DAY_EDGES), place).astimezone(UTC)
    return midnight(day, place) + timedelta(seconds=rng.randint(0, 86_399), microseconds=rng.randint(0, 999))
