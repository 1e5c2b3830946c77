"""How accurate forecasts of a budget's use have been: made again on past days of periods that are over.

Each is made from what was known by then, and compared with what the scope used in the rest of the period;
next to it the straight line, which is the use to date at the same rate. Not here: the forecast itself
(forecast.py), or summing scores up (the mart forecast_accuracy).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from forecasting.budgets.forecast import BudgetHistory, ScopeDays
from forecasting.depletion.backtest import BUCKETS
from forecasting.depletion.calibration import LEVELS, Calibration, DemandPaths
from forecasting.depletion.demand import HISTORY_DAYS, Demand, Floats, measure_demand
from forecasting.depletion.headline import MIN_HISTORY_DAYS
from forecasting.ledger import Ints, day_numbers, midnights

KIND = "budget"
REPLAYED_DAYS = 182
FIRST_LEFT, STEP = 3, 7  # days left in the first replay of a period, and between its replays
MOST_CASES = 4_000
COLUMNS = {
    "workspace_id": "str",
    "budget_id": "str",
    "as_of": "datetime64[us]",
    "horizon_bucket": "str",
    "judged_after_days": "int64",
    "amount_days": "int64",
    "true_days": "int64",
    "p50_days": "int64",
    "pace_days": "int64",
    "is_covered_80": "bool",
    "is_covered_95": "bool",
    "error_days": "int64",
    "pace_error_days": "int64",
}


@dataclass(frozen=True)
class RestOfPeriods:
    """Past days of periods, from which the use of the rest is predicted; arrays of one length.

    Attributes:
        demand: as seen from each.
        days_left: until the period ended.
        used, elapsed: use to date and the days of it, for the straight line.
        true: what was used in the days left.
    """

    demand: Demand
    days_left: Ints
    used: Floats
    elapsed: Ints
    true: Floats

    def predicted(self, calibration: Calibration) -> Floats:
        """What is used in the days left, at `LEVELS`: falling along them."""
        left = np.repeat(self.days_left[:, None].astype(float), len(LEVELS), axis=1)
        return DemandPaths.from_calibration(self.demand, calibration).by(left)

    def straight_line(self) -> Floats:
        """The use to date, at the same rate until the end."""
        line: Floats = self.used / self.elapsed * self.days_left
        return line


def score_budgets(history: BudgetHistory, *, as_of: date, calibration: Calibration) -> pd.DataFrame:
    """Scores the forecasts of periods that ended in the last half year.

    Errors are in days of the scope's mean use, as seen from the day of the forecast, so that budgets of every
    size and unit count alike.

    Returns:
        A row for each case, with `COLUMNS`; judged_after_days are the days that were left.
    """
    today = int(np.datetime64(as_of, "D").astype(np.int64))
    periods, first, last, origin = _origins(history.periods, today)
    if not len(origin):
        return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in COLUMNS.items()})
    length = HISTORY_DAYS + today - int(min(first.min(), origin.min()))
    budgets = periods[["workspace_id", "budget_id"]].drop_duplicates().reset_index(drop=True)
    days = ScopeDays.from_history(budgets, history, last_day=today, days=length)
    row = pd.MultiIndex.from_frame(budgets).get_indexer(
        pd.MultiIndex.from_frame(periods[["workspace_id", "budget_id"]])
    )
    at = origin - today + length  # how many columns are past
    past = at[:, None] - HISTORY_DAYS + np.arange(HISTORY_DAYS)
    demand = measure_demand(
        days.demand[row[:, None], past], days.is_known[row[:, None], past], last_day=origin
    )
    used_by = np.cumsum(np.hstack([np.zeros((len(budgets), 1)), days.used]), axis=1)
    is_long = days.first_days()[row] <= origin - MIN_HISTORY_DAYS + 1
    is_scored = np.flatnonzero(is_long & (demand.mean > 0))
    before, now, end = (used_by[row, day - today + length] for day in (first - 1, origin, last))
    cases = RestOfPeriods(
        demand[is_scored],
        (last - origin)[is_scored],
        (now - before)[is_scored],
        (origin - first + 1)[is_scored],
        (end - now)[is_scored],
    )
    named = periods.iloc[is_scored].assign(as_of=midnights(origin[is_scored]))
    return _scored(named[["workspace_id", "budget_id", "as_of"]], cases, calibration)


def _origins(periods: pd.DataFrame, today: int) -> tuple[pd.DataFrame, Ints, Ints, Ints]:
    """Days of periods that are over: the row of its period, its first and last day, and the day."""
    first, last = (day_numbers(periods[name]) for name in ("counted_from", "counted_to"))
    over = np.flatnonzero((last <= today) & (last > today - REPLAYED_DAYS))
    replays = np.maximum((last - FIRST_LEFT - first) // STEP + 1, 0)[over]
    row = np.repeat(over, replays)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(replays) - replays, replays)
    # the same of every run, and no more than a run has time for
    step = max(-(-len(row) // MOST_CASES), 1)
    row, turn = row[::step], turn[::step]
    return periods.iloc[row], first[row], last[row], last[row] - FIRST_LEFT - STEP * turn


def _scored(names: pd.DataFrame, cases: RestOfPeriods, calibration: Calibration) -> pd.DataFrame:
    predicted = cases.predicted(calibration)
    p975, p90, p50, p10, p025 = (predicted[:, LEVELS.index(level)] for level in (0.025, 0.1, 0.5, 0.9, 0.975))
    true, mean = cases.true, cases.demand.mean

    def in_days(values: Floats) -> Ints:
        days: Ints = np.rint(values / mean).astype(np.int64)
        return days

    true_days, p50_days, pace_days = map(in_days, (true, p50, cases.straight_line()))
    bucket = np.searchsorted([longest for longest, _, _ in BUCKETS], cases.days_left)
    found = names.assign(
        horizon_bucket=[BUCKETS[index][1] for index in bucket],
        judged_after_days=cases.days_left,
        amount_days=0,
        true_days=true_days,
        p50_days=p50_days,
        pace_days=pace_days,
        is_covered_80=is_within(true, p10, p90),
        is_covered_95=is_within(true, p025, p975),
        error_days=np.abs(p50_days - true_days),
        pace_error_days=np.abs(pace_days - true_days),
    )
    return found[[*COLUMNS]].astype(COLUMNS).reset_index(drop=True)


def is_within(true: Floats, low: Floats, high: Floats) -> np.ndarray:
    """Whether what was used lies in a range, ends included."""
    rounding = 1e-9 * np.maximum(high, 1.0)
    return np.asarray((true >= low - rounding) & (true <= high + rounding))
