"""Users the mean of the last days says little about: the sane answer lies in their range."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from support.depletion_rows import AS_OF, MICRO, ago, bought, history, row, steady, usage

LONG = 150


def found(used: Mapping[int, float], left: float) -> dict[str, Any]:
    """The forecast of a workspace that used this, days ago, and has so much left."""
    return row(history(usage(used), [bought(sum(used.values()) + left, on=LONG)]))


def days_of(found: Mapping[str, Any], name: str) -> int | None:
    """Days ahead of a date."""
    return None if found[name] is None else int((found[name] - ago(0)).days)


def assert_in_range(found: Mapping[str, Any], days: int) -> None:
    assert found["forecast_status"] == "ok"
    low, high = days_of(found, "depletes_on_p10"), days_of(found, "depletes_on_p90")
    assert low is not None and low <= days and (high is None or days <= high), (low, days, high)


def only_on(is_used: Any, credits: float = 20.0) -> dict[int, float]:
    """So many credits on the days of the last 150 that are used."""
    return {day: credits for day in range(LONG) if is_used(AS_OF - timedelta(days=day))}


def days_until(is_used: Any, times: int) -> int:
    """Days until so many more days are used."""
    day = 0
    while times:
        day += 1
        times -= is_used(AS_OF + timedelta(days=day))
    return day


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


def is_wednesday(day: date) -> bool:
    return day.weekday() == 2


def is_first_of_month(day: date) -> bool:
    return day.day == 1


@pytest.mark.parametrize("is_used", [is_weekday, is_wednesday, is_first_of_month])
@pytest.mark.parametrize("times", [1, 2])
def test_who_uses_credits_on_the_same_days_again_runs_out_on_such_a_day(is_used: Any, times: int) -> None:
    used = only_on(is_used)
    result = found(used, 20.0 * times - 5)
    assert days_of(result, "depletes_on_p50") == days_until(is_used, times)
    assert_in_range(result, days_until(is_used, times))


def test_the_range_of_weekdays_is_as_narrow_as_that_of_every_day_and_right() -> None:
    result = found(only_on(is_weekday), 300)
    assert days_of(result, "depletes_on_p50") == days_until(is_weekday, 15)
    p5, p90 = (days_of(result, f"depletes_on_{name}") for name in ("p5", "p90"))
    assert p5 is not None and p90 is not None and p5 >= days_until(is_weekday, 13) and p90 - p5 <= 7


def test_a_weekday_user_is_not_a_day_late_whatever_the_weekday_of_the_last_day() -> None:
    for shift in range(7):
        used = {day: 20.0 for day in range(100) if (AS_OF - timedelta(days=day + shift)).weekday() < 5}
        ahead = [day for day in range(1, 60) if (AS_OF + timedelta(days=day - shift)).weekday() < 5]
        assert days_of(found(used, 10 * 20), "depletes_on_p50") == ahead[9]


def test_steady_use_is_not_a_day_late() -> None:
    for days in (3, 10, 30, 60):
        assert days_of(found(steady(days=100), 10 * days), "depletes_on_p50") == days


def test_top_ups_used_up_the_same_day_are_demand() -> None:
    """Their forecast was beyond the horizon: every day ended empty, and none of them counted."""
    used = dict.fromkeys(range(1, 60), 20.0)
    result = row(history(usage(used), [*(bought(20, on=day) for day in used), bought(100, on=0)]))
    assert_in_range(result, 5)
    assert result["buy_by"] is not None


def test_top_ups_of_every_third_day_used_up_at_once_are_demand_of_those_days() -> None:
    used = dict.fromkeys(range(1, 60, 3), 20.0)
    result = row(history(usage(used), [*(bought(20, on=day) for day in used), bought(100, on=0)]))
    assert_in_range(result, 5)  # where the days between were waited through
    assert_in_range(result, 15)  # where nothing was wanted on them


def test_bursts_that_empty_each_lot_on_its_fifteenth_day_are_expected_again() -> None:
    """The day of the burst ended empty and did not count: the forecast was 28 days where 15 is right."""
    days = range(1, 76)
    used = {day: 230.0 if day % 15 == 1 else 5.0 for day in days}
    result = row(history(usage(used), [bought(300, on=day) for day in (75, 60, 45, 30, 15, 0)]))
    assert_in_range(result, 15)
    median = days_of(result, "depletes_on_p50")
    assert median is not None and abs(median - 15) <= 3


def test_a_day_cut_short_counts_as_days_with_at_least_as_much_use() -> None:
    # each lot lasts ten days at 20 and is used up by 5 on the eleventh; the day after is waited through
    used, lots = {0: 20.0}, []
    for lot in range(5):
        first = 60 - lot * 12
        lots.append(bought(205, on=first))
        used |= {first - day: 20.0 for day in range(10)} | {first - 10: 5.0}
    result = row(history(usage(used), [*lots, bought(410, on=0)]))
    assert days_of(result, "depletes_on_p50") == 20


def test_after_a_lasting_drop_the_purchase_counts_on_the_use_since() -> None:
    """A workspace at 1 % of its former use was advised to buy 3,334 credits."""
    used = {day: 100.0 if day >= 28 else 1.0 for day in range(120)}
    result = found(used, 30)
    assert result["demand_change"] == "fell"
    assert 0 < result["credits_to_buy_micro"] <= 120 * MICRO
    assert_in_range(result, 30)
    # the dates allow for its return
    p5 = days_of(result, "depletes_on_p5")
    assert p5 is not None and p5 < 10


def test_a_drop_that_is_too_young_or_too_small_is_none() -> None:
    young = {day: 100.0 if day >= 15 else 1.0 for day in range(120)}
    small = {day: 100.0 if day >= 28 else 40.0 for day in range(120)}
    for used in (young, small, steady(days=40)):
        assert found(used, 300)["demand_change"] is None


def test_growth_of_3_percent_a_day_lies_within_the_range_and_is_marked() -> None:
    used = {day: 10 * 1.03**-day for day in range(120)}
    result = found(used, sum(10 * 1.03**day for day in range(1, 39)))
    assert result["demand_change"] == "rose"
    assert_in_range(result, 38)
