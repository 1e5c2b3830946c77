"""What a scope uses until its period ends: ranges, chances and days that agree with each other."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.budget_history import AS_OF, history, period

from forecasting.budgets.forecast import BUDGET_ROW, chance_within, forecast_budgets, no_forecasts
from forecasting.depletion.calibration import LEVELS, shipped_calibration
from forecasting.depletion.schema import CREDITS

ONE = 1_000_000
USED = 15 * 40 * ONE  # by AS_OF, in the month


def forecast(**changes: Any) -> dict[str, Any]:
    """The forecast of one budget whose scope uses about 40 a day."""
    found = forecast_budgets(history(**changes), as_of=AS_OF, calibration=shipped_calibration())
    (row,) = found.to_dict("records")
    return row


def test_a_row_has_the_declared_columns_with_and_without_budgets() -> None:
    names = [f"{name}_micro" if kind == CREDITS else name for name, kind in BUDGET_ROW.items()]
    found = forecast_budgets(history(), as_of=AS_OF, calibration=shipped_calibration())
    assert [*found.columns] == [*no_forecasts().columns] == names
    assert no_forecasts().empty


def test_what_is_to_come_is_about_the_use_a_day_times_the_days_left() -> None:
    found = forecast()
    assert found["forecast_status"] == "ok"
    assert found["to_come_p10_micro"] < found["to_come_p50_micro"] < found["to_come_p90_micro"]
    assert found["to_come_p50_micro"] == pytest.approx(15 * 40 * ONE, rel=0.1)


def test_a_budget_of_more_is_passed_later_and_less_likely() -> None:
    rows = [forecast(periods=[period(budget=limit)]) for limit in (700, 1000, 1200, 1400, 3000)]
    chances = [row["chance_to_exceed"] for row in rows]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.99 and chances[-1] < 0.01
    passed_on = [row["exceeds_on"] for row in rows[:2]]
    assert passed_on == sorted(passed_on)
    assert passed_on[0].date() == AS_OF + timedelta(days=3)


@pytest.mark.parametrize("limit", range(900, 1500, 25))
def test_the_median_day_lies_in_the_period_if_and_only_if_the_chance_is_half_or_more(limit: int) -> None:
    found = forecast(periods=[period(budget=limit)])
    assert (found["chance_to_exceed"] >= 0.5) == pd.notna(found["exceeds_on"])
    is_median_more = USED + found["to_come_p50_micro"] >= limit * ONE
    assert is_median_more == pd.notna(found["exceeds_on"])
    for day in ("exceeds_on_p10", "exceeds_on", "exceeds_on_p90"):
        assert pd.isna(found[day]) or AS_OF < found[day].date() <= date(2026, 6, 30)


def test_on_the_last_day_nothing_is_to_come_and_no_chance_is_left() -> None:
    found = forecast(periods=[period(counted_to=AS_OF, budget=600.5)])
    assert (found["to_come_p10_micro"], found["to_come_p90_micro"]) == (0, 0)
    assert found["chance_to_exceed"] == 0
    assert pd.isna(found["exceeds_on_p10"])


def test_only_days_that_count_are_used_of_the_budget() -> None:
    late = period(counted_from=AS_OF - timedelta(days=1), budget=80 + 10 * 40)
    assert (forecast(periods=[late])["exceeds_on"].date() - AS_OF).days in (9, 10, 11)


def test_a_scope_without_use_or_with_under_14_days_of_it_has_no_range() -> None:
    found = forecast(days=0)
    assert (found["forecast_status"], found["history_days"]) == ("no_use", 0)
    found = forecast(days=13)
    assert (found["forecast_status"], found["history_days"]) == ("insufficient_history", 13)
    for name in ("to_come_p50_micro", "chance_to_exceed", "exceeds_on"):
        assert pd.isna(found[name])
    assert forecast(days=14)["forecast_status"] == "ok"


@pytest.mark.parametrize(("since", "status"), [(29, "ok"), (30, "no_use"), (200, "no_use")])
def test_a_scope_that_has_used_nothing_in_30_days_has_no_range(since: int, status: str) -> None:
    found = forecast(days=80, last=AS_OF - timedelta(days=since))
    assert (found["forecast_status"], pd.isna(found["chance_to_exceed"])) == (status, status != "ok")
    assert found["history_days"] == 80 + since


def test_an_implausible_charge_is_used_but_is_no_demand() -> None:
    plain, capped = forecast(), forecast(excess={AS_OF: 500})
    assert capped["to_come_p50_micro"] == plain["to_come_p50_micro"]
    spent = forecast(excess={AS_OF: 500}, periods=[period(budget=1_099)])
    assert pd.notna(spent["exceeds_on"]) and spent["exceeds_on"].date() == AS_OF + timedelta(days=1)


def test_days_on_which_an_empty_balance_blocked_usage_are_not_low_demand() -> None:
    blocked = {AS_OF - timedelta(days=back): 0 for back in range(20)}
    assert forecast(used=blocked)["to_come_p50_micro"] < 300 * ONE
    found = forecast(used=blocked, empty=blocked)
    assert found["to_come_p50_micro"] == pytest.approx(600 * ONE, rel=0.1)


def test_a_budget_is_forecast_from_the_days_of_its_own_scope() -> None:
    pair = [period(), period(budget_id="other"), period(workspace_id="elsewhere")]
    found = forecast_budgets(history(periods=pair), as_of=AS_OF, calibration=shipped_calibration())
    assert found["forecast_status"].tolist() == ["ok", "no_use", "no_use"]
    alone = forecast()
    assert found.iloc[0]["to_come_p50_micro"] == alone["to_come_p50_micro"]


def test_periods_that_are_over_are_not_forecast() -> None:
    over = period(period_start=date(2026, 5, 1), counted_to=date(2026, 5, 31), is_open=False)
    assert forecast_budgets(history(periods=[over]), as_of=AS_OF, calibration=shipped_calibration()).empty


def test_the_chance_is_interpolated_between_levels() -> None:
    days = np.arange(1.0, len(LEVELS) + 1)[None]  # the level of index n is reached after n + 1 days
    at = {left: float(chance_within(days, np.array([left]))[0]) for left in (0, 1, 13, 14, 25, 400)}
    assert at[0] == 0
    assert at[1] == LEVELS[0]
    assert at[13] == 0.5 == LEVELS[12]
    assert at[14] == LEVELS[13]
    assert at[400] == pytest.approx(LEVELS[-1])
    between = np.full((1, len(LEVELS)), 8.0)
    between[0, :13] = 4.0
    assert float(chance_within(between, np.array([6]))[0]) == pytest.approx(0.525)
