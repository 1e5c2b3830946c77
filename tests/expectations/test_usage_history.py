"""Volume and freshness are measured against the workspace's own past, day of the week by day of the week.

2026-03-31, the day checked, is a Tuesday; the 29th before it a Sunday.
"""

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import pytest

from expectations.runner import run_gates
from expectations.suites.by_layer import GATES

TUESDAY, SUNDAY, MONDAY = date(2026, 3, 31), date(2026, 3, 29), date(2026, 3, 30)
TOO_LITTLE = "the_newest_day_has_its_usual_volume"
TOO_MUCH = "the_newest_day_has_no_multiple_of_its_usual_volume"
STALE, SILENT = "usage_is_fresh", "no_workspace_falls_silent"
Failed = Callable[..., dict[str, str]]


@pytest.fixture
def failed(change: Callable[[str], None], query: Callable[[str], pd.DataFrame]) -> Failed:
    """What the checks of volume and freshness find of the generation counts given, by workspace and day."""
    gates = {"facts": tuple(gate for gate in GATES["facts"] if gate.asset == "facts.fct_usage_daily")}

    def run(usage: dict[str, dict[date, int]], *, as_of: date) -> dict[str, str]:
        change("delete from facts.fct_usage_by_day")
        for workspace, days in usage.items():
            rows = ", ".join(f"('{workspace}', date '{day}', 0, {count})" for day, count in days.items())
            change(f"insert into facts.fct_usage_by_day values {rows}")
        report = run_gates("facts", query=query, as_of=as_of, gates=gates)
        return {result.check_name: result.observed for result in report.failed_warnings}

    return run


def history(
    before: date, *, days: int = 56, workday: int = 100, weekend: int = 100, newest: int | None = None
) -> dict[date, int]:
    """Generations of the days before one, and on it; a day without any has no row."""
    counts = {before - timedelta(days=ago): ago for ago in range(1, days + 1)}
    past = {day: weekend if day.weekday() >= 5 else workday for day in counts}
    return {day: count for day, count in (past | {before: newest or 0}).items() if count}


@pytest.mark.parametrize("newest", [21, 100, 500])
def test_a_usual_day_is_not_reported(failed: Failed, newest: int) -> None:
    assert failed({"w1": history(TUESDAY, newest=newest)}, as_of=TUESDAY) == {}


@pytest.mark.parametrize("newest", [0, 10, 19])
def test_none_or_a_tenth_of_the_usual_volume_is_reported(failed: Failed, newest: int) -> None:
    found = failed({"w1": history(TUESDAY, newest=newest)}, as_of=TUESDAY)

    assert list(found) == [TOO_LITTLE]
    assert f"workspace w1: {newest} generations on 2026-03-31; 100.0 on the same day" in found[TOO_LITTLE]


@pytest.mark.parametrize("newest", [501, 1000])
def test_ten_times_the_usual_volume_is_reported(failed: Failed, newest: int) -> None:
    found = failed({"w1": history(TUESDAY, newest=newest)}, as_of=TUESDAY)

    assert list(found) == [TOO_MUCH]
    assert f"workspace w1: {newest} generations on 2026-03-31" in found[TOO_MUCH]


@pytest.mark.parametrize("newest", [0, 3, 40])
def test_a_quiet_weekend_is_not_reported(failed: Failed, newest: int) -> None:
    assert failed({"w1": history(SUNDAY, weekend=3, newest=newest)}, as_of=SUNDAY) == {}


def test_a_weekend_is_compared_with_weekends(failed: Failed) -> None:
    usage = history(SUNDAY, workday=1000, weekend=30, newest=6)

    assert failed({"w1": usage}, as_of=SUNDAY) == {}
    assert list(failed({"w1": usage | {SUNDAY: 5}}, as_of=SUNDAY)) == [TOO_LITTLE]


