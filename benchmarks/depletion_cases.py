"""The protocol of the depletion benchmark: cases, folds, scores, and the daily replay of warnings.

A case is a series, a day of it with at least 28 days before and 90 after, and an amount of 3 to 60 mean days
of the 90 days before. Its truth is the continuous day on which the amount is used up, at most 90. Each
series weighs the same. Not here: the methods (depletion_methods.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.depletion.calibration import LEVELS
from forecasting.depletion.demand import Demand
from forecasting.depletion.synthetic_cases import depletions_of, origins_at, origins_of
from orchestration.landing.daily_series import DailySeries

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CAP_DAYS, FIRST_DAYS = 90, 28
MULTIPLES, AMOUNTS = (3.0, 60.0), 4
LEAD_DAYS, REPLAYED_ORIGINS = 3, 15
FOLDS = 8
GRID = np.arange(1, 100) / 100
P5 = LEVELS.index(0.05)
EARLY_LEVELS = (0.025, 0.05, 0.1)


class Unmeasurable(ValueError):
    """The series cannot be measured on; the message says why, and what to do."""


@dataclass(frozen=True)
class Cases:
    """Cases of a set of series, arrays of one length.

    Attributes:
        series: index of the series.
        history_days: days of the series up to the case's day.
        demand: as seen from that day.
        credits: the amount.
        days: the truth.
        weight: those of a series sum to 1.
        past: the last 7 days, (cases, 7).
        variation: coefficient of variation of the last 90 days.
    """

    series: Ints
    history_days: Ints
    demand: Demand
    credits: Floats
    days: Floats
    weight: Floats
    past: Floats
    variation: Floats

    def __getitem__(self, at: NDArray[np.bool_]) -> Cases:
        return Cases(*(getattr(self, name)[at] for name in self.__dataclass_fields__))


def sample_cases(series: Sequence[DailySeries], *, step: int, rng: np.random.Generator) -> Cases:
    """Samples the cases."""
    values = [one.values for one in series]
    if max(map(len, values), default=0) < FIRST_DAYS + CAP_DAYS:
        raise Unmeasurable(
            f"a case has {FIRST_DAYS} days before and {CAP_DAYS} after it; no series is that long. "
            "Give longer ones."
        )
    first_days = [one.first_day for one in series]
    origins = origins_of(values, first=FIRST_DAYS, step=step, last_before_end=CAP_DAYS, first_days=first_days)
    if not len(origins.series):
        raise Unmeasurable(
            f"a case has usage in the 90 days up to it, and {CAP_DAYS} days after; no series has both. "
            "Give series with usage."
        )
    depletions, origin = depletions_of(values, origins, multiples=MULTIPLES, amounts=AMOUNTS, rng=rng)
    number, days = origins.series[origin], origins.history_days[origin]
    past = np.array([values[n][day - 7 : day] for n, day in zip(number, days, strict=True)])
    recent = [values[n][max(day - 90, 0) : day] for n, day in zip(number, days, strict=True)]
    variation = np.array([part.std() / part.mean() for part in recent])
    true_days = np.where(depletions.is_seen, np.minimum(depletions.days, CAP_DAYS), CAP_DAYS)
    return Cases(
        number, days, depletions.demand, depletions.credits, true_days, depletions.weight, past, variation
    )


def assign_folds(series: Sequence[DailySeries], *, rng: np.random.Generator) -> Ints:
    """The fold of each series; series of one group are in one fold."""
    groups = sorted({one.group for one in series})
    fold = {group: index % FOLDS for index, group in enumerate(rng.permutation(groups))}
    return np.array([fold[one.group] for one in series])


def scores(cases: Cases, quantiles: Floats) -> dict[str, float]:
    """Scores of a method's days at `LEVELS`, in days capped at 90.

    MAE of the median, CRPS, and the tails: the share of cases used up before P2.5, P5 and P10, and after P90
    where that is under the cap. (The cover of a range means little where its end is often the cap.) Last the
    width of the 80 % range and how many days late the median is, itself the median of cases.
    """
    days = np.minimum(quantiles, CAP_DAYS)
    dense = np.array([np.interp(GRID, LEVELS, row) for row in days])
    off = cases.days[:, None] - dense

    def mean(values: Floats | NDArray[np.bool_]) -> float:
        return float(np.average(values.astype(float), weights=cases.weight))

    def at(level: float) -> Floats:
        return days[:, LEVELS.index(level)]

    is_ended = at(0.9) < CAP_DAYS
    return {
        "mae": mean(np.abs(cases.days - at(0.5))),
        "crps": mean(2 * np.maximum(GRID * off, (GRID - 1) * off).mean(axis=1)),
        **{f"D<P{100 * level:g}": mean(cases.days < at(level)) for level in EARLY_LEVELS},
        "D>P90": mean(is_ended & (cases.days > at(0.9))) / max(mean(is_ended), 1e-9),
        "width_80": mean(at(0.9) - at(0.1)),
        "days late": _median(at(0.5) - cases.days, cases.weight),
    }


def _median(values: Floats, weight: Floats) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


@dataclass(frozen=True)
class Evenings:
    """Every evening of the replayed depletions, up to the last one before they happened.

    Attributes:
        cases: one for each evening; its days are those left until the depletion's day, whole.
        depletion: which depletion an evening belongs to.
        series: of each depletion.
        length: the day of each depletion, from its first evening.
    """

    cases: Cases
    depletion: Ints
    series: Ints
    length: Ints


def sample_evenings(series: Sequence[DailySeries], *, rng: np.random.Generator) -> Evenings:
    """Samples up to 15 days of each series and amounts, and replays those used up within 90 days."""
    rows: list[tuple[int, int, float, float, int]] = []
    owner: list[int] = []
    length: list[int] = []
    for index, one in enumerate(series):
        total = np.concatenate([[0.0], np.cumsum(one.values)])
        days = np.arange(FIRST_DAYS, len(one.values) - CAP_DAYS + 1)
        for day in rng.choice(days, min(REPLAYED_ORIGINS, len(days)), replace=False):
            mean = float(one.values[max(day - 90, 0) : day].mean())
            credits = mean * np.exp(rng.uniform(*np.log(MULTIPLES)))
            last = int(np.searchsorted(total, total[day] + credits)) - day
            if mean <= 0 or last > CAP_DAYS:
                continue
            for evening in range(last):
                left = credits - (total[day + evening] - total[day])
                rows.append((index, day + evening, left, float(last - evening), len(length)))
            owner.append(index)
            length.append(last)
    table = np.array(rows).reshape(-1, 5)
    number, day = table[:, 0].astype(int), table[:, 1].astype(int)
    values = [one.values for one in series]
    order = np.argsort(number, kind="stable")
    table, number, day = table[order], number[order], day[order]
    demand = origins_at(values, number, day, first_days=[one.first_day for one in series]).demand
    if len(demand) != len(number):  # 90 days without any demand: such evenings cannot be predicted
        used = np.array([values[n][max(d - 90, 0) : d].any() for n, d in zip(number, day, strict=True)])
        table, number, day = table[used], number[used], day[used]
    past = np.array([values[n][d - 7 : d] for n, d in zip(number, day, strict=True)]).reshape(-1, 7)
    filler = np.ones(len(number))
    cases = Cases(number, day, demand, table[:, 2], table[:, 3], filler, past, filler)
    return Evenings(cases, table[:, 4].astype(int), np.array(owner, dtype=int), np.array(length, dtype=int))


def warnings(evenings: Evenings, first_days: Floats) -> dict[str, float]:
    """How many warnings came too late, and the median notice.

    The warning comes on the first evening whose latest day to order is tomorrow or earlier. It is too late if
    fewer days than the lead time are left, or if there is none. Credits used up within the lead time of the
    first evening cannot be warned of; their share is `hopeless`.

    Args:
        evenings: of `sample_evenings`.
        first_days: days on which a method wants credits to be there, for each evening.
    """
    is_warned = np.ceil(first_days - 1e-9) <= LEAD_DAYS + 1
    notice = np.zeros(len(evenings.length))
    np.maximum.at(notice, evenings.depletion[is_warned], evenings.cases.days[is_warned])
    count = np.bincount(evenings.series)
    weight = 1 / count[evenings.series]
    can_be = evenings.length > LEAD_DAYS
    if not can_be.any():
        return {"too_late": np.nan, "notice": np.nan, "hopeless": float(len(can_be) > 0)}
    return {
        "too_late": float(np.average(notice[can_be] < LEAD_DAYS, weights=weight[can_be])),
        "notice": float(np.median(notice[can_be])),
        "hopeless": float(np.average(~can_be, weights=weight)),
    }
