"""Recent daily demand: two levels, how much weeks vary, and the point path they lead to.

Not here: ranges around that path (calibration.py), or lots and balances (runway.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.ledger import Ints, day_numbers, positions
from forecasting.seasonality import WEEK_DAYS, Seasonality, measure_seasonality

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

HISTORY_DAYS = 365  # older days would weigh less than half a percent
FAST_HALF_LIFE_DAYS, SLOW_HALF_LIFE_DAYS = 7, 45
DAMPING = 0.97  # of the difference between the two levels, a day
MEAN_DAYS, VARIATION_DAYS = 90, 84
LASTING_CHANGE = 3  # times as much or as little
LEAST_DAYS = 14  # of the clock, for a change to be seen
_RECENT_DAYS, _BEFORE_DAYS = 28, 62
_APART_DAYS = (_RECENT_DAYS + _BEFORE_DAYS) / 2
_RECENT, _BEFORE = slice(-_RECENT_DAYS, None), slice(-_RECENT_DAYS - _BEFORE_DAYS, -_RECENT_DAYS)
_DAMPED_DAYS = DAMPING / (1 - DAMPING)  # what the whole difference amounts to, in days


@dataclass(frozen=True)
class Demand:
    """Demand per day of each case (a workspace as seen from one day), arrays of one length.

    Attributes:
        fast, slow: exponentially weighted means, half-lives of 7 and 45 days; micro-credits a day.
        mean: of the last 90 days, or since the first demand if later.
        recent, before: of the last 28 days, and of the 62 before them; 0 where too few of either count.
        variation: standard deviation of the 7-day means of the last 84 days from what the seasonality lets
            expect, relative.
        cut_share: the share of demand on days that an empty balance cut short.
        history_days: days that count since the first demand, at most `HISTORY_DAYS`; 0 if none.
        seasonality: of weekdays and days of the month; the levels are those of its mean day.
    """

    fast: Floats
    slow: Floats
    mean: Floats
    recent: Floats
    before: Floats
    variation: Floats
    cut_share: Floats
    history_days: Ints
    seasonality: Seasonality

    def __len__(self) -> int:
        return len(self.fast)

    @property
    def has_fallen(self) -> Bools:
        """Where the last 28 days were under a third of the 62 before."""
        return (self.recent > 0) & (self.recent * LASTING_CHANGE < self.before)

    @property
    def has_risen(self) -> Bools:
        """Where the last 28 days were over three times the 62 before."""
        return (self.before > 0) & (self.before * LASTING_CHANGE < self.recent)

    @property
    def growth(self) -> Floats:
        """By how much its log grew a day, between the middle of the 62 days and that of the last 28."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.has_risen, np.log(self.recent / self.before) / _APART_DAYS, 0.0)

    @property
    def latest(self) -> Floats:
        """The level of the last day, if the last 28 grew like that."""
        return self.recent * np.exp(self.growth * _RECENT_DAYS / 2)

    def __getitem__(self, cases: Ints | Bools | slice) -> Demand:
        return Demand(*(getattr(self, part.name)[cases] for part in fields(self)))

    def scaled(self, factor: float | Floats) -> Demand:
        """The demand multiplied by a factor, or by one for each case."""
        return replace(
            self,
            fast=self.fast * factor,
            slow=self.slow * factor,
            mean=self.mean * factor,
            recent=self.recent * factor,
            before=self.before * factor,
        )

    def if_lasting(self) -> Demand:
        """The demand if it stays where it has fallen to; where it has not fallen, as it is."""
        fast, slow = (np.where(self.has_fallen, self.recent, level) for level in (self.fast, self.slow))
        return replace(self, fast=fast, slow=slow)


