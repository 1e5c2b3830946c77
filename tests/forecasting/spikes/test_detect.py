"""Day spikes on hand-made days: what counts as far above the past, and what mutes an alert.

Not here: the share found on real series (`test_spikes_on_public_series`).
"""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from forecasting.spikes.detect import USAGE_DAYS, find_day_spikes

AS_OF = date(2026, 4, 7)
MICRO = 10**6
STEADY = dict.fromkeys(range(1, USAGE_DAYS), 100)


def ago(days: int) -> pd.Timestamp:
    return pd.Timestamp(AS_OF - timedelta(days=days))


def usage(by_days_ago: dict[int, float], workspace: str = "w") -> pd.DataFrame:
    rows = [(workspace, ago(days), round(credits * MICRO)) for days, credits in by_days_ago.items()]
    return pd.DataFrame(rows, columns=["workspace_id", "usage_date", "credits_micro"]).astype(
        {"usage_date": "datetime64[us]", "credits_micro": "int64"}
    )


def charge(days: int, credits: float, p99: float = 1, workspace: str = "w") -> pd.DataFrame:
    return usage({days: credits}, workspace).assign(p99_micro=round(p99 * MICRO))


NO_CHARGES = charge(0, 0).iloc[:0]


def spikes(by_days_ago: dict[int, float], charges: pd.DataFrame = NO_CHARGES) -> dict[int, bool]:
    """Days before AS_OF of each spike, and whether it is muted."""
    found = find_day_spikes(usage(by_days_ago), charges, as_of=AS_OF)
    days = (pd.Timestamp(AS_OF) - found["usage_date"]).dt.days.tolist()
    return dict(zip(days, found["is_muted"].tolist(), strict=True))


def test_a_day_above_two_and_a_quarter_of_a_busy_day_is_a_spike_and_one_at_it_is_none() -> None:
    assert spikes(STEADY | {0: 225.000001}) == {0: False}
    assert spikes(STEADY | {0: 225}) == {}


def test_a_spike_carries_its_credits_and_the_mean_of_the_28_days_before_it() -> None:
    found = find_day_spikes(usage(STEADY | {28: 128, 29: 999, 0: 500.000001}), NO_CHARGES, as_of=AS_OF)
    row = found.iloc[-1]
    assert (row["usage_date"], row["credits_micro"], row["usual_micro"]) == (
        ago(0),
        500_000_001,
        101 * MICRO,
    )


def test_days_after_a_day_do_not_decide_about_it() -> None:
    later = dict.fromkeys(range(20), 5000)
    assert 20 in spikes(STEADY | {20: 300})
    assert 20 in spikes(STEADY | {20: 300} | later)


def test_a_day_that_6_of_90_days_exceeded_is_none() -> None:
    days = STEADY | dict.fromkeys(range(70, 76), 400)
    assert 0 not in spikes(days | {0: 300})
    assert 0 in spikes(days | {0: 600})


def test_the_first_28_days_have_no_spike_and_the_29th_may() -> None:
    young = dict.fromkeys(range(1, 29), 100)
    assert spikes(young | {0: 500}) == {0: False}
    del young[28]
    assert spikes(young | {0: 500}) == {}


def test_a_workspace_that_wakes_up_after_a_quiet_time_is_a_spike() -> None:
    assert spikes({28: 0, 0: 10}) == {0: False}
    assert spikes({200: 100, 0: 50}) == {0: False}
    assert spikes({27: 0, 0: 10}) == {}


def test_a_workspace_used_once_a_month_has_no_spike_on_its_usual_day() -> None:
    monthly = {days: 100 + days / 10 for days in range(0, USAGE_DAYS, 30)}
    assert spikes(monthly) == {}
    assert spikes(monthly | {0: 300}) == {0: False}


def test_a_day_of_less_than_10_credits_is_trivial() -> None:
    quiet = dict.fromkeys(STEADY, 0.1)
    assert spikes(quiet | {0: 9.999999}) == {}
    assert spikes(quiet | {0: 10}) == {0: False}


def test_a_spike_is_above_its_usual_even_where_few_huge_days_made_that() -> None:
    sparse = dict.fromkeys(STEADY, 1.0) | dict.fromkeys(range(2, 6), 1000000.0)
    found = find_day_spikes(usage(sparse | {0: 90_000}), NO_CHARGES, as_of=AS_OF)
    assert ago(0) not in found["usage_date"].tolist()


def test_only_the_last_90_days_are_listed() -> None:
    assert spikes(STEADY | {89: 500}) == {89: False}
    assert spikes(STEADY | {90: 500}) == {}


@pytest.mark.parametrize(("gap", "is_muted"), [(1, True), (7, True), (8, True), (29, True), (30, False)])
def test_a_workspace_alerts_once_in_30_days(gap: int, is_muted: bool) -> None:
    assert spikes(STEADY | {gap: 500, 0: 1_300}) == {gap: False, 0: is_muted}


@pytest.mark.parametrize(("gap", "is_muted"), [(7, True), (8, False)])
def test_a_story_that_goes_on_alerts_again_only_after_7_quiet_days(gap: int, is_muted: bool) -> None:
    found = spikes(STEADY | {35: 500, gap: 1_300, 0: 3_400})
    assert found == {35: False, gap: True, 0: is_muted}


def test_what_an_alert_before_the_list_mutes_stays_muted() -> None:
    assert spikes(STEADY | {95: 500, 88: 1_300}) == {88: True}


def test_workspaces_do_not_mute_each_other() -> None:
    both = pd.concat([usage(STEADY | {1: 500}, "a"), usage(STEADY | {0: 500}, "b")])
    found = find_day_spikes(both, NO_CHARGES, as_of=AS_OF)
    assert found[["workspace_id", "is_muted"]].to_numpy().tolist() == [["a", False], ["b", False]]


def test_a_day_that_only_an_implausible_charge_makes_a_spike_is_muted_and_mutes_nothing() -> None:
    days = STEADY | {5: 5_100, 0: 500}
    assert spikes(days, charge(5, 5_000)) == {5: True, 0: False}
    assert spikes(days) == {5: False, 0: True}


def test_an_implausible_charge_does_not_hide_the_spikes_after_it() -> None:
    # 4 days of 28 in use: uncapped, their mean would be a quarter of a million
    days: dict[int, float] = {60: 100, 40: 100, 20: 1_000_100, 10: 100}
    assert 0 not in spikes(days | {0: 500})
    assert spikes(days | {0: 500}, charge(20, 1_000_000, p99=5)) == {20: True, 0: False}


def test_the_order_of_rows_does_not_matter() -> None:
    both = pd.concat([usage(STEADY | {40: 500, 3: 900, 0: 500}, name) for name in ("b", "a")])
    found = find_day_spikes(both, NO_CHARGES, as_of=AS_OF)
    assert len(found) == 6
    for seed in range(3):
        mixed = both.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(find_day_spikes(mixed, NO_CHARGES, as_of=AS_OF), found)


def test_no_usage_is_an_empty_frame_of_the_same_types() -> None:
    full = find_day_spikes(usage(STEADY | {0: 500}), NO_CHARGES, as_of=AS_OF)
    empty = find_day_spikes(usage({}), NO_CHARGES, as_of=AS_OF)
    assert len(empty) == 0 < len(full)
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)
