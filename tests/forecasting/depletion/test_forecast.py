"""The depletion forecast's statuses, pace date and burn rates on hand-made ledgers.

Not here: how a balance comes about (test_ledger.py), or the range of the date (test_range.py).
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from forecasting.depletion.forecast import Method, forecast_depletion
from forecasting.depletion.inputs import CreditHistory
from forecasting.ledger import draw_down, with_expected
from forecasting.plans import expected_lots

AS_OF = date(2026, 4, 7)


def ago(days: int) -> pd.Timestamp:
    return pd.Timestamp(AS_OF - timedelta(days=days))


def balances(closing: list[int], workspace: str = "w") -> pd.DataFrame:
    """Closing balances of the days up to and including AS_OF."""
    days = [ago(len(closing) - 1 - number) for number in range(len(closing))]
    return pd.DataFrame(
        {
            "workspace_id": workspace,
            "usage_date": days,
            "closing_micro": closing,
            "overage_micro": 0,
            "before_ledger_micro": 0,
        }
    )


def lots(rows: list[tuple[str, int, pd.Timestamp]] = (), workspace: str = "w") -> pd.DataFrame:  # type: ignore
    frame = pd.DataFrame(rows, columns=["lot_status", "remaining_micro", "effective_on"])
    named = frame.assign(
        workspace_id=workspace, lot_id=frame.index.astype("str"), priority=10, expires_on=pd.NaT
    )
    return named.astype({"effective_on": "datetime64[us]"})


def usage(by_days_ago: dict[int, int], workspace: str = "w") -> pd.DataFrame:
    rows = [(workspace, ago(days), credits) for days, credits in by_days_ago.items()]
    return pd.DataFrame(rows, columns=["workspace_id", "usage_date", "credits_micro"])


def dates_of(
    balances: pd.DataFrame, lots: pd.DataFrame, usage: pd.DataFrame, *workspaces: str
) -> pd.DataFrame:
    named = pd.DataFrame({"workspace_id": list(workspaces), "lead_time_days": 3})
    history = CreditHistory(balances, lots, usage, named)
    return forecast_depletion(history, as_of=AS_OF, method=Method.default()).dates


def forecast(closing: list[int], used: dict[int, int], coming: list = ()) -> dict[str, Any]:  # type: ignore
    held = ("active", closing[-1], ago(len(closing))) if closing else None
    frame = dates_of(balances(closing), lots([*filter(None, [held]), *coming]), usage(used), "w")
    assert len(frame) == 1
    return {str(name): None if pd.isna(value) else value for name, value in frame.iloc[0].items()}


def test_the_golden_month_is_empty_on_the_twelfth_of_may_at_current_pace() -> None:
    micro = 10**6
    bought = pd.Timestamp("2026-03-09")
    entries = {
        "workspace_id": "w",
        "entry_id": "march",
        "entry_type": "purchase",
        "credits_micro": 5_000 * micro,
        "lot_id": "march",
        "priority": 10,
        "occurred_at": bought,
        "occurred_on": bought,
        "effective_at": bought,
        "effective_on": bought,
        "expires_at": pd.NaT,
        "expires_on": pd.NaT,
        "related_on": pd.NaT,
    }
    used = usage(dict.fromkeys(range(30), 78 * micro))
    assert used["credits_micro"].sum() == 2_340 * micro
    ledger = draw_down(pd.DataFrame([entries]), used, as_of=AS_OF)
    row = dates_of(ledger.balance_daily, ledger.lots, used, "w").iloc[0]
    assert row["credits_remaining_micro"] == 2_660 * micro
    assert (row["burn_rate_7d_credits_micro"], row["burn_rate_7d_days"]) == (546 * micro, 7)
    assert (row["burn_rate_30d_credits_micro"], row["burn_rate_30d_days"]) == (2_340 * micro, 30)
    assert row["pace_date"] == pd.Timestamp("2026-05-12")
    assert row["forecast_status"] == "ok"


def test_windows_end_on_as_of_and_include_their_first_day() -> None:
    row = forecast([100], {0: 1, 6: 2, 7: 4, 29: 8, 30: 16})
    assert row["burn_rate_7d_credits_micro"] == 3
    assert row["burn_rate_30d_credits_micro"] == 15
    assert row["history_days"] == 31


def test_a_young_workspace_divides_by_the_days_since_first_usage_both_ends_counted() -> None:
    row = forecast([100], {4: 10})
    assert (row["burn_rate_7d_days"], row["burn_rate_30d_days"], row["history_days"]) == (5, 5, 5)
    row = forecast([100], {19: 10})
    assert (row["burn_rate_7d_days"], row["burn_rate_30d_days"], row["history_days"]) == (7, 20, 20)


def test_a_workspace_that_never_used_anything_burns_0_over_the_whole_window_and_has_no_date() -> None:
    row = forecast([100], {})
    assert row["forecast_status"] == "no_burn"
    assert (row["burn_rate_7d_credits_micro"], row["burn_rate_30d_credits_micro"]) == (0, 0)
    assert (row["burn_rate_7d_days"], row["burn_rate_30d_days"], row["history_days"]) == (7, 30, 0)
    assert row["pace_date"] is None


@pytest.mark.parametrize(
    ("remaining", "days"),
    [(1, 1), (10, 7), (11, 8), (20, 14), (521, 365)],
)
def test_the_pace_date_is_the_first_day_by_whose_end_the_credits_are_gone(remaining: int, days: int) -> None:
    row = forecast([remaining], {3: 10, 20: 500})
    assert row["pace_date"] == ago(-days)


def test_the_pace_date_is_exact_where_a_double_is_not() -> None:
    # a double would lose the one credit that takes an eighth day
    credits = 2**53
    assert forecast([7 * credits + 1], {0: 7 * credits, 20: 1})["pace_date"] == ago(-8)
    assert forecast([7 * credits], {0: 7 * credits, 20: 1})["pace_date"] == ago(-7)


def test_remaining_times_days_beyond_64_bits_stays_exact() -> None:
    assert forecast([4 * 10**18], {0: 10**18, 20: 1})["pace_date"] == ago(-28)


def test_no_pace_date_is_given_beyond_a_year() -> None:
    assert forecast([522], {3: 10, 20: 500})["pace_date"] is None


def test_no_pace_date_is_given_where_the_week_was_quiet() -> None:
    row = forecast([100], {10: 10, 20: 1})
    assert (row["forecast_status"], row["pace_date"]) == ("ok", None)


def test_without_a_ledger_there_is_a_burn_rate_but_no_balance_and_no_date() -> None:
    row = dates_of(balances([]), lots(), usage({2: 14, 20: 1}), "w").iloc[0]
    assert row["forecast_status"] == "no_ledger"
    assert row["burn_rate_7d_credits_micro"] == 14
    assert row[["credits_remaining_micro", "pace_date", "empty_since", "next_grant_on"]].isna().all()


def test_an_empty_balance_has_the_date_since_when_and_no_date_to_come() -> None:
    row = forecast([0, 5, 0, 7, 0, 0, 0], {0: 3, 20: 1})
    assert (row["forecast_status"], row["credits_remaining_micro"]) == ("already_empty", 0)
    assert (row["empty_since"], row["pace_date"]) == (ago(2), None)


def test_a_balance_that_was_never_filled_is_empty_since_its_first_day() -> None:
    assert forecast([0, 0, 0, 0], {3: 3})["empty_since"] == ago(3)


def test_empty_comes_before_no_burn_and_a_past_empty_period_is_not_reported_later() -> None:
    assert forecast([0], {})["forecast_status"] == "already_empty"
    assert forecast([5, 0, 5], {0: 1, 20: 1})["empty_since"] is None


def test_nothing_used_in_thirty_days_is_no_burn() -> None:
    row = forecast([100], {30: 10})
    assert (row["forecast_status"], row["pace_date"]) == ("no_burn", None)
    assert forecast([100], {29: 10})["forecast_status"] == "ok"


def test_under_fourteen_days_since_first_usage_is_insufficient_history_with_a_pace_date() -> None:
    row = forecast([100], {12: 1, 0: 10})
    assert (row["forecast_status"], row["history_days"]) == ("insufficient_history", 13)
    assert row["pace_date"] == ago(-70)
    assert forecast([100], {13: 1, 0: 10})["forecast_status"] == "ok"


def test_no_burn_comes_before_insufficient_history_and_that_before_beyond_horizon() -> None:
    assert forecast([100], {3: 0})["forecast_status"] == "no_burn"
    assert forecast([10**6], {3: 1})["forecast_status"] == "insufficient_history"


def test_the_next_grant_is_the_first_scheduled_lot_that_brings_credits() -> None:
    coming = [
        ("active", 5, ago(9)),
        ("scheduled", 0, ago(-1)),  # voided before it began
        ("scheduled", 5, ago(-9)),
        ("scheduled", 5, ago(-4)),
    ]
    assert forecast([5], {0: 1, 20: 1}, coming)["next_grant_on"] == ago(-4)
    assert forecast([5], {0: 1, 20: 1}, coming[:2])["next_grant_on"] is None


def test_every_workspace_has_one_row_in_order_and_none_reads_its_neighbours() -> None:
    frame = dates_of(
        pd.concat([balances([9, 0], "empty"), balances([70], "busy"), balances([5], "stranger")]),
        pd.concat(
            [
                lots([("scheduled", 5, ago(-2))], "empty"),
                lots([("active", 70, ago(3))], "busy"),
                lots([("scheduled", 5, ago(-1))], "stranger"),
            ]
        ),
        pd.concat([usage({0: 10, 20: 1}, "busy"), usage({0: 99}, "stranger")]),
        *("new", "busy", "empty"),
    ).set_index("workspace_id")
    assert frame["forecast_status"].to_dict() == {"new": "no_ledger", "busy": "ok", "empty": "already_empty"}
    assert frame.loc["busy", "pace_date"] == ago(-49)
    assert frame.loc["empty", "next_grant_on"] == ago(-2)
    assert frame.loc["empty", "empty_since"] == ago(0)
    assert (frame["as_of"] == ago(0)).all()


def test_no_workspaces_is_an_empty_frame_of_the_same_types() -> None:
    empty = dates_of(balances([]), lots(), usage({}))
    full = dates_of(balances([1]), lots(), usage({0: 1}), "w")
    assert len(empty) == 0
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)


def test_a_monthly_plan_lasts_to_its_renewal_whether_or_not_that_is_booked() -> None:
    micro = 10**6
    as_of = date(2026, 4, 28)
    used = pd.DataFrame(
        [("w", pd.Timestamp(as_of - timedelta(days=n)), (20 + 10 * (n % 2)) * micro) for n in range(58)],
        columns=["workspace_id", "usage_date", "credits_micro"],
    )
    months = [pd.Timestamp(2026, month, 1) for month in range(3, 7)]
    grant = {"workspace_id": "w", "entry_type": "grant", "credits_micro": 1_000 * micro, "priority": 10}
    grants = [
        {
            **grant,
            **{"entry_id": f"m{n}", "lot_id": f"m{n}", "plan_id": None, "related_on": pd.NaT},
            **{"occurred_at": min(begins, months[1]), "occurred_on": min(begins, months[1])},
            **{"effective_at": begins, "effective_on": begins, "expires_at": ends, "expires_on": ends},
        }
        for n, (begins, ends) in enumerate(pairwise(months))
    ]
    plan = {"workspace_id": "w", "plan_id": "team", "credits_micro": 1_000 * micro, "rollover_days": 0}
    plan |= {"renewal_interval": "month", "starts_on": date(2026, 3, 1), "ends_on": None, "timezone": "UTC"}
    rows = []
    for known in (grants[:2], grants):
        entries = pd.DataFrame(known)
        ledger = draw_down(entries, used, as_of=as_of)
        expected = expected_lots(pd.DataFrame([plan]), entries, as_of=as_of, taken=ledger.lots)
        named = pd.DataFrame({"workspace_id": ["w"], "lead_time_days": [3]})
        lots = with_expected(ledger.lots, expected)
        history = CreditHistory(ledger.balance_daily, lots, used, named)
        rows.append(forecast_depletion(history, as_of=as_of, method=Method.default()).dates.iloc[0])
    before, after = rows
    assert before["next_grant_on"] == months[2]
    assert before["chance_empty_before_grant"] < 0.5
    assert before["credits_to_buy_micro"] == 0
    pd.testing.assert_series_equal(before, after)