def measure_demand(daily: Floats, is_known: Bools, *, last_day: Ints | None = None) -> Demand:
    """Measures the demand of each case from its days.

    Args:
        daily: micro-credits, shape (cases, days); the last column is the last day known.
        is_known: the same shape; false where an empty balance cut usage short. What was used on such a day is
            the least that was wanted; without any use it has no weight. Days before a case's first demand
            never count.
        last_day: day number of the last column, of each case; None if the days have no dates: then nothing
            is known of months.
    """
    has_begun = np.logical_or.accumulate(daily > 0, axis=1)
    is_cut = ~is_known & (daily > 0)
    weight = (has_begun & (is_known | is_cut)).astype(float)
    known = _with_what_was_cut(daily * weight, is_cut, weight)
    seasonality = measure_seasonality(known, weight, last_day)
    rates = weight * seasonality.rates(np.arange(1 - daily.shape[1], 1))
    age = np.arange(daily.shape[1] - 1, -1, -1)
    mean = _ratio(*(part[:, -MEAN_DAYS:].sum(axis=1) for part in (known, weight)))
    weeks = age // WEEK_DAYS * WEEK_DAYS  # whole weeks, so that the weekday of the last day does not matter
    slow = _ratio(*_weighted((known, rates), 0.5 ** (weeks / SLOW_HALF_LIFE_DAYS)))
    credits, days = _weighted((known, rates), 0.5 ** (weeks / FAST_HALF_LIFE_DAYS))
    missing = np.maximum(WEEK_DAYS - days, 0.0)  # a level rests on a week of the clock, or on the slow one
    recent, before = (_ratio_of_enough(known[:, part], rates[:, part]) for part in (_RECENT, _BEFORE))
    return Demand(
        fast=_ratio(credits + missing * slow, days + missing),
        slow=slow,
        mean=mean,
        recent=np.where(before > 0, recent, 0.0),
        before=np.where(recent > 0, before, 0.0),
        variation=_variation(known, weight, rates),
        cut_share=_ratio(*(part[:, -MEAN_DAYS:].sum(axis=1) for part in (known * is_cut, known))),
        history_days=weight.sum(axis=1).astype(np.int64),
        seasonality=seasonality,
    )


def _with_what_was_cut(daily: Floats, is_cut: Bools, weight: Floats) -> Floats:
    """Demand by day, where a day cut short has the mean of those, itself included, with at least as much use.

    That is what redistributing a censored value to the right comes to (Efron 1967). Only the last 90 days
    are compared; on earlier ones, what was used stands for itself.
    """
    cases = np.flatnonzero(is_cut[:, -MEAN_DAYS:].any(axis=1))
    recent, counts = daily[cases, -MEAN_DAYS:], weight[cases, -MEAN_DAYS:]
    order = np.argsort(-recent, axis=1, kind="stable")
    ranked, counted = (np.take_along_axis(part, order, axis=1) for part in (recent, counts))
    of_more = np.cumsum(ranked, axis=1) / np.maximum(np.cumsum(counted, axis=1), 1.0)
    expected = np.empty_like(recent)
    np.put_along_axis(expected, order, of_more, axis=1)
    whole = daily.copy()
    whole[cases, -MEAN_DAYS:] = np.where(is_cut[cases, -MEAN_DAYS:], expected, recent)
    return whole


def _weighted(parts: Iterable[Floats], day_weight: Floats) -> tuple[Floats, ...]:
    # not a matrix product: that of a case would depend on its neighbours and the number of threads
    return tuple(np.einsum("cd,d->c", part, day_weight) for part in parts)


def _ratio(value: Floats, of: Floats) -> Floats:
    return np.divide(value, of, out=np.zeros(len(value)), where=of > 0)


def _ratio_of_enough(credits: Floats, days: Floats) -> Floats:
    """Credits a day of the clock; 0 where fewer than `LEAST_DAYS` are known."""
    count = days.sum(axis=1)
    return np.where(count >= LEAST_DAYS, _ratio(credits.sum(axis=1), count), 0.0)


def _variation(known: Floats, weight: Floats, rates: Floats) -> Floats:
    """How far 7-day means lie from those the seasonality lets expect: their standard deviation, relative."""
    level = _ratio(*(part[:, -VARIATION_DAYS:].sum(axis=1) for part in (known, rates)))
    parts = (part[:, -(VARIATION_DAYS + WEEK_DAYS) :] for part in (known - level[:, None] * rates, weight))
    off, days = (_week_sums(part)[:, -VARIATION_DAYS:] for part in parts)
    is_week = weight[:, -VARIATION_DAYS:] * (days > 0.5)
    off = np.divide(off, days, out=np.zeros_like(off), where=days > 0.5)
    count = np.maximum(is_week.sum(axis=1), 1)
    mean = (off * is_week).sum(axis=1) / count
    variance = (((off - mean[:, None]) ** 2) * is_week).sum(axis=1) / count
    return _ratio(np.sqrt(variance), level)


