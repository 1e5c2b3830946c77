"""Forecasts of budgets made again on past days: of what was known then, scored by what followed."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from support.budget_history import AS_OF, history, period

from forecasting.budgets.forecast import BudgetHistory
from forecasting.budgets.scores import COLUMNS, FIRST_LEFT, MOST_CASES, STEP, score_budgets
from forecasting.depletion.calibration import shipped_calibration

MAY = {"period_start": date(2026, 5, 1), "counted_from": date(2026, 5, 1), "is_open": False}
MAY |= {"counted_to": date(2026, 5, 31)}


def scored(found: BudgetHistory, as_of: date = AS_OF) -> pd.DataFrame:
    return score_budgets(found, as_of=as_of, calibration=shipped_calibration())


def test_a_period_that_is_over_is_predicted_again_every_seventh_day_of_it() -> None:
    found = scored(history(periods=[period(**MAY), period()]))
    left = [FIRST_LEFT + STEP * turn for turn in range(4)]
    assert found["judged_after_days"].tolist() == left
    assert found["as_of"].dt.date.tolist() == [date(2026, 5, 31) - timedelta(days=days) for days in left]
    assert found["horizon_bucket"].tolist() == ["0-7", "8-30", "8-30", "8-30"]


def test_steady_use_is_predicted_and_its_errors_are_in_days_of_mean_use() -> None:
    found = scored(history(periods=[period(**MAY)]))
    assert found["is_covered_80"].all()
    assert (found["true_days"] - found["judged_after_days"]).abs().max() <= 1
    assert found["error_days"].max() <= 1 and found["pace_error_days"].max() <= 1


def test_nothing_after_the_day_of_a_forecast_is_known_to_it() -> None:
    usual = scored(history(periods=[period(**MAY)]))
    later = {date(2026, 5, 29): 4_000, date(2026, 6, 10): 9_000}
    found = scored(history(periods=[period(**MAY)], used=later))
    assert found["p50_days"].tolist() == usual["p50_days"].tolist()
    assert found["pace_days"].tolist() == usual["pace_days"].tolist()
    assert (found["true_days"] > usual["true_days"] + 90).all()
    assert not found["is_covered_80"].any() and not found["is_covered_95"].any()


def test_the_straight_line_is_the_use_to_date_at_the_same_rate() -> None:
    first = {date(2026, 5, day): 400 for day in range(1, 8)}
    found = scored(history(periods=[period(**MAY)], used=first)).set_index("judged_after_days")
    assert found.loc[24, "pace_days"] > 5 * found.loc[24, "true_days"]
    assert found.loc[24, "pace_error_days"] > found.loc[24, "error_days"]


def test_a_period_of_which_too_little_was_known_or_that_is_long_over_is_not_scored() -> None:
    assert scored(history(days=20, periods=[period(**MAY)])).empty
    old = period(counted_from=date(2025, 11, 1), counted_to=date(2025, 11, 30), is_open=False)
    assert scored(history(days=300, periods=[old])).empty
    assert scored(history(days=0, periods=[period(**MAY)])).empty


def test_without_periods_that_are_over_there_is_a_frame_of_the_same_columns() -> None:
    found = scored(history())
    assert found.empty and [*found.columns] == [*COLUMNS]
    full = scored(history(periods=[period(**MAY)]))
    assert [*full.columns] == [*COLUMNS]
    assert full.dtypes.astype(str).tolist() == found.dtypes.astype(str).tolist()


def test_no_more_cases_are_scored_than_a_run_has_time_for() -> None:
    many = [period(**MAY | {"budget_id": f"b{number}"}) for number in range(2_500)]
    found = history(periods=many)
    usage = pd.concat([found.usage.assign(budget_id=f"b{number}") for number in range(0, 2_500, 50)])
    cases = scored(BudgetHistory(found.periods, usage, found.balances))
    # 10,000 could be made again, of which 2 in 100 have any use
    assert 0 < len(cases) <= MOST_CASES * 2 / 100 + 4
    assert np.unique(cases["budget_id"]).size > 20
