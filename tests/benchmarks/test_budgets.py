"""The budget benchmark: its protocol on series written by hand, and its targets on the public series."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from benchmarks.budgets import PUBLIC, cases_of, month_days, predicted, table_of, targets
from benchmarks.depletion_cases import Unmeasurable
from orchestration.landing.daily_series import DailySeries, read_series

FIRST = (date(2026, 1, 20) - date(1970, 1, 1)).days


def rising(days: int) -> DailySeries:
    return DailySeries("rising", "g", "made up", np.arange(1.0, days + 1), FIRST)


def test_cases_are_days_of_whole_months_with_28_days_before() -> None:
    days = month_days([rising(80)])  # 20 January to 9 April: of March all, of February what follows 28 days
    assert days[["day", "days_left"]].to_numpy().tolist() == [
        *([20, 8], [25, 3]),
        *([5, 26], [10, 21], [15, 16], [20, 11], [25, 6]),
    ]
    first = days.iloc[0]
    february = np.arange(13, 41)
    assert (first["history_days"], first["used"]) == (32, february[:20].sum())
    assert first["true"] == february[20:].sum()
    with pytest.raises(Unmeasurable, match="28 days before it in a whole month"):
        month_days([rising(38)])


def test_steady_use_is_covered_and_the_straight_line_has_no_error() -> None:
    steady = DailySeries("steady", "g", "made up", np.full(200, 4.0), FIRST)
    days = month_days([steady])
    cases = cases_of([steady], days)
    table = table_of(cases, predicted([steady], days, is_shipped=True), days["series"].to_numpy())
    assert table.loc["all", "covered"] == 1
    assert table.loc["all", "straight line"] == pytest.approx(0)
    reached = targets(table)
    assert not reached["is met"].any(), "too wide a range, and no error to improve on"


@pytest.mark.skipif(not PUBLIC.exists(), reason="the public series are not part of the project")
def test_month_ends_of_the_public_series_are_covered_with_less_error_than_the_straight_line() -> None:
    series = read_series([PUBLIC])
    days = month_days(series)
    table = table_of(
        cases_of(series, days), predicted(series, days, is_shipped=True), days["series"].to_numpy()
    )
    assert targets(table)["is met"].all(), table
