"""Which days show demand, and what is not counted as demand.

Not here: the levels and the paths they lead to (test_calibration.py).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from support.depletion_rows import MICRO, ago, bought, history, row, steady, usage

from forecasting.depletion.calibration import LEVELS, _quantiles
from forecasting.depletion.demand import blocked_days, daily_credits, measure_demand


def blocked(closing: list[int], overage: list[int] | None = None, days: int | None = None) -> list[bool]:
    """Of the days up to day number 0."""
    first = 1 - len(closing)
    balances = pd.DataFrame(
        {
            "workspace_id": "w",
            "usage_date": pd.to_datetime([first + n for n in range(len(closing))], unit="D"),
            "closing_micro": closing,
            "overage_micro": overage or [0] * len(closing),
            "before_ledger_micro": 0,
        }
    )
    found = blocked_days(balances, pd.Index(["empty", "w"]), as_of=0, days=days or len(closing))
    assert not found[0].any()
    return found[1].tolist()


def test_a_day_that_ends_empty_does_not_show_demand() -> None:
    assert blocked([5, 0, 0, 7]) == [False, True, True, False]


def test_a_stretch_of_empty_days_with_overage_anywhere_in_it_is_known_and_the_next_is_not() -> None:
    assert blocked([0, 0, 5, 0, 0], [0, 3, 0, 0, 0]) == [False, False, False, True, True]


def test_days_repaid_are_no_overage() -> None:
    assert blocked([0, 0, 5], [0, -3, 0]) == [True, True, False]


def test_days_before_the_window_and_without_a_ledger_are_not_blocked() -> None:
    assert blocked([0, 0], days=1) == [True]
    assert blocked([0], days=3) == [False, False, True]


def test_credits_of_one_day_are_summed_and_others_left_out() -> None:
    rows = pd.DataFrame(
        {
            "workspace_id": ["w", "w", "w", "w", "stranger"],
            "usage_date": pd.to_datetime([0, 0, -1, -9, 0], unit="D"),
            "credits_micro": [1, 2, 4, 8, 16],
        }
    )
    found = daily_credits(rows, pd.Index(["w", "idle"]), column="credits_micro", as_of=0, days=3)
    assert found.tolist() == [[0, 4, 3], [0, 0, 0]]


def test_an_implausible_charge_is_capped_in_demand_while_usage_and_pace_keep_it() -> None:
    used = steady() | {1: 5_000.0}
    as_charged, capped, without = (
        row(history(usage(each), [bought(9_000)], charges=charges))
        for each, charges in ((used, None), (used, {1: 4_990.0}), (steady(), None))
    )
    assert capped["capped_credits_micro"] == 4_990 * MICRO
    assert capped["burn_rate_7d_credits_micro"] == as_charged["burn_rate_7d_credits_micro"] == 5_060 * MICRO
    assert capped["pace_date"] == as_charged["pace_date"] == ago(-5)
    assert without["capped_credits_micro"] == 0
    assert as_charged["depletes_on_p50"] < capped["depletes_on_p50"] or capped["depletes_on_p50"] is None


def test_levels_do_not_depend_on_other_cases() -> None:
    # a matrix product rounds a row depending on its position
    rng = np.random.default_rng(1)
    daily = rng.lognormal(2, 1, (101, 365)) * MICRO
    known = rng.random(daily.shape) < 0.9
    together = measure_demand(daily, known)
    for case in range(0, 101, 7):
        alone = measure_demand(daily[[case]], known[[case]])
        for level in ("fast", "slow", "mean", "variation"):
            assert getattr(alone, level)[0] == getattr(together, level)[case]


def quantile(scores: list[float], seen: list[bool], level: float) -> float:
    found = _quantiles(np.array(scores), np.array(seen), np.ones(len(scores)))
    return round(found[LEVELS.index(level)], 6)


def test_a_case_that_was_not_seen_to_its_end_counts_as_longer() -> None:
    # reached after each: 1/4, 1/2, 3/4, 1, quantiles in the middle of steps
    assert quantile([1, 2, 3, 4], [True] * 4, 0.5) == 2.5
    # 1/5, 2/5, then 7/10 of those at risk: half is 4/5 of the way from the middle of 2's step to that of 3's
    assert quantile([1, 2, 2.5, 3, 4], [True, True, False, True, True], 0.5) == 2.8


def test_where_most_cases_outlast_what_was_seen_the_median_lies_beyond_it() -> None:
    # it was the last score seen, however many were longer
    scores, seen = [1.0, 2.0] + [2.5] * 6, [True, True] + [False] * 6
    assert quantile(scores, seen, 0.5) > 2.5
    assert quantile(scores, seen, 0.9) > quantile(scores, seen, 0.5)


def test_what_goes_beyond_the_balance_on_the_day_it_runs_out_does_not_free_the_days_after() -> None:
    """The last generation may cost more than was left; only later use shows that the days were free."""
    assert blocked([5, 0, 0, 0, 7], [0, 3, 0, 0, 0]) == [False, True, True, True, False]
    assert blocked([5, 0, 0, 0, 7], [0, 0, 0, 1, 0]) == [False] * 5


def test_days_before_the_ledger_began_were_blocked_by_nothing() -> None:
    days = pd.to_datetime(range(-3, 1), unit="D")
    rows = {"workspace_id": "w", "usage_date": days, "closing_micro": [0, 0, 5, 0], "overage_micro": 0}
    balances = pd.DataFrame(rows | {"before_ledger_micro": [7, 0, 0, 0]})
    assert blocked_days(balances, pd.Index(["w"]), as_of=0, days=4)[0].tolist() == [False, False, False, True]
