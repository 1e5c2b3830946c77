"""What a budget's scope uses until its period ends: a range, the chance to exceed, the day it is passed.

The demand of the scope's own days, on the paths of the depletion forecast: a path of level q reaches any
amount on the day by which it is reached with a probability of q, so that what it leads to by a day is used
with that probability, or more. Not here: the paths (depletion/calibration.py), what was used (the mart
budget_status), or how accurate such forecasts have been (scores.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from forecasting.depletion.calibration import LEVELS, Calibration, DemandPaths
from forecasting.depletion.demand import (
    HISTORY_DAYS,
    Bools,
    Demand,
    Floats,
    blocked_days,
    daily_credits,
    measure_demand,
)
from forecasting.depletion.headline import BURN_DAYS, MIN_HISTORY_DAYS
from forecasting.depletion.schema import CREDITS, DATE, TEXT, WHOLE
from forecasting.ledger import NEVER, Ints, day_numbers, midnights

# micro-units are millionths of a credit, or of a unit of the currency
BUDGET_ROW: dict[str, pa.DataType] = {
    "workspace_id": TEXT,
    "budget_id": TEXT,
    "period_start": DATE,
    # no_use (in 30 days), insufficient_history or ok: the first that applies; ranges are null unless ok
    "forecast_status": TEXT,
    # what is used from the day after as_of until the end of the period
    "to_come_p10": CREDITS,
    "to_come_p50": CREDITS,
    "to_come_p90": CREDITS,
    "chance_to_exceed": pa.decimal128(5, 4),  # 0 to 1
    # null after the end of the period
    "exceeds_on": DATE,
    "exceeds_on_p10": DATE,
    "exceeds_on_p90": DATE,
    "history_days": WHOLE,  # since the first usage, both ends counted; 0 if none
    "calibration_version": TEXT,
}
CASES_AT_ONCE = 2_000
_NEVER_DAYS = 1e9
_P10, _P50, _P90 = (LEVELS.index(level) for level in (0.1, 0.5, 0.9))


@dataclass(frozen=True)
class BudgetHistory:
    """Budgets, and the days of their scopes up to as_of; days are local.

    Attributes:
        periods: workspace_id, budget_id, period_start, counted_from, counted_to, is_open, budget_micro.
        usage: workspace_id, budget_id, usage_date, used_micro, excess_micro (the part that is not demand).
        balances: workspace_id, usage_date, closing_micro, overage_micro, before_ledger_micro of the
            workspaces: days on which an empty balance blocked usage are not low demand.
    """

    periods: pd.DataFrame
    usage: pd.DataFrame
    balances: pd.DataFrame


@dataclass(frozen=True)
class ScopeDays:
    """The days of the scopes of some budgets, arrays (budgets, days) whose last column is `last_day`.

    Attributes:
        used: micro-units.
        demand: the same, implausible charges capped.
        is_known: false where an empty balance blocked usage.
        last_day: as a day number.
    """

    used: Floats
    demand: Floats
    is_known: Bools
    last_day: int

    @classmethod
    def from_history(
        cls, budgets: pd.DataFrame, history: BudgetHistory, *, last_day: int, days: int
    ) -> ScopeDays:
        """The days of each budget (workspace_id, budget_id), up to `last_day`."""
        numbered = budgets[["workspace_id", "budget_id"]].assign(case=np.arange(len(budgets)).astype(str))
        usage = history.usage.merge(numbered, on=["workspace_id", "budget_id"])
        usage = usage.assign(workspace_id=usage["case"])
        names = pd.Index(numbered["case"])
        kept = {"as_of": last_day, "days": days}
        used = daily_credits(usage, names, column="used_micro", **kept)
        excess = daily_credits(usage, names, column="excess_micro", **kept)
        workspaces = pd.Index(budgets["workspace_id"].astype("str").unique())
        is_blocked = blocked_days(history.balances, workspaces, **kept)
        of_budget = workspaces.get_indexer(budgets["workspace_id"].astype("str"))
        return cls(used, np.maximum(used - excess, 0), ~is_blocked[of_budget], last_day)

    def first_days(self) -> Ints:
        """The day number of each scope's first use; the day after the last one if there is none."""
        is_used = self.used > 0
        first = np.where(is_used.any(axis=1), is_used.argmax(axis=1), self.used.shape[1])
        return self.last_day + 1 - self.used.shape[1] + first

    def used_since(self, first: Ints) -> Floats:
        """What each scope used from a day on."""
        day = np.arange(self.last_day + 1 - self.used.shape[1], self.last_day + 1)
        total: Floats = np.where(day >= first[:, None], self.used, 0.0).sum(axis=1)
        return total