def _week_sums(values: Floats) -> Floats:
    """Sums of each day and the up to six before it in the array."""
    sums = np.cumsum(values, axis=1)
    sums[:, WEEK_DAYS:] -= sums[:, :-WEEK_DAYS].copy()
    return sums


def expected_by(demand: Demand, days: Floats) -> Floats:
    """Demand summed over the next `days` of the clock, (cases, …): the fast level fades into the slow one."""
    fast, slow = (_align(level, days) for level in (demand.fast, demand.slow))
    total: Floats = slow * days + (fast - slow) * _DAMPED_DAYS * (1 - DAMPING**days)
    return total


def days_until(demand: Demand, total: Floats) -> Floats:
    """The inverse of `expected_by`: days of the clock until demand sums to `total`; inf if never."""
    fast, slow = (_align(level, total) for level in (demand.fast, demand.slow))
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(total > 0, total / np.maximum(fast, slow), 0.0)
        high = total / slow + np.maximum(1 - fast / slow, 0.0) * _DAMPED_DAYS
        is_finite = np.isfinite(high)
        low, high = np.where(is_finite, low, 0.0), np.where(is_finite, high, 1.0)
        for _ in range(48):
            middle = (low + high) / 2
            is_short = expected_by(demand, middle) < total
            low, high = np.where(is_short, middle, low), np.where(is_short, high, middle)
    return np.where(is_finite, high, np.where(total > 0, np.inf, 0.0))


def _align(level: Floats, values: Floats) -> Floats:
    """Gives the level of each case the dimensions of the values, for broadcasting."""
    return level.reshape(level.shape + (1,) * (values.ndim - 1))


def daily_credits(rows: pd.DataFrame, names: pd.Index, *, column: str, as_of: int, days: int) -> Floats:
    """A column of rows by workspace and day, (workspaces, days) up to `as_of`; rows of one day are summed.

    Args:
        rows: workspace_id, usage_date and the column, of numbers.
        names: the workspaces.
        column: what is summed.
        as_of: the last day, as a day number.
        days: how many days.
    """
    workspace = positions(rows["workspace_id"], names)
    day = day_numbers(rows["usage_date"]) - as_of + days - 1
    is_ours = (workspace >= 0) & (day >= 0) & (day < days)
    values = rows[column].to_numpy()[is_ours].astype(float)
    cell = workspace[is_ours] * days + day[is_ours]
    sums = np.bincount(cell, weights=values, minlength=len(names) * days).astype(float)
    return sums.reshape(len(names), days)


def blocked_days(balances: pd.DataFrame, names: pd.Index, *, as_of: int, days: int) -> Bools:
    """Which days do not show demand, (workspaces, days): those on which an empty balance blocked usage.

    Where anything was used while it was empty, an empty balance does not block usage. Overage on the day it
    runs out does not show that: the last generation may cost more than was left.

    Args:
        balances: workspace_id, usage_date, closing_micro, overage_micro, before_ledger_micro; dense days.
        names: the workspaces.
        as_of: the last day, as a day number.
        days: how many days.
    """
    empty = balances[balances["closing_micro"].to_numpy().astype(np.int64) <= 0]
    is_empty = np.zeros((len(names), days), dtype=bool)
    workspace = positions(empty["workspace_id"], names)
    day = day_numbers(empty["usage_date"]) - as_of + days - 1
    is_ours = (workspace >= 0) & (day >= 0) & (day < days)
    is_empty[workspace[is_ours], day[is_ours]] = True
    overage = daily_credits(empty, names, column="overage_micro", as_of=as_of, days=days)
    # every stretch of empty days has a number; one with overage after its first day is one of real demand
    starts = is_empty.copy()
    starts[:, 1:] &= ~is_empty[:, :-1]
    # usage before the ledger began was blocked by nothing
    unbooked = daily_credits(empty, names, column="before_ledger_micro", as_of=as_of, days=days)
    stretch = np.cumsum(starts.ravel()).reshape(starts.shape) * is_empty
    goes_beyond = (
        np.bincount(stretch.ravel(), weights=(np.maximum(overage, 0) * ~starts + unbooked).ravel()) > 0
    )
    return is_empty & ~goes_beyond[stretch]
