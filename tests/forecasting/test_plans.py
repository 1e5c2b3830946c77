"""Renewals that a plan lets expect, which entries book them, and plans that fundings suggest."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from forecasting.plans import expected_lots, proposed_plans

MICRO = 10**6
NOTHING = pd.DataFrame(columns=["workspace_id", "lot_id"])


def plan(starts_on: str, interval: str = "month", **terms: Any) -> pd.DataFrame:
    row = {
        **{"workspace_id": "w", "plan_id": "team", "credits_micro": 300 * MICRO, "rollover_days": 0},
        **{"renewal_interval": interval, "starts_on": date.fromisoformat(starts_on), "ends_on": None},
        "timezone": "Asia/Bangkok",
    }
    return pd.DataFrame([row | terms])


def grants(*days: str, credits: int = 300, **columns: Any) -> pd.DataFrame:
    rows = [
        {
            **{"workspace_id": "w", "entry_id": f"e{n}", "entry_type": "grant", "plan_id": None},
            **{"credits_micro": credits * MICRO, "effective_on": pd.Timestamp(day)},
        }
        | columns
        for n, day in enumerate(days)
    ]
    names = ["workspace_id", "entry_id", "entry_type", "plan_id", "credits_micro", "effective_on"]
    return pd.DataFrame(rows, columns=names)


def expected(plans: pd.DataFrame, entries: pd.DataFrame, as_of: str = "2026-04-28") -> list[tuple[str, str]]:
    """First and expiry day of each expected lot."""
    found = expected_lots(plans, entries, as_of=date.fromisoformat(as_of), taken=NOTHING)
    return [
        (str(begins.date()), str(ends.date()))
        for begins, ends in zip(found["effective_on"], found["expires_on"], strict=True)
    ]


def test_day_31_is_the_last_day_of_a_month_and_a_lot_ends_at_the_next_renewal() -> None:
    days = expected(plan("2025-12-31"), grants(), as_of="2026-01-15")
    assert days[:3] == [
        ("2026-01-31", "2026-02-28"),
        ("2026-02-28", "2026-03-31"),
        ("2026-03-31", "2026-04-30"),
    ]


@pytest.mark.parametrize(
    ("interval", "first"),
    [("week", "2026-04-29"), ("year", "2027-02-18"), ("day", "2026-04-29")],
)
def test_other_intervals_renew_on_their_days(interval: str, first: str) -> None:
    # today's daily renewal would be over by tomorrow
    assert expected(plan("2026-02-18", interval), grants())[0][0] == first


def test_nothing_renews_after_the_last_day_and_the_last_lot_lives_one_interval() -> None:
    days = expected(plan("2026-02-01", ends_on=date(2026, 6, 1)), grants())
    assert days == [("2026-05-01", "2026-06-01"), ("2026-06-01", "2026-07-01")]


def test_rollover_keeps_what_is_left_for_some_days() -> None:
    assert expected(plan("2026-02-01", rollover_days=10), grants())[0] == ("2026-05-01", "2026-06-11")


@pytest.mark.parametrize(
    ("entries", "is_booked"),
    [
        pytest.param(grants("2026-05-01"), True, id="its credits on its day"),
        pytest.param(grants("2026-04-28"), True, id="three days early"),
        pytest.param(grants("2026-04-27"), False, id="four days early"),
        pytest.param(grants("2026-05-01", credits=299), False, id="other credits"),
        pytest.param(grants("2026-05-01", credits=250, plan_id="team"), True, id="names the plan"),
        pytest.param(grants("2026-05-01", plan_id="other"), False, id="names another plan"),
        pytest.param(grants("2026-05-01", entry_type="adjustment"), False, id="no funding"),
    ],
)
def test_an_entry_books_a_renewal_if_it_names_the_plan_or_is_like_it(
    entries: pd.DataFrame, is_booked: bool
) -> None:
    first = expected(plan("2026-02-01"), entries)[0][0]
    assert first == ("2026-06-01" if is_booked else "2026-05-01")


def test_two_entries_of_one_renewal_book_no_second_one() -> None:
    entries = grants("2026-05-01", "2026-05-02", plan_id="team")
    assert expected(plan("2026-02-01"), entries)[0][0] == "2026-06-01"


@pytest.mark.parametrize(("as_of", "first"), [("2026-05-04", "2026-05-01"), ("2026-05-05", "2026-06-01")])
def test_a_renewal_that_nothing_books_is_expected_for_three_days_after_its_day(
    as_of: str, first: str
) -> None:
    assert expected(plan("2026-02-01"), grants(), as_of=as_of)[0][0] == first


def test_a_lot_begins_at_the_local_midnight_and_never_takes_the_name_of_another() -> None:
    taken = pd.DataFrame([("w", "team 2026-05-01")], columns=["workspace_id", "lot_id"])
    lot = expected_lots(plan("2026-02-01"), grants(), as_of=date(2026, 4, 28), taken=taken).iloc[0]
    assert lot["effective_at"] == pd.Timestamp("2026-04-30 17:00:00")
    assert (lot["lot_id"], lot["priority"]) == ("team 2026-05-01 expected", 10)


def test_three_fundings_at_one_interval_propose_a_plan_and_two_do_not() -> None:
    no_plans = pd.DataFrame(columns=["workspace_id"])
    three = grants("2026-01-31", "2026-02-28", "2026-03-31")
    ((workspace, proposal, count),) = proposed_plans(three, no_plans)
    assert (workspace, proposal.interval, proposal.starts_on, count) == ("w", "month", date(2026, 1, 31), 3)
    assert proposed_plans(three.head(2), no_plans) == []
    assert proposed_plans(grants("2026-01-31", "2026-02-10", "2026-03-31"), no_plans) == []
    assert proposed_plans(three, plan("2026-02-01")) == []