def forecast_budgets(history: BudgetHistory, *, as_of: date, calibration: Calibration) -> pd.DataFrame:
    """Predicts, for every open period, what is used until it ends, and when the budget is passed.

    Nothing is random: the same input gives the same output.

    Returns:
        A row for each open period, with the columns of `BUDGET_ROW`; amounts are whole micro-units, in
        `<column>_micro`, dates are midnights.
    """
    today = int(np.datetime64(as_of, "D").astype(np.int64))
    budgets = history.periods[history.periods["is_open"]].reset_index(drop=True)
    parts = [
        _forecast(budgets[start : start + CASES_AT_ONCE], history, today, calibration)
        for start in range(0, max(len(budgets), 1), CASES_AT_ONCE)
    ]
    return pd.concat(parts, ignore_index=True)


def no_forecasts() -> pd.DataFrame:
    """What `forecast_budgets` returns where there is no budget."""
    names = (f"{name}_micro" if kind == CREDITS else name for name, kind in BUDGET_ROW.items())
    return pd.DataFrame(columns=[*names]).astype({"history_days": "int64"})


def _forecast(
    budgets: pd.DataFrame, history: BudgetHistory, today: int, calibration: Calibration
) -> pd.DataFrame:
    counted_from = day_numbers(budgets["counted_from"])
    longest = max(HISTORY_DAYS, today + 1 - int(counted_from.min(initial=today)))
    days = ScopeDays.from_history(budgets, history, last_day=today, days=longest)
    recent = slice(longest - HISTORY_DAYS, None)
    demand = measure_demand(
        days.demand[:, recent], days.is_known[:, recent], last_day=np.full(len(budgets), today)
    )
    days_left = day_numbers(budgets["counted_to"]) - today
    remaining = budgets["budget_micro"].to_numpy(dtype=float) - days.used_since(counted_from)
    to_come, until = paths_until(demand, calibration, days_left=days_left, remaining=remaining)
    history_days = today + 1 - days.first_days()
    is_used = days.used[:, -BURN_DAYS:].any(axis=1)
    is_ok = is_used & (history_days >= MIN_HISTORY_DAYS)
    status = np.select([~is_used, ~is_ok], ["no_use", "insufficient_history"], default="ok")

    def amount_at(level: int) -> pd.arrays.IntegerArray:
        return pd.arrays.IntegerArray(np.rint(to_come[:, level]).astype(np.int64), ~is_ok)

    def day_at(level: int) -> np.ndarray:
        day = np.clip(np.ceil(until[:, level] - 1e-9), 1, _NEVER_DAYS).astype(np.int64)
        return midnights(np.where(is_ok & (day <= days_left), today + day, NEVER))

    return pd.DataFrame(
        {
            "workspace_id": budgets["workspace_id"].astype("str").to_numpy(),
            "budget_id": budgets["budget_id"].astype("str").to_numpy(),
            "period_start": budgets["period_start"].to_numpy(),
            "forecast_status": pd.Series(status, dtype="str"),
            # what is used with a probability of 90 % is on the late path
            "to_come_p10_micro": amount_at(_P90),
            "to_come_p50_micro": amount_at(_P50),
            "to_come_p90_micro": amount_at(_P10),
            "chance_to_exceed": np.where(is_ok, chance_within(until, days_left), np.nan),
            "exceeds_on": day_at(_P50),
            "exceeds_on_p10": day_at(_P10),
            "exceeds_on_p90": day_at(_P90),
            "history_days": history_days,
            "calibration_version": calibration.version,
        }
    )


def paths_until(
    demand: Demand, calibration: Calibration, *, days_left: Ints, remaining: Floats
) -> tuple[Floats, Floats]:
    """What is used in the days left, and the days until what remains is used up, at each level.

    Args:
        demand: of each case.
        calibration: of the ranges.
        days_left: of each case; 0 on the last day of its period.
        remaining: of its budget.

    Returns:
        Two arrays (cases, `LEVELS`); the first falls along the levels, the second rises, inf if never.
    """
    paths = DemandPaths.from_calibration(demand, calibration)
    left = np.repeat(days_left[:, None].astype(float), len(LEVELS), axis=1)
    until = paths.until(np.maximum(remaining, 0.0)[:, None])
    # without any demand not even nothing is exceeded
    return paths.by(left), np.where((demand.slow > 0)[:, None], until, np.inf)


def chance_within(days: Floats, days_left: Ints) -> Floats:
    """The probability that a day comes within the days left, interpolated between levels; 0 without any left.

    Args:
        days: until it comes, at `LEVELS`; ascending along them.
        days_left: of each case.
    """
    levels = np.array([0.0, *LEVELS, 1.0])
    first, last = np.zeros((len(days), 1)), np.full((len(days), 1), _NEVER_DAYS)
    days = np.hstack([first, np.minimum(days, _NEVER_DAYS), last])
    at = np.clip((days <= days_left[:, None]).sum(axis=1), 1, len(levels) - 1)
    rows, low = np.arange(len(days)), at - 1
    width = np.maximum(days[rows, at] - days[rows, low], 1e-9)
    share = np.clip((days_left - days[rows, low]) / width, 0.0, 1.0)
    chance: Floats = levels[low] + share * (levels[at] - levels[low])
    return np.where(days_left > 0, chance, 0.0).round(4)
