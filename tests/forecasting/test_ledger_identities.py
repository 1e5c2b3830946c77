"""The ledger against a slow simulator written from the definitions, and its identities, on any history.

Not here: single rules on rows made by hand.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.ledger_rows import DAY_0, entry, instant

from forecasting.ledger import DEFAULT_POLICY, DRAW_TERMS, DrawPolicy, Ledger, draw_down


class SlowLot:
    def __init__(self, opener: dict[str, Any], policy: DrawPolicy) -> None:
        self.terms = opener
        self.funded = self.consumed = self.expired = self.voided = self.held = 0
        self.starts, self.ends = opener["effective_on"], opener["expires_on"]
        terms = opener | {"expires_on": pd.Timestamp.max if pd.isna(self.ends) else self.ends}
        self.rank = [terms[name] for name in [*policy.draw_order, "lot_id"]]

    def is_over(self, day: pd.Timestamp) -> bool:
        return not pd.isna(self.ends) and self.ends <= day


def slow_day(
    lots: list[SlowLot], today: list[tuple[SlowLot, dict]], used: int, day: pd.Timestamp, expiring: bool
) -> tuple:
    """One day of the definitions; returns what each step moved and the excess of each reduction."""
    before = [(one.funded, one.consumed, one.expired, one.voided) for one in lots]
    opening, excess = sum(one.held for one in lots), []

    def expire() -> None:
        for one in lots:
            if expiring and one.is_over(day):
                one.expired, one.held = one.expired + one.held, 0

    expire()
    for one, change in today:
        if change["credits_micro"] > 0:
            one.funded, one.held = one.funded + change["credits_micro"], one.held + change["credits_micro"]
    expire()
    for one, change in today:
        if change["credits_micro"] < 0:
            taken = min(one.held, -change["credits_micro"])
            one.voided, one.held = one.voided + taken, one.held - taken
            if -change["credits_micro"] > taken:
                excess.append((change["entry_id"], "excess_reduction", -change["credits_micro"] - taken))
    for one in sorted(lots, key=lambda one: one.rank):
        if one.starts <= day and not one.is_over(day):
            taken = min(one.held, used)
            one.consumed, one.held, used = one.consumed + taken, one.held - taken, used - taken
    after = [(one.funded, one.consumed, one.expired, one.voided) for one in lots]
    moved = tuple(int(n) for n in np.subtract(after, before).reshape(-1, 4).sum(axis=0))
    return (opening, *moved, used, sum(one.held for one in lots)), excess


def slow_ledger(
    entries: list[dict[str, Any]], usage: dict[int, int], as_of: int, policy: DrawPolicy
) -> tuple[dict, dict, set]:
    """Days, lots and warnings of one workspace, in the terms of the tables."""
    entries = sorted(entries, key=lambda row: (row["occurred_at"], row["entry_id"]))
    lots: dict[str, SlowLot] = {}
    for row in entries:
        if row["entry_type"] in ("purchase", "grant") and row["lot_id"] not in lots:
            lots[row["lot_id"]] = SlowLot(row, policy)
    for row in entries:
        if row["credits_micro"] > 0 and row["lot_id"] not in lots:
            lots[row["lot_id"]] = SlowLot(row, policy)
    warnings, changes = set(), []
    for row in entries:
        if row["lot_id"] not in lots:
            warnings.add((row["entry_id"], "unknown_lot", -row["credits_micro"]))
            continue
        one = lots[row["lot_id"]]
        own = row["effective_on"] if row["entry_type"] in ("purchase", "grant") else row["occurred_on"]
        changes.append((max(own, one.starts), one, row))
    now = instant(as_of)
    begun = [one for one in lots.values() if one.starts <= now]
    firsts = [instant(day) for day in usage] + [one.starts for one in begun]
    day = min(firsts) if firsts else min(row["occurred_on"] for row in entries)
    rows, debt = {}, 0
    while day <= now:
        today = [(one, row) for when, one, row in changes if when == day]
        used = usage.get((day.date() - DAY_0).days, 0)
        (*moved, unpaid, closing), excess = slow_day(begun, today, debt + used, day, True)
        rows[day] = (*moved, unpaid - debt, closing)
        debt = unpaid if policy.repays_overage else 0
        warnings.update(excess)
        day += timedelta(days=1)
    for one in lots.values():
        if one.starts > now:
            for when in sorted({when for when, owner, _ in changes if owner is one}):
                mine = [(owner, row) for at, owner, row in changes if owner is one and at == when]
                warnings.update(slow_day([one], mine, 0, when, False)[1])
    sums = {key: (one.funded, one.consumed, one.expired, one.voided, one.held) for key, one in lots.items()}
    return rows, sums, warnings


@st.composite
def any_entry(draw_one: st.DrawFn, number: int) -> dict[str, Any]:
    kind = draw_one(st.sampled_from(["purchase", "purchase", "grant", "refund", "adjustment", "void"]))
    size = draw_one(st.integers(1, 9))
    is_reduction = kind == "void" or (kind == "adjustment" and draw_one(st.booleans()))
    return entry(
        f"e{number}",
        -size if is_reduction else size,
        draw_one(st.integers(0, 6)),
        kind=kind,
        lot=draw_one(st.sampled_from([None, None, "e0", "e1", "l"])),
        starts=draw_one(st.one_of(st.none(), st.integers(-2, 9))),
        ends=draw_one(st.one_of(st.none(), st.integers(-1, 9))),
        priority=draw_one(st.integers(1, 2)),
        hour=draw_one(st.integers(0, 1)),
    )


@st.composite
def any_history(draw_one: st.DrawFn) -> tuple[list[dict[str, Any]], dict[int, int]]:
    entries = [draw_one(any_entry(number)) for number in range(draw_one(st.integers(1, 7)))]
    return entries, draw_one(st.dictionaries(st.integers(-3, 6), st.integers(1, 12), max_size=6))


any_histories = st.lists(any_history(), min_size=1, max_size=3)
any_order = st.lists(st.sampled_from(DRAW_TERMS), unique=True).map(tuple)


def booked_together(
    histories: list[tuple[list[dict[str, Any]], dict[int, int]]], random: Any, policy: DrawPolicy
) -> Ledger:
    """The ledger of workspaces w0, w1, …, their rows in no order."""
    entries = [row | {"workspace_id": f"w{n}"} for n, (rows, _) in enumerate(histories) for row in rows]
    used = [
        (f"w{n}", instant(day), size) for n, (_, usage) in enumerate(histories) for day, size in usage.items()
    ]
    random.shuffle(entries)
    random.shuffle(used)
    usage_frame = pd.DataFrame(used, columns=["workspace_id", "usage_date", "credits_micro"])
    return draw_down(pd.DataFrame(entries), usage_frame, as_of=DAY_0 + timedelta(days=6), policy=policy)


def assert_told_alike(ledger: Ledger, histories: list, policy: DrawPolicy) -> None:
    for n, (rows, usage) in enumerate(histories):
        days, lots, warnings = slow_ledger(rows, usage, 6, policy)
        balance, mine = (
            frame[frame["workspace_id"] == f"w{n}"].drop(columns="workspace_id")
            for frame in (ledger.balance_daily, ledger.lots)
        )
        assert {row[0]: tuple(row[1:-1]) for row in balance.itertuples(index=False)} == days
        sums = [f"{name}_micro" for name in ("funded", "consumed", "expired", "voided", "remaining")]
        assert {row[0]: tuple(row[1:]) for row in mine[["lot_id", *sums]].itertuples(index=False)} == lots
        noted = ledger.warnings[ledger.warnings["workspace_id"] == f"w{n}"]
        assert (
            set(noted[["entry_id", "warning", "credits_micro"]].itertuples(index=False, name=None))
            == warnings
        )
        assert mine["consumed_micro"].sum() + balance["overage_micro"].sum() == sum(usage.values())
    assert not ledger.lots["residual_micro"].any()
    assert not ledger.balance_daily["residual_micro"].any()


@settings(max_examples=40, deadline=None)
@given(any_histories, st.randoms(use_true_random=False))
def test_any_history_equals_the_definitions_applied_day_by_day(histories: list, random: Any) -> None:
    assert_told_alike(booked_together(histories, random, DEFAULT_POLICY), histories, DEFAULT_POLICY)


@settings(max_examples=40, deadline=None)
@given(any_histories, st.randoms(use_true_random=False), any_order, st.booleans())
def test_any_history_equals_the_definitions_under_any_policy(
    histories: list, random: Any, draw_order: tuple[str, ...], repays_overage: bool
) -> None:
    policy = DrawPolicy(draw_order=draw_order, repays_overage=repays_overage)
    assert_told_alike(booked_together(histories, random, policy), histories, policy)


@pytest.mark.parametrize("draw_order", list(permutations(DRAW_TERMS)), ids=" ".join)
@settings(max_examples=5, deadline=None)
@given(histories=any_histories, random=st.randoms(use_true_random=False), repays_overage=st.booleans())
def test_every_credit_is_accounted_for_under_each_draw_order(
    histories: list, random: Any, draw_order: tuple[str, ...], repays_overage: bool
) -> None:
    policy = DrawPolicy(draw_order=draw_order, repays_overage=repays_overage)
    ledger = booked_together(histories, random, policy)
    lots, days = (
        frame.set_index("workspace_id").filter(like="_micro").rename(columns=lambda name: name[:-6])
        for frame in (ledger.lots, ledger.balance_daily)
    )
    assert (lots.funded == lots.consumed + lots.expired + lots.voided + lots.remaining).all()
    assert (days.opening + days.funded - days.consumed - days.expired - days.voided == days.closing).all()
    assert not lots.residual.any() and not days.residual.any()
    by_day = days.set_index(ledger.balance_daily["usage_date"], append=True)
    for n, (_, usage) in enumerate(histories):
        mine = by_day.loc[f"w{n}"]
        booked = mine.consumed + mine.overage
        assert booked[booked != 0].to_dict() == {instant(day): size for day, size in usage.items()}
        assert (mine.overage.cumsum() >= 0).all()
        assert mine.consumed.sum() == lots.consumed[lots.index == f"w{n}"].sum()
