"""Demand against lots: run_down compared with the ledger's rules applied day by day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.depletion_rows import AS_OF, bought, history, usage

from forecasting.depletion.paths import Change, RealisedDemand
from forecasting.depletion.runway import BEYOND, Lots, run_down
from forecasting.ledger import DEFAULT_POLICY

DAYS = 30


@dataclass(frozen=True)
class Lot:
    starts_on: int
    expires_on: int
    held: int


def arrays(lots: list[Lot]) -> Lots:
    columns = zip(*((lot.starts_on, lot.expires_on, lot.held) for lot in lots), strict=True)
    starts, expires, held = (np.array([list(column)]) for column in columns)
    return Lots(starts, expires, held.astype(float))


def demand(daily: list[int]) -> RealisedDemand:
    return RealisedDemand(np.cumsum([[0.0, *daily]], axis=1))


def day_by_day(lots: list[Lot], daily: list[int], *, repays: bool) -> tuple[int, list[int], int]:
    """The first day that ends empty, what is left on each day, and what no lot paid in the end."""
    left = [lot.held if lot.starts_on <= 1 else 0 for lot in lots]
    empty_on, balances, debt, lost = BEYOND, [], 0, 0
    for day, asked in enumerate(daily, start=1):
        for index, lot in enumerate(lots):
            if day > 1 and lot.starts_on == day:
                left[index] = lot.held
            if lot.expires_on <= day:
                left[index] = 0
        owed = asked + debt
        for index in range(len(lots)):
            paid = min(left[index], owed)
            left[index], owed = left[index] - paid, owed - paid
        debt, lost = (owed, owed) if repays else (0, lost + owed)
        balances.append(sum(left))
        if sum(left) == 0 and empty_on == BEYOND:
            empty_on = day
    return empty_on, balances, lost


any_lots = st.lists(
    st.builds(
        lambda start, life, held: Lot(start, start + life, held),
        st.integers(1, DAYS),
        st.one_of(st.integers(1, DAYS), st.just(10_000)),
        st.integers(1, 60),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=300, deadline=None)
@given(lots=any_lots, daily=st.lists(st.integers(0, 12), min_size=DAYS, max_size=DAYS), repays=st.booleans())
def test_running_lots_down_equals_the_rules_applied_day_by_day(
    lots: list[Lot], daily: list[int], repays: bool
) -> None:
    empty_on, balances, lost = day_by_day(lots, daily, repays=repays)
    runway = run_down(demand(daily), arrays(lots), repays=repays, cuts=np.array([[DAYS + 1]]))
    found = int(runway.empty_on[0, 0])
    assert found == empty_on or (empty_on == BEYOND and found > DAYS)
    assert runway.balances(demand(daily), DAYS)[0, 0].tolist() == balances
    assert runway.unpaid_by(np.array([DAYS + 1]))[0, 0] == lost


@settings(max_examples=15, deadline=None)
@given(
    used=st.lists(st.integers(0, 30), min_size=40, max_size=40),
    lots=st.lists(
        st.tuples(st.integers(1, 400), st.integers(12, 60), st.integers(-20, 11)), min_size=1, max_size=5
    ),
)
def test_running_the_ledger_down_by_actual_usage_gives_the_later_ledger(
    used: list[int], lots: list[tuple[int, int, int]]
) -> None:
    """The ledger ten days ago, run down by the usage since, holds what the ledger of today holds."""
    entries = [bought(credits, on=on, until=until) for credits, on, until in lots]
    days = {39 - number: float(credits) for number, credits in enumerate(used)}
    today = history(usage(days), entries)
    ago = {day: credits for day, credits in days.items() if day >= 10}
    before = history(usage({day - 10: credits for day, credits in ago.items()}), moved(entries))
    names = pd.Index(["w"])
    number = int(np.datetime64(AS_OF, "D").astype(int))
    open_lots = Lots.from_frame(before.lots, names, as_of=number, policy=DEFAULT_POLICY)
    since = [round(days[day] * 1_000_000) for day in range(9, -1, -1)]
    balances = run_down(demand(since), open_lots).balances(demand(since), 10)[0, 0]
    booked = today.balances.set_index("usage_date")["closing_micro"].iloc[-10:]
    assert balances.tolist() == booked.tolist()


def moved(entries: list[dict[str, object]]) -> list[dict[str, object]]:
    """The same entries as seen ten days ago, with AS_OF as that day."""
    days = ("occurred_at", "occurred_on", "effective_at", "effective_on", "expires_at", "expires_on")
    return [
        {name: value + pd.Timedelta(days=10) if name in days else value for name, value in entry.items()}
        for entry in entries
    ]


@pytest.mark.parametrize(
    ("on", "credits", "empty_on"), [(2, 0, 5), (2, 20, 3), (2, 31, 2), (6, 20, 5), (5, 1, 5)]
)
def test_what_is_used_once_on_a_day_brings_the_end_nearer_from_that_day_on(
    on: int, credits: int, empty_on: int
) -> None:
    paths = Change(extra=credits, extra_on=on).applied_to(demand([10] * DAYS))
    assert run_down(paths, arrays([Lot(1, 10_000, 50)])).empty_on[0, 0] == empty_on
