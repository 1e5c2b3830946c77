"""Scores of forecasts: due when their own median says, capped alike, and based on what was known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.depletion_rows import AS_OF, ago, bought, history, steady, usage

from forecasting.depletion.backtest import (
    days_until_empty,
    origins_to_replay,
    replay,
    score_forecasts,
    scoring_delay_days,
)
from forecasting.depletion.calibration import shipped_calibration
from forecasting.depletion.inputs import CreditHistory
from forecasting.ledger import DEFAULT_POLICY


def forecasts(**days: float | None) -> pd.DataFrame:
    default = {"p025": 2, "p10": 4, "p50": 10, "p90": 20, "p975": 30, "pace": 12}
    row = {f"{name}_days": value for name, value in (default | days).items()}
    # as the warehouse gives whole numbers that may be null
    return pd.DataFrame([{"workspace_id": "w", "as_of": ago(90), **row}]).astype(
        dict.fromkeys(row, "int64[pyarrow]")
    )


def scored(true_days: float, **days: float | None) -> dict[str, object]:
    return score_forecasts(forecasts(**days), np.array([true_days])).iloc[0].to_dict()


def test_the_errors_of_median_and_pace_are_their_distances_to_the_true_day() -> None:
    found = scored(15)
    assert (found["error_days"], found["pace_error_days"]) == (5, 3)
    assert (found["is_covered_80"], found["is_covered_95"]) == (True, True)
    found = scored(25)
    assert (found["is_covered_80"], found["is_covered_95"]) == (False, True)
    assert scored(4)["is_covered_80"] and not scored(3)["is_covered_80"]


@pytest.mark.parametrize(
    ("median", "bucket", "days"),
    [(1, "0-7", 14), (7, "0-7", 14), (8, "8-30", 60), (31, "31-90", 90), (91, "over 90", 90)],
)
def test_the_median_alone_decides_when_a_forecast_is_scored(median: int, bucket: str, days: int) -> None:
    found = scored(3, p50=median)
    assert (found["horizon_bucket"], found["judged_after_days"]) == (bucket, days)
    assert scoring_delay_days(np.array([median]))[0] == days


def test_days_beyond_the_scoring_delay_are_capped_at_it_for_both() -> None:
    found = scored(np.inf, p50=5, p90=9, p975=None, pace=None)
    assert (found["true_days"], found["error_days"], found["pace_error_days"]) == (14, 9, 0)
    assert (found["is_covered_80"], found["is_covered_95"]) == (False, True)


def entries(*lots: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"workspace_id": "w", "entry_id": f"l{n}", "lot_id": f"l{n}", **lot} for n, lot in enumerate(lots)]
    )


def empty_after(days_ago: int, used: pd.DataFrame, *lots: dict[str, object]) -> float:
    vintages = pd.DataFrame({"workspace_id": ["w"], "as_of": [ago(days_ago)]})
    return float(days_until_empty(vintages, entries(*lots), used, as_of=AS_OF, policy=DEFAULT_POLICY)[0])


def test_the_true_day_is_when_the_credits_known_then_were_used_up() -> None:
    # ten a day for sixty days: on the evening 30 days ago 300 were used, and 45 of 345 left
    used = usage(steady())
    assert empty_after(30, used, bought(345)) == 5
    assert empty_after(30, used, bought(350)) == 5
    assert empty_after(30, used, bought(350.5)) == 6
    assert empty_after(30, used, bought(10_000)) == np.inf


def test_what_was_booked_after_a_forecast_does_not_count_against_it() -> None:
    used = usage(steady())
    assert empty_after(30, used, bought(345), bought(1_000, on=28)) == 5
    assert empty_after(30, used, bought(345), bought(1_000, on=28, booked=31)) == np.inf


def test_credits_that_expired_unused_ended_on_their_day() -> None:
    assert empty_after(30, usage(steady()), bought(9_000, until=20)) == 10


def test_several_workspaces_and_days_are_kept_apart() -> None:
    used = pd.concat([usage(steady(), "w"), usage(steady(20), "v")])
    known = entries(bought(345))
    other = entries(bought(700)).assign(workspace_id="v")
    vintages = pd.DataFrame({"workspace_id": ["w", "v", "w"], "as_of": [ago(30), ago(30), ago(35)]})
    found = days_until_empty(vintages, pd.concat([known, other]), used, as_of=AS_OF, policy=DEFAULT_POLICY)
    assert found.tolist() == [5, 5, 10]
    nobody = days_until_empty(vintages[:0], known, used, as_of=AS_OF, policy=DEFAULT_POLICY)
    assert nobody.tolist() == []


def replayed(history_: CreditHistory) -> pd.DataFrame:
    return replay(origins_to_replay(history_, as_of=AS_OF), calibration=shipped_calibration())


def test_steady_demand_is_replayed_without_error_and_only_when_due() -> None:
    found = replayed(history(usage(steady(days=200)), [bought(10_000, on=200)]))
    assert len(found) > 200
    assert (found["pace_error_days"] <= 1).all() and found["error_days"].mean() < 2
    assert found["is_covered_80"].all()
    age = (pd.Timestamp(AS_OF) - found["as_of"]).dt.days
    assert (age >= found["judged_after_days"]).all()
    assert age.min() == 14 and set(found["horizon_bucket"]) == {"0-7", "8-30", "31-90"}


def test_nothing_is_replayed_before_there_are_two_weeks_before_and_after() -> None:
    assert len(replayed(history(usage(steady(days=27)), [bought(10_000)]))) == 0
    assert len(replayed(history(usage(steady(days=28)), [bought(10_000)]))) > 0
    assert len(replayed(history(usage({}), [bought(10)]))) == 0


def test_days_before_a_blocked_time_are_not_replayed() -> None:
    used = {day: credits for day, credits in steady(days=120).items() if not 40 <= day < 50}
    free = replayed(history(usage(used), [bought(10_000, on=120)]))
    blocked = replayed(history(usage(used), [bought(700, on=120), bought(10_000, on=39)]))
    assert (free["as_of"] < ago(50)).any()
    assert not ((blocked["as_of"] < ago(40)) & (blocked["as_of"] >= ago(130))).any()
    assert (blocked["as_of"] >= ago(40)).any()


def test_the_truth_of_a_replay_is_what_was_used_afterwards() -> None:
    """Use doubles twenty days ago: from the evening before, 30 days' use is gone in 15."""
    used = {day: 20.0 if day < 20 else 10.0 for day in range(120)}
    found = replayed(history(usage(used), [bought(10_000, on=120)]))
    then = found[(found["as_of"] == ago(20)) & (found["amount_days"] == 3)]
    assert then["true_days"].tolist() == [2]
    assert then["pace_days"].tolist() == [3]


def test_with_too_many_workspaces_every_run_replays_the_same_ones() -> None:
    parts = [history(usage(steady(), f"w{n}"), [bought(900)], workspace=f"w{n}") for n in range(9)]
    names = ("balances", "lots", "usage", "workspaces")
    many = CreditHistory(*(pd.concat([getattr(part, name) for part in parts]) for name in names))
    first = origins_to_replay(many, as_of=AS_OF, most=100)
    backwards = CreditHistory(*(getattr(many, name)[::-1] for name in names))
    second = origins_to_replay(backwards, as_of=AS_OF, most=100)
    assert len(set(first.workspace_id)) < 9
    assert set(first.workspace_id) == set(second.workspace_id)