def test_a_quiet_working_day_is_reported_although_the_weekend_was_as_quiet(failed: Failed) -> None:
    assert list(failed({"w1": history(MONDAY, weekend=0, newest=3)}, as_of=MONDAY)) == [TOO_LITTLE]


def test_a_saturday_with_the_volume_of_any_day_is_not_reported(failed: Failed) -> None:
    saturday = SUNDAY - timedelta(days=1)

    assert failed({"w1": history(saturday, weekend=0, newest=400)}, as_of=saturday) == {}


def test_a_workspace_is_compared_with_its_own_past_and_not_with_the_sum(failed: Failed) -> None:
    usage = {
        "large": history(TUESDAY, workday=100_000, weekend=100_000, newest=100_000),
        "silent": history(TUESDAY, newest=0),
        "swollen": history(TUESDAY, newest=1000),
    }
    found = failed(usage, as_of=TUESDAY)

    assert sorted(found) == sorted([TOO_LITTLE, TOO_MUCH])
    assert found[TOO_LITTLE].startswith("1 case: workspace silent: 0 generations")
    assert found[TOO_MUCH].startswith("1 case: workspace swollen: 1000 generations")


@pytest.mark.parametrize("newest", [0, 10_000])
def test_a_workspace_of_less_than_two_weeks_has_no_usual_volume(failed: Failed, newest: int) -> None:
    usage = {"old": history(TUESDAY, newest=100), "new": history(TUESDAY, days=13, newest=newest)}

    assert failed(usage, as_of=TUESDAY) == {}


@pytest.mark.parametrize("newest", [0, 95])
def test_a_few_generations_more_or_less_are_not_reported(failed: Failed, newest: int) -> None:
    assert failed({"w1": history(TUESDAY, workday=19, weekend=19, newest=newest)}, as_of=TUESDAY) == {}


def test_days_without_usage_count_in_the_usual_volume(failed: Failed) -> None:
    # on one Tuesday of four only
    days = {TUESDAY - timedelta(days=ago): 100 for ago in (*range(29, 57), 7, 8, 9, 10)}

    assert TOO_LITTLE not in failed({"w1": days}, as_of=TUESDAY)


def test_deliveries_that_stop_are_reported_although_every_workspace_is_small(failed: Failed) -> None:
    past = history(TUESDAY - timedelta(days=2), workday=2, weekend=2)

    assert failed({"w1": past}, as_of=TUESDAY)[STALE] == "1 case: the newest generation is of 2026-03-28"


def test_one_silent_workspace_is_reported_while_others_continue(failed: Failed) -> None:
    usage = {
        "going-on": history(TUESDAY, workday=5, weekend=5, newest=5),
        "stopped": history(TUESDAY - timedelta(days=2), workday=5, weekend=5),
    }

    assert failed(usage, as_of=TUESDAY) == {
        SILENT: "1 case: workspace stopped: none since 2026-03-28, after 56 days with usage in 8 weeks"
    }


def test_silence_no_longer_than_an_earlier_one_is_not_reported(failed: Failed) -> None:
    # ten days of use, five of rest, and again
    days = {TUESDAY - timedelta(days=ago): 5 for ago in (*range(5, 15), *range(19, 29))}

    assert failed({"w1": days}, as_of=TUESDAY) == {}
    assert sorted(failed({"w1": days}, as_of=TUESDAY + timedelta(days=1))) == sorted([STALE, SILENT])


def test_a_workspace_that_left_is_reported_for_four_weeks(failed: Failed) -> None:
    def found(days_ago: int) -> dict[str, str]:
        usage = {
            "left": history(TUESDAY - timedelta(days=days_ago - 1), workday=5, weekend=5),
            "here": history(TUESDAY, workday=5, weekend=5, newest=5),
        }
        return failed(usage, as_of=TUESDAY)

    assert list(found(28)) == [SILENT]
    assert found(29) == {}


def test_no_usage_at_all_is_reported(failed: Failed) -> None:
    assert failed({}, as_of=TUESDAY) == {STALE: "1 case: the newest generation is of no day at all"}
