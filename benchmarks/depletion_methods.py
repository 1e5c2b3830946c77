"""The methods of the depletion benchmark: ours, and those it is compared with.

Each predicts the days at `LEVELS` of cases, trained on other cases.
Not here: the protocol (depletion_cases.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.depletion_cases import CAP_DAYS, Cases, Floats
from forecasting.depletion.calibration import LEVELS, Calibration, DemandPaths
from forecasting.depletion.synthetic_cases import fit_on, origins_of
from orchestration.landing.daily_series import DailySeries

LONGEST_DAYS = 365.0
BINS = 7
SEED = 0


def ours(calibration: Calibration, cases: Cases) -> Floats:
    """The product's forecast of a balance in one lot."""
    days: Floats = DemandPaths.from_calibration(cases.demand, calibration).until(cases.credits[:, None])
    return days


def ours_fitted(series: Sequence[DailySeries]) -> Calibration:
    """Our calibration, fitted on these series."""
    values, first_days = [one.values for one in series], [one.first_day for one in series]
    origins = origins_of(values, first_days=first_days)
    return fit_on(values, label="benchmark", rng=np.random.default_rng(SEED), origins=origins)


def pace(cases: Cases) -> Floats:
    """The user's rule: what is left divided by the mean of the last 7 days."""
    mean = cases.past.mean(axis=1)
    days = np.divide(cases.credits, mean, out=np.full(len(mean), LONGEST_DAYS), where=mean > 0)
    return np.minimum(days, LONGEST_DAYS)


def seasonal_naive(cases: Cases) -> Floats:
    """The last week repeated day by day."""
    of_week = cases.past.sum(axis=1)
    weeks = np.floor(np.divide(cases.credits, of_week, out=np.full(len(of_week), 99.0), where=of_week > 0))
    rest = cases.credits - weeks * of_week
    total = np.column_stack([np.zeros(len(rest)), np.cumsum(cases.past, axis=1)])
    day = np.clip((total < rest[:, None]).sum(axis=1), 1, 7)
    rows = np.arange(len(rest))
    width = np.maximum(total[rows, day] - total[rows, day - 1], 1e-300)
    days = weeks * 7 + np.where(rest > 0, day - 1 + (rest - total[rows, day - 1]) / width, 0)
    return np.where(of_week > 0, np.minimum(days, LONGEST_DAYS), LONGEST_DAYS)


def autoets(cases: Cases, names: Sequence[str], forecasts: pd.DataFrame) -> Floats:
    """Days by the mean paths of AutoETS, continued at their mean after 90 days; nan where it was not run."""
    paths = forecasts.set_index(["series", "history_days"])
    wanted = pd.MultiIndex.from_arrays([np.array(names)[cases.series], cases.history_days])
    total = np.cumsum(np.column_stack([np.zeros(len(wanted)), paths.reindex(wanted).to_numpy()]), axis=1)
    days = np.full(len(total), np.nan)
    for case in np.flatnonzero(np.isfinite(total[:, -1])):
        path, credits = total[case], cases.credits[case]
        mean = path[-1] / (len(path) - 1)
        inside = np.interp(credits, path, np.arange(len(path)))
        beyond = credits / mean if mean > 0 else LONGEST_DAYS
        days[case] = inside if credits <= path[-1] else min(beyond, LONGEST_DAYS)
    return days


def same_at_all_levels(days: Floats) -> Floats:
    """A method without a range: its one date at every level."""
    return np.repeat(days[:, None], len(LEVELS), axis=1)


def calibrated(days: Floats, truth: Floats, weight: Floats, points: Floats) -> Floats:
    """Days at `LEVELS` around a point: conformal quantiles of log((truth + .5) / (days + .5)), in bins.

    Args:
        days, truth, weight: of the training cases.
        points: to put a range around.
    """
    x, score = np.log(days + 0.5), np.log((np.minimum(truth, CAP_DAYS) + 0.5) / (days + 0.5))
    order = np.argsort(x, kind="stable")
    share = np.cumsum(weight[order])
    bins = np.minimum((share / share[-1] * BINS).astype(int), BINS - 1)
    centres, quantiles = [], []
    for number in range(BINS):
        part = order[bins == number]
        by_score = part[np.argsort(score[part], kind="stable")]
        reached = np.cumsum(weight[by_score])
        middle = (reached - weight[by_score] / 2) / reached[-1]
        centres.append(np.average(x[part], weights=weight[part]))
        quantiles.append(np.interp(LEVELS, middle, score[by_score]))
    at = np.log(points + 0.5)
    scores = np.column_stack([np.interp(at, centres, level) for level in np.array(quantiles).T])
    return (points + 0.5)[:, None] * np.exp(scores) - 0.5
