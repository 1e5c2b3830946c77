"""Profiles of weekdays and days of the month: what they are where use repeats, and flat where it does not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.seasonality import CLOCK_DAYS, Clock, Floats, Ints, Seasonality, measure_seasonality

LAST_DAY = int(np.datetime64(date(2026, 4, 7), "D").astype(np.int64))  # a Tuesday
DAYS = 200
CALENDAR = (LAST_DAY + 1 - DAYS + np.arange(DAYS)).astype("datetime64[D]")
WEEKDAY = (CALENDAR.astype(np.int64) + 3) % 7  # 0 is Monday
DAY_OF_MONTH = (CALENDAR - CALENDAR.astype("datetime64[M]")).astype(np.int64) + 1


def measured(*daily: Floats, known: Floats | None = None, has_dates: bool = True) -> Seasonality:
    credits = np.array(daily, dtype=float)
    weight = np.ones(credits.shape) if known is None else np.broadcast_to(known, credits.shape)
    last_day: Ints | None = np.full(len(credits), LAST_DAY) if has_dates else None
    return measure_seasonality(credits * weight, weight, last_day)


def test_use_on_weekdays_only_stops_the_clock_at_weekends() -> None:
    profile = measured(np.where(WEEKDAY < 5, 20.0, 0.0))
    # Wednesday, Thursday, Friday, then the weekend
    assert profile.rates(np.arange(1, 8))[0] == pytest.approx([1.4, 1.4, 1.4, 0, 0, 1.4, 1.4])


def test_use_on_one_day_of_the_month_is_no_use_on_others() -> None:
    profile = measured(np.where(DAY_OF_MONTH == 10, 500.0, 0.0))
    assert profile.week[0] == pytest.approx(np.ones(7))
    rates = profile.rates(np.arange(1, 31))[0]
    assert np.flatnonzero(rates > 0.5).tolist() == [2]  # 10 April


def test_days_without_dates_have_no_month() -> None:
    assert (measured(np.where(DAY_OF_MONTH == 10, 500.0, 0.0), has_dates=False).month == 1).all()


def test_one_month_shows_no_day_of_the_month_and_one_week_no_weekday() -> None:
    monthly, weekly = np.where(DAY_OF_MONTH == 10, 500.0, 0.0), np.where(WEEKDAY < 5, 20.0, 0.0)
    assert (measured(monthly, known=np.arange(DAYS) >= DAYS - 61).month == 1).all()
    assert (measured(weekly, known=np.arange(DAYS) >= DAYS - 13).week == 1).all()


def test_a_single_burst_and_chance_are_no_profile() -> None:
    burst = np.where(np.arange(DAYS) == DAYS - 20, 5_000.0, 10.0)
    assert (measured(burst).rates(np.arange(1, 60)) == 1).all()
    rng = np.random.default_rng(0)
    chance = measured(*rng.lognormal(2, 1, (200, DAYS)))
    off = np.abs(chance.rates(np.arange(1, 60)) - 1).mean()
    assert off < 0.05


def test_what_recurred_in_one_half_of_the_days_only_does_not_count() -> None:
    daily = np.where((WEEKDAY == 2) & (np.arange(DAYS) < DAYS - 42), 100.0, 10.0)
    lasting = np.where(WEEKDAY == 2, 100.0, 10.0)
    given_up, kept = (measured(each).week[0].max() for each in (daily, lasting))
    assert given_up == 1 and kept == pytest.approx(100 / 160 * 7)


def test_a_weekday_effect_within_noise_is_shrunk_and_a_clear_one_is_kept() -> None:
    noise = np.random.default_rng(1).gamma(2.0, 0.5, DAYS)
    weak, clear = (measured(noise * np.where(WEEKDAY < 5, 1.0, weekend)).week[0] for weekend in (0.6, 0.05))
    assert weak.max() - weak.min() < clear.max() - clear.min()
    assert clear.min() < 0.25


def test_profiles_do_not_depend_on_other_cases() -> None:
    daily = np.random.default_rng(2).lognormal(2, 1, (40, DAYS)) * np.where(WEEKDAY < 5, 1, 0.2)
    together = measured(*daily)
    for case in range(0, 40, 7):
        alone = measured(daily[case])
        assert (alone.week[0] == together.week[case]).all()
        assert (alone.clock().total[0] == together.clock().total[case]).all()


@settings(max_examples=100, deadline=None)
@given(
    rates=st.lists(st.one_of(st.just(0.0), st.floats(0.01, 10)), min_size=7, max_size=7).filter(any),
    elapsed=st.floats(0, 800),
)
def test_the_calendar_finds_the_first_day_the_clock_reaches(rates: list[float], elapsed: float) -> None:
    mean = sum(rates) / 7
    week = np.array([[rate / mean for rate in rates]])
    clock = Seasonality(week, np.ones((1, 31)), np.zeros(1, dtype=np.int64)).clock()
    days = clock.calendar(np.array([[elapsed]]))
    assert clock.elapsed(days)[0, 0] == pytest.approx(elapsed, abs=1e-5)
    before = clock.elapsed(np.maximum(days - 0.01, 0.0))[0, 0]
    assert before < elapsed or elapsed == pytest.approx(before, abs=1e-4)


def test_a_flat_clock_is_the_calendar_also_beyond_its_days() -> None:
    days = np.array([[0.0, 0.25, 6.0, 365.5, CLOCK_DAYS + 40.5]])
    clock: Clock = Seasonality.flat(1).clock()
    assert clock.elapsed(days) == pytest.approx(days) and clock.calendar(days) == pytest.approx(days)


def test_rounding_does_not_carry_a_date_over_a_weekend() -> None:
    clock = measured(np.where(WEEKDAY < 5, 20.0, 0.0)).clock()
    by_friday = clock.elapsed(np.array([[3.0]]))
    assert clock.calendar(by_friday + 1e-9)[0, 0] == pytest.approx(3.0)


def test_cases_that_share_a_clock_have_the_times_of_their_own() -> None:
    weekdays = np.where(WEEKDAY < 5, 20.0, 0.0)
    seasonality = measured(weekdays, np.ones(DAYS), weekdays, np.where(DAY_OF_MONTH == 10, 500.0, 0.0))
    cases = np.array([0, 0, 1, 2, 3, 3, 3, 0])
    days = np.array([0.0, 3.25, 6.5, 4.0, 2.5, 3.5, CLOCK_DAYS + 9.5, 1.0])
    repeated = seasonality[cases]
    assert repeated.elapsed(days).tolist() == repeated.clock().elapsed(days[:, None])[:, 0].tolist()
    assert seasonality[cases[:0]].elapsed(days[:0]).tolist() == []
