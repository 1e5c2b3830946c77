"""The simulated users of the depletion benchmark: their ledgers and truths, and what is demanded of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.depletion import targets
from benchmarks.depletion_users import (
    AS_OF,
    CAP_DAYS,
    JUDGED_KINDS,
    KINDS,
    MAE_BEFORE,
    Kind,
    measure_users,
    simulate,
)
from forecasting.depletion.balance_state import BalanceState
from forecasting.depletion.forecast import Method

TODAY = int(np.datetime64(AS_OF, "D").astype(np.int64))


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_truth_is_the_day_whose_demand_uses_up_what_is_left() -> None:
    history, true_days, best_days = simulate(KINDS["weekdays, the same"], rng=rng())
    left = BalanceState.from_history(history, today=TODAY).remaining / 20e6
    assert true_days.max() < CAP_DAYS
    assert (best_days == true_days).all()  # nothing is left to chance
    for days, lasts in zip(true_days, left, strict=True):
        ahead = pd.bdate_range(AS_OF, periods=100)[1:]  # the last day known is a Tuesday
        assert ahead[int(np.ceil(lasts)) - 1] == pd.Timestamp(AS_OF) + pd.Timedelta(days=int(days))


def test_who_tops_up_when_empty_uses_no_more_than_was_bought_and_loses_the_rest_of_the_day() -> None:
    kind = Kind(lambda _: np.full(290, 30.0), lot=100)
    history, *_ = simulate(kind, rng=rng())
    one = history.for_workspace("u0000")
    assert sorted(set(one.usage["credits_micro"])) == [10_000_000, 30_000_000]
    closing = one.balances["closing_micro"]
    assert (one.balances["overage_micro"] == 0).all() and (closing == 0).sum() == 200 // 4 - 1


def test_all_kinds_have_an_error_to_compare_with() -> None:
    assert set(MAE_BEFORE) == set(KINDS) and set(JUDGED_KINDS) <= set(KINDS)


@pytest.mark.slow
def test_users_of_weekdays_one_day_a_week_and_top_ups_reach_their_targets() -> None:
    users = measure_users(Method.default(), kinds=JUDGED_KINDS)
    assert (users["D<P5"] <= 0.07).all()
    assert (users["mae"] <= users["mae before"] / 2).all()
    assert (users["no date"] == 0).all()
    measured = pd.Series({"mae / pace": np.nan, "days late": np.nan})
    tails = ["crps / calibrated", "D<P2.5", "D<P5", "D<P10", "D>P90", "too_late", "notice"]
    table = pd.DataFrame({"ours": dict.fromkeys(["mae / pace", *tails], np.nan)}).T
    families = pd.DataFrame({"steady (variation < 0.5)": measured}).T
    reached = targets(table, families, users)
    assert len(reached) == 2 * len(JUDGED_KINDS) and reached["aim held"].all()
    users["D<P5"] = 0.2
    assert not targets(table, families, users)["floor held"].all()
