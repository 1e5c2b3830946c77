"""How demand is spread over weekdays and days of the month, and the clock that runs at its rates.

A day of the clock is a mean day of demand: a weekend on which nothing is ever used takes no time on it. The
forecast is made in days of the clock, and each is then found in the calendar. How much of a profile counts
is decided by how much of it repeats (empirical Bayes, after James and Stein 1961): one that is chance
becomes flat, and the clock that of the wall. Not here: the level of demand (depletion/demand.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEEK_DAYS, MONTH_DAYS = 7, 31
# the last days that a profile is measured on; it needs two weeks, or two months
WEEKS_DAYS, MONTHS_DAYS = 84, 184
CLOCK_DAYS = 366  # after that, a day takes a day
_TOLERANCE = 1e-6  # of a day: what rounding may add must not skip days on which the clock stands still


@dataclass(frozen=True)
class Seasonality:
    """Demand relative to a mean day, arrays of one row for each case; 1 everywhere is a flat profile.

    Attributes:
        week: by weekday; the first is that of the last day known, the next that of the day before, and so on.
        month: by day of the month.
        last_day: the last day known, as a day number; any where no day of the month matters.
    """

    week: Floats
    month: Floats
    last_day: Ints

    @classmethod
    def flat(cls, cases: int) -> Seasonality:
        """No profile at all."""
        week, month = np.ones((cases, WEEK_DAYS)), np.ones((cases, MONTH_DAYS))
        return cls(week, month, np.zeros(cases, dtype=np.int64))

    def __getitem__(self, cases: Ints | NDArray[np.bool_] | slice) -> Seasonality:
        return Seasonality(self.week[cases], self.month[cases], self.last_day[cases])

    def rates(self, days: Ints) -> Floats:
        """Relative demand of days counted from the last one known, which is 0; (cases, days)."""
        rates = self.week[:, -days % WEEK_DAYS]
        has_month = np.flatnonzero((self.month != 1).any(axis=1))
        of_month = _days_of_month(self.last_day[has_month, None] + days)
        rates[has_month] *= np.take_along_axis(self.month[has_month], of_month, axis=1)
        return rates

    def clock(self) -> Clock:
        """The clock of each case from the last day known on."""
        rates = self.rates(np.arange(1, CLOCK_DAYS + 1))
        return Clock(np.concatenate([np.zeros((len(rates), 1)), np.cumsum(rates, axis=1)], axis=1))

    def elapsed(self, days: Floats) -> Floats:
        """Days of the clock after calendar days, one number for each case.

        Cases that follow each other and have the same profiles share a clock: from one day of a series many
        amounts are forecast.
        """
        parts = np.column_stack([self.week, self.month, self.last_day])
        is_first = np.append(np.ones(min(len(parts), 1), dtype=bool), (parts[1:] != parts[:-1]).any(axis=1))
        clock, case = self[is_first].clock(), np.cumsum(is_first) - 1
        return _elapsed(days, lambda whole: clock.total[case, whole])


def measure_seasonality(credits: Floats, weight: Floats, last_day: Ints | None) -> Seasonality:
    """Measures the profiles of each case.

    Args:
        credits: demand by day, (cases, days); the last column is the last day known.
        weight: the same shape: 1 where a day counts, else 0.
        last_day: day number of the last day of each case; None if days have no dates, and so no month.
    """
    days = np.arange(1 - credits.shape[1], 1)
    weekday = np.broadcast_to(-days % WEEK_DAYS, credits.shape)
    week, of_week = _profile(credits, weight, weekday, days=WEEKS_DAYS, places=WEEK_DAYS)
    if last_day is None:
        return replace(Seasonality.flat(len(credits)), week=week)
    day_of_month = _days_of_month(last_day[:, None] + days)
    month, of_month = _profile(credits, weight, day_of_month, days=MONTHS_DAYS, places=MONTH_DAYS)
    # the clearer one only: a few monthly days are bound to repeat some weekdays
    is_monthly = (of_month > of_week)[:, None]
    return Seasonality(np.where(is_monthly, 1.0, week), np.where(is_monthly, month, 1.0), last_day)


def _profile(
    credits: Floats, weight: Floats, place: Ints, *, days: int, places: int
) -> tuple[Floats, Floats]:
    """Demand by place (a weekday, or a day of the month) relative to the mean, and how much of it counts.

    That is what its variance has beyond chance, and no more than its two halves in time agree (correlate).
    """
    cases = len(credits)
    credits, weight, place = credits[:, -days:], weight[:, -days:], place[:, -days:]
    reached = np.cumsum(weight, axis=1)
    is_newer = 2 * reached > reached[:, -1:]
    cell = ((2 * np.arange(cases)[:, None] + is_newer) * places + place).ravel()

    def sums(values: Floats) -> Floats:
        by_half: Floats = np.bincount(cell, values.ravel(), 2 * cases * places).astype(float)
        return by_half.reshape(cases, 2, places)

    counts, totals = sums(weight), sums(weight * credits)
    count, total = counts.sum(axis=1), totals.sum(axis=1)
    squares = sums(weight * credits**2).sum(axis=1)
    known_days = count.sum(axis=1)
    mean = total.sum(axis=1) / np.maximum(known_days, 1)
    means = _means(total, count, mean)
    between = (count * (means - mean[:, None]) ** 2).sum(axis=1)
    within = np.maximum((squares - count * means**2).sum(axis=1), 0.0)
    # what chance alone would rarely exceed: its mean and two standard deviations
    freedom = np.maximum((count > 0).sum(axis=1) - 1, 1)
    rest = np.maximum(known_days - freedom - 1, 1)
    by_chance = within / rest * (freedom + 2 * np.sqrt(2 * freedom))
    is_clear = (known_days >= 2 * places) & (between > np.maximum(by_chance, 1e-9 * mean**2))
    kept = np.where(is_clear, 1 - (by_chance / np.where(is_clear, between, 1.0)) ** 2, 0.0)
    older, newer = (_means(totals[:, half], counts[:, half], mean) for half in (0, 1))
    kept = np.clip(_correlation(older, newer), 0.0, kept)
    relative = np.divide(means, mean[:, None], out=np.ones(means.shape), where=mean[:, None] > 0)
    profile = 1 + kept[:, None] * (relative - 1)
    return np.where(kept[:, None] > 0, profile / profile.mean(axis=1, keepdims=True), 1.0), kept


def _means(total: Floats, days: Floats, mean: Floats) -> Floats:
    """Means by place; the mean of all where no day is known."""
    return np.divide(total, days, out=np.repeat(mean[:, None], days.shape[1], axis=1), where=days > 0)


def _correlation(one: Floats, other: Floats) -> Floats:
    """Of the rows of two arrays; 0 where either is constant."""
    one, other = (part - part.mean(axis=1, keepdims=True) for part in (one, other))
    size = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return np.divide((one * other).sum(axis=1), size, out=np.zeros(len(one)), where=size > 0)


def _days_of_month(days: Ints) -> Ints:
    """The day of the month of day numbers, from 0."""
    if not days.size:
        return np.zeros(days.shape, dtype=np.int64)
    first = int(days.min())
    all_days = np.arange(first, int(days.max()) + 1).astype("datetime64[D]")
    return (all_days - all_days.astype("datetime64[M]")).astype(np.int64)[days - first]


@dataclass(frozen=True)
class Clock:
    """Days of the clock and of the calendar, both counted from the end of the last day known.

    Attributes:
        total: days of the clock by the end of each calendar day, (cases, 1 + `CLOCK_DAYS`), from 0.
    """

    total: Floats

    def __getitem__(self, cases: Ints) -> Clock:
        return Clock(self.total[cases])

    def elapsed(self, days: Floats) -> Floats:
        """Days of the clock after calendar days, (cases, …)."""
        flat = days.reshape(len(self.total), math.prod(days.shape[1:]))
        elapsed = _elapsed(flat, lambda whole: np.take_along_axis(self.total, whole, axis=1))
        return elapsed.reshape(days.shape)

    def calendar(self, elapsed: Floats) -> Floats:
        """The first calendar days by which so many days of the clock are over, (cases, …)."""
        flat = elapsed.reshape(len(self.total), math.prod(elapsed.shape[1:]))
        low, high = np.zeros(flat.shape, dtype=np.int64), np.full(flat.shape, CLOCK_DAYS)
        for _ in range(CLOCK_DAYS.bit_length()):
            middle = (low + high) // 2
            is_over = np.take_along_axis(self.total, middle, axis=1) >= flat - _TOLERANCE
            low, high = np.where(is_over, low, np.minimum(middle + 1, high)), np.where(is_over, middle, high)
        start = np.maximum(low - 1, 0)
        before, after = (np.take_along_axis(self.total, day, axis=1) for day in (start, low))
        share = np.divide(flat - before, after - before, out=np.zeros(flat.shape), where=after > before)
        days = np.where(flat > 0, start + np.clip(share, 0, 1), 0.0)
        beyond = flat - self.total[:, -1:]
        return np.where(beyond > _TOLERANCE, CLOCK_DAYS + beyond, days).reshape(elapsed.shape)


def _elapsed(days: Floats, total_at: Callable[[Ints], Floats]) -> Floats:
    """Days of the clock after calendar days; `total_at` gives those by the end of whole days."""
    whole = np.minimum(days, CLOCK_DAYS - 1).astype(np.int64)
    before, after = total_at(whole), total_at(whole + 1)
    within = before + np.minimum(days - whole, 1.0) * (after - before)
    beyond: Floats = np.maximum(days - CLOCK_DAYS, 0.0)
    return within + beyond
