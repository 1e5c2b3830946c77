"""Depletions of synthetic balances on real daily series, to fit and measure a calibration with.

A case is a series, a day of it, and an amount sampled from the past only: one sampled from the future would
leak the answer. Not here: fitting (calibration.py), or comparisons with other methods (benchmarks/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from forecasting.depletion.calibration import Calibration, Depletions, fit_calibration
from forecasting.depletion.demand import HISTORY_DAYS, MEAN_DAYS, Demand, Floats, Ints, measure_demand

MULTIPLES = (0.3, 200.0)  # of the mean day: amounts from a few hours' demand to more than half a year's
FIRST_ORIGIN_DAYS = 14
STEP_DAYS = 5
AMOUNTS = 7


@dataclass(frozen=True)
class Origins:
    """Days of series from which a forecast is made.

    Attributes:
        series: index of the series.
        history_days: days of the series up to and including the origin.
        demand: as seen from there.
    """

    series: Ints
    history_days: Ints
    demand: Demand

    def of_half(self, half: int) -> Origins:
        """Those of every second of the series, from the first (0) or the second (1) on."""
        ours = self.series % 2 == half
        return Origins(self.series[ours] // 2, self.history_days[ours], self.demand[ours])


def origins_of(
    series: Sequence[Floats],
    *,
    first: int = FIRST_ORIGIN_DAYS,
    step: int = STEP_DAYS,
    last_before_end: int = 1,
    first_days: Sequence[int] | None = None,
) -> Origins:
    """Every `step`th day with at least `first` days of history, `last_before_end` of future, and demand."""
    numbers, ends = [], []
    for number, values in enumerate(series):
        days = np.arange(first, len(values) - last_before_end + 1, step)
        numbers.append(np.full(len(days), number))
        ends.append(days)
    return origins_at(series, np.concatenate(numbers), np.concatenate(ends), first_days=first_days)


def origins_at(
    series: Sequence[Floats], number: Ints, history_days: Ints, *, first_days: Sequence[int] | None = None
) -> Origins:
    """The given days of the given series; those without demand in the last 90 days are excluded.

    Args:
        series: daily demand of each series.
        number: index of the series of each origin.
        history_days: days of the series up to and including each origin.
        first_days: day number of the first day of each series; None: days have no dates.
    """
    parts = []
    for index, values in enumerate(series):
        padded = np.concatenate([np.zeros(HISTORY_DAYS), values])
        windows = np.lib.stride_tricks.sliding_window_view(padded, HISTORY_DAYS)
        parts.append(windows[history_days[number == index]])
    order = np.argsort(number, kind="stable")
    daily = np.concatenate(parts)
    number, history_days = number[order], history_days[order]
    is_used = daily[:, -MEAN_DAYS:].any(axis=1)
    daily, number, history_days = daily[is_used], number[is_used], history_days[is_used]
    last_day = None if first_days is None else np.array(first_days)[number] + history_days - 1
    is_known = np.ones(daily.shape, dtype=bool)
    return Origins(number, history_days, measure_demand(daily, is_known, last_day=last_day))


def depletions_of(
    series: Sequence[Floats],
    origins: Origins,
    *,
    multiples: tuple[float, float],
    amounts: int,
    rng: np.random.Generator,
) -> tuple[Depletions, Ints]:
    """Samples amounts for every origin and finds when each was used up.

    Args:
        series: daily demand of each series.
        origins: of `origins_of`.
        multiples: the least and the most, in days of the mean demand of the last 90 days; log-uniform.
        amounts: how many for each origin.
        rng: samples the amounts.

    Returns:
        The cases, and the index of each case's origin in `origins`.
    """
    origin_index = np.repeat(np.arange(len(origins.series)), amounts)
    demand = origins.demand[origin_index]
    credits = demand.mean * np.exp(rng.uniform(np.log(multiples[0]), np.log(multiples[1]), len(origin_index)))
    days, is_seen = np.zeros(len(origin_index)), np.zeros(len(origin_index), dtype=bool)
    for number, values in enumerate(series):
        ours = np.flatnonzero(origins.series[origin_index] == number)
        total = np.concatenate([[0.0], np.cumsum(values)])
        origin = origins.history_days[origin_index[ours]]
        days[ours], is_seen[ours] = _reached(total, origin, total[origin] + credits[ours])
    count = np.bincount(origins.series[origin_index], minlength=len(series))
    return Depletions(demand, credits, days, is_seen, 1.0 / count[origins.series[origin_index]]), origin_index


def _reached(total: Floats, origin: Ints, target: Floats) -> tuple[Floats, np.ndarray]:
    """Continuous days after `origin` at which the running total reaches the target, and whether it does."""
    at = np.searchsorted(total, target)
    is_seen = at < len(total)
    at = np.minimum(at, len(total) - 1)
    of_day = np.where(is_seen, total[at] - total[at - 1], 1.0)  # more than 0, or the target came earlier
    days = at - 1 - origin + (target - total[at - 1]) / of_day
    return np.where(is_seen, days, len(total) - 1 - origin), is_seen


def fit_on(
    series: Sequence[Floats],
    *,
    label: str,
    rng: np.random.Generator,
    origins: Origins | None = None,
) -> Calibration:
    """Fits a calibration on daily series.

    Args:
        series: daily demand, each of a workspace or the like.
        label: what they are.
        origins: of `origins_of`; None if the series have no dates.
        rng: samples the amounts; the same series and generator give the same calibration.
    """
    origins = origins or origins_of(series)
    cases, _ = depletions_of(series, origins, multiples=MULTIPLES, amounts=AMOUNTS, rng=rng)
    values = sha256(b"".join(np.asarray(one, dtype="<f8").tobytes() + b";" for one in series))
    facts = {"label": label, "series": len(series), "cases": len(cases.days), "data": values.hexdigest()}
    return fit_calibration(cases, facts=facts)
