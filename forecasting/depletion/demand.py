"""Recent daily demand: two levels, how much weeks vary, and the point path they lead to.

Not here: ranges around that path (calibration.py), or lots and balances (runway.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.ledger import Ints, day_numbers, positions

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

HISTORY_DAYS = 365  # older days would weigh less than half a percent
FAST_HALF_LIFE_DAYS, SLOW_HALF_LIFE_DAYS = 7, 45
DAMPING = 0.97  # of the difference between the two levels, a day
MEAN_DAYS, VARIATION_DAYS, WEEK_DAYS = 90, 84, 7
_DAMPED_DAYS = DAMPING / (1 - DAMPING)  # what the whole difference amounts to, in days


@dataclass(frozen=True)
class Demand:
    """Demand per day of each case (a workspace as seen from one day), arrays of one length.

    Attributes:
        fast, slow: exponentially weighted means, half-lives of 7 and 45 days; micro-credits a day.
        mean: of the last 90 days, or since the first demand if later.
        variation: standard deviation of the 7-day means of the last 84 days, relative to `mean`.
        history_days: days since the first demand, both ends counted, at most `HISTORY_DAYS`; 0 if none.
    """

    fast: Floats
    slow: Floats
    mean: Floats
    variation: Floats
    history_days: Ints

    def __len__(self) -> int:
        return len(self.fast)

    def __getitem__(self, cases: Ints | Bools | slice) -> Demand:
        levels = (self.fast[cases], self.slow[cases], self.mean[cases])
        return Demand(*levels, self.variation[cases], self.history_days[cases])

    def scaled(self, factor: float) -> Demand:
        """The demand multiplied by a factor."""
        levels = (self.fast * factor, self.slow * factor, self.mean * factor)
        return Demand(*levels, self.variation, self.history_days)


def measure_demand(daily: Floats, is_known: Bools) -> Demand:
    """Measures the demand of each case from its days.

    Args:
        daily: micro-credits, shape (cases, days); the last column is the last day known.
        is_known: the same shape; false where usage does not show demand, because an empty balance blocked it.
            Such days have no weight. Days before a case's first demand never count.
    """
    days = daily.shape[1]
    has_begun = np.logical_or.accumulate(daily > 0, axis=1)
    weight = (has_begun & is_known).astype(float)
    known = daily * weight
    age = np.arange(days - 1, -1, -1)

    def mean_by(day_weight: Floats) -> Floats:
        # not a matrix product: that of a case would depend on its neighbours and the number of threads
        credits, total = (np.einsum("cd,d->c", part, day_weight) for part in (known, weight))
        return np.divide(credits, total, out=np.zeros(len(daily)), where=total > 0)

    mean = mean_by((age < MEAN_DAYS).astype(float))
    of_week, week_weight = (_week_sums(part[:, -(VARIATION_DAYS + WEEK_DAYS) :]) for part in (known, weight))
    is_week = weight[:, -VARIATION_DAYS:] * (week_weight[:, -VARIATION_DAYS:] > 0)
    weeks = np.divide(of_week, week_weight, out=np.zeros_like(of_week), where=week_weight > 0)
    weeks = weeks[:, -VARIATION_DAYS:]
    count = np.maximum(is_week.sum(axis=1), 1)
    of_weeks = (weeks * is_week).sum(axis=1) / count
    variance = (((weeks - of_weeks[:, None]) ** 2) * is_week).sum(axis=1) / count
    return Demand(
        fast=mean_by(0.5 ** (age / FAST_HALF_LIFE_DAYS)),
        slow=mean_by(0.5 ** (age / SLOW_HALF_LIFE_DAYS)),
        mean=mean,
        variation=np.divide(np.sqrt(variance), mean, out=np.zeros(len(daily)), where=mean > 0),
        history_days=has_begun.sum(axis=1).astype(np.int64),
    )


def _week_sums(values: Floats) -> Floats:
    """Sums of each day and the up to six before it in the array."""
    sums = np.cumsum(values, axis=1)
    sums[:, WEEK_DAYS:] -= sums[:, :-WEEK_DAYS].copy()
    return sums


def expected_by(demand: Demand, days: Floats) -> Floats:
    """Demand summed over the next `days`, shape (cases, …): the fast level fades into the slow one."""
    fast, slow = (_align(level, days) for level in (demand.fast, demand.slow))
    total: Floats = slow * days + (fast - slow) * _DAMPED_DAYS * (1 - DAMPING**days)
    return total


def days_until(demand: Demand, total: Floats) -> Floats:
    """The inverse of `expected_by`: days until demand sums to `total`, shape (cases, …); inf if never."""
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
