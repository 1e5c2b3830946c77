"""The ledger against a slow simulator written from the definitions, and its identities, on any history.

Not here: single rules on rows made by hand.
"""

from __future__ import annotations

from copy import copy
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
        self.opener, self.policy = opener, policy
        self.funded = self.consumed = self.expired = self.voided = self.held = self.allowance = 0
        self.pending: int | None = None  # allowance since a refund found the lot at zero
        self.starts, self.ends = opener["effective_on"], opener["expires_on"]

    @property
    def rank(self) -> list[Any]:
        terms = self.opener | {"expires_on": pd.Timestamp.max if pd.isna(self.ends) else self.ends}
        terms["lot_id"] = named_lot(self.opener)
        return [terms[name] for name in [*self.policy.draw_order, "lot_id"]]

    def is_over(self, day: pd.Timestamp) -> bool:
        return not pd.isna(self.ends) and self.ends <= day

    def expire(self) -> None:
        self.expired, self.held = self.expired + self.held, 0

    def enter(self, row: dict[str, Any]) -> int:
        """Books an entry; returns how much of a reduction had no effect."""
        credits = row["credits_micro"]
        if credits < 0:
            taken = min(self.held, -credits)
            self.voided, self.held = self.voided + taken, self.held - taken
            self.allowance = max(self.allowance - taken, 0)
            self.pending = None if self.pending is None else self.pending - taken
            return -credits - taken
        if self.held == 0:
            self.pending = 0
        self.funded, self.held = self.funded + credits, self.held + credits
        if row["entry_type"] != "refund":
            before = self.allowance if self.pending is None else self.pending
            self.allowance, self.pending = max(before + credits, 0), None
        return 0


def named_lot(row: dict[str, Any]) -> str:
    return row["lot_id"] or row["entry_id"]


def is_in_search(row: dict[str, Any]) -> bool:
    return row["entry_type"] == "refund" and row["lot_id"] is None and not pd.isna(row["related_on"])


class SlowLedger:
    """One workspace, day by day, in the terms of the tables."""

    def __init__(self, rows: list[dict[str, Any]], usage: dict[int, int], as_of: int, policy: DrawPolicy):
        self.rows = sorted(rows, key=lambda row: (row["occurred_at"], row["entry_id"]))
        self.usage, self.now, self.policy = usage, instant(as_of), policy
        self.lots: dict[str, SlowLot] = {}
        self.days: dict[Any, tuple] = {}
        self.warnings: set = set()
        self.drawn_last: dict[Any, str | None] = {}
        self.waiting: dict[str, SlowLot] = {}  # of refunds whose lot begins later
        for kinds in (("purchase", "grant"), ("refund", "adjustment")):
            for row in self.rows:
                if row["entry_type"] in kinds and row["credits_micro"] > 0 and not is_in_search(row):
                    self.lots.setdefault(named_lot(row), SlowLot(row, policy))

    def run(self) -> None:
        opened_by_search = [row for row in self.rows if is_in_search(row)]
        known = [row["occurred_on"] for row in self.rows]
        begins = [one.starts for one in self.lots.values()]
        begins += [
            max(row["effective_on"], row["occurred_on"])
            for row in opened_by_search
            if named_lot(row) not in self.lots
        ]
        entered = min(known + begins)
        firsts = [instant(day) for day in self.usage] + [day for day in begins if day <= self.now]
        first = min(firsts) if firsts else min(known)
        day, debt = min([first, *known]), 0
        while day <= self.now:
            debt = self.day(day, debt, is_before=day < entered)
            day += timedelta(days=1)
        self.days = {day: row for day, row in self.days.items() if day >= first}
        later = sorted({when for when, *_ in self.changes() if when > self.now})
        for when in later:
            for _, one, row in self.of_day(when):
                if one.starts > self.now:
                    self.enter(one, row)

    def changes(self) -> list[tuple]:
        """Day, lot and entry of all but searching refunds, and of those that found no lot alive."""
        found = []
        for row in self.rows:
            if is_in_search(row) and named_lot(row) not in self.waiting:
                continue
            name = named_lot(row)
            one = self.waiting[name] if is_in_search(row) else self.lots.get(name)
            if one is None or row["entry_type"] == "extension" or not row["credits_micro"]:
                continue
            is_funding = row["entry_type"] in ("purchase", "grant")
            own = row["effective_on" if is_funding else "occurred_on"]
            found.append((max(own, one.starts), one, row))
        return found

    def of_day(self, day: Any) -> list[tuple]:
        """Lot and entry of the day's changes, extensions included, in their order."""
        found = [(*self.turn(one, row), one, row) for when, one, row in self.changes() if when == day]
        for row in self.rows:
            is_extension = row["entry_type"] == "extension" and row["occurred_on"] == day
            if is_extension and (one := self.lots.get(named_lot(row))):
                found.append((row["occurred_at"], 2, row["entry_id"], one, row))
        found.sort(key=lambda item: item[:3])
        return [(None, one, row) for *_, one, row in found]

    def turn(self, one: SlowLot, row: dict[str, Any]) -> tuple:
        is_funding = row["entry_type"] in ("purchase", "grant")
        later = max(row["occurred_at"], one.opener["effective_at"])
        order = 0 if row is one.opener else 1 if row["credits_micro"] < 0 else 2
        return (row["effective_at"] if is_funding else later), order, row["entry_id"]

    def enter(self, one: SlowLot, row: dict[str, Any]) -> None:
        if excess := one.enter(row):
            self.warnings.add((row["entry_id"], "excess_reduction", excess))

    def apply(self, lots: dict[str, SlowLot], day: Any, expired_before: set[int]) -> None:
        """All entries of the day but the refunds in search of a lot, on these lots, without warnings."""
        same = {id(one): lots[name] for name, one in self.lots.items()}
        for _, one, row in self.of_day(day):
            mine = same[id(one)]
            if row["entry_type"] == "extension":
                if id(one) not in expired_before:
                    mine.ends = row["expires_on"]
            else:
                mine.enter(row)

    def day(self, day: Any, debt: int, *, is_before: bool) -> int:
        ours = list(self.lots.values())
        before = [(one.funded, one.consumed, one.expired, one.voided) for one in ours]
        opening = sum(one.held for one in ours)
        used = debt + self.usage.get((day.date() - DAY_0).days, 0)
        expired_before = {id(one) for one in ours if one.is_over(day)}
        for one in ours:
            if one.is_over(day) and one.starts <= self.now:
                one.expire()
        searching = [row for row in self.rows if is_in_search(row) and row["occurred_on"] == day]
        trial = {name: copy(one) for name, one in self.lots.items()}
        self.apply(trial, day, expired_before)
        self.drawn_last[day] = self.draw(trial, day, used)[1]
        routes = {}
        for row in searching:
            name = self.drawn_last.get(row["related_on"]) if row["related_on"] <= day else None
            if name is not None and not trial[name].is_over(day):
                routes[row["entry_id"]] = name
            else:
                self.waiting[named_lot(row)] = self.lots.setdefault(named_lot(row), SlowLot(row, self.policy))
        # a lot that a refund has just made counts its first funding before all
        todo = [(*self.order_of(one, row), one, row) for _, one, row in self.of_day(day)]
        todo += [
            (row["occurred_at"], 2, row["entry_id"], self.lots[routes[row["entry_id"]]], row)
            for row in searching
            if row["entry_id"] in routes
        ]
        for *_, one, row in sorted(todo, key=lambda item: item[:3]):
            if row["entry_type"] != "extension":
                self.enter(one, row)
            elif id(one) in expired_before:
                self.warnings.add((row["entry_id"], "late_extension", 0))
            else:
                one.ends = row["expires_on"]
        for one in self.lots.values():
            if one.is_over(day) and one.starts <= self.now:
                one.expire()
        unpaid = self.draw(self.lots, day, used)[0]
        ours = list(self.lots.values())
        before += [(0, 0, 0, 0)] * (len(ours) - len(before))
        after = [(one.funded, one.consumed, one.expired, one.voided) for one in ours]
        moved = tuple(int(n) for n in np.subtract(after, before).reshape(-1, 4).sum(axis=0))
        over = 0 if is_before else unpaid - debt
        closing = sum(one.held for one in ours)
        self.days[day] = (opening, *moved, over, unpaid if is_before else 0, closing)
        return unpaid if self.policy.repays_overage and not is_before else 0

    def order_of(self, one: SlowLot, row: dict[str, Any]) -> tuple:
        if row["entry_type"] == "extension":
            return row["occurred_at"], 2, row["entry_id"]
        return self.turn(one, row)

    def draw(self, lots: dict[str, SlowLot], day: Any, used: int) -> tuple[int, str | None]:
        last = None
        for name, one in sorted(lots.items(), key=lambda item: item[1].rank):
            if one.starts <= day and not one.is_over(day):
                taken = min(one.held, used)
                one.consumed, one.held, used = one.consumed + taken, one.held - taken, used - taken
                last = name if taken else last
        return used, last


def slow_ledger(
    entries: list[dict[str, Any]], usage: dict[int, int], as_of: int, policy: DrawPolicy
) -> tuple[dict, dict, set]:
    """Days, lots and warnings of one workspace, in the terms of the tables."""
    slow = SlowLedger(entries, usage, as_of, policy)
    slow.run()
    for row in entries:
        if named_lot(row) not in slow.lots and not is_in_search(row):
            slow.warnings.add((row["entry_id"], "unknown_lot", -row["credits_micro"]))
    sums = {
        key: (one.funded, one.consumed, one.expired, one.voided, one.held, one.allowance)
        for key, one in slow.lots.items()
    }
    return slow.days, sums, slow.warnings


KINDS = ("purchase", "purchase", "grant", "refund", "adjustment", "void", "extension", "search")


@st.composite
def any_entry(draw_one: st.DrawFn, number: int) -> dict[str, Any]:
    # other entries name the lots e0 and e1, which are no lots that a refund may not need
    kind = draw_one(st.sampled_from(KINDS if number > 1 else KINDS[:-1]))
    size = draw_one(st.integers(1, 9))
    is_reduction = kind == "void" or (kind == "adjustment" and draw_one(st.booleans()))
    lot = draw_one(st.sampled_from([None, None, "e0", "e1", "l"]))
    ends = draw_one(st.one_of(st.none(), st.integers(-1, 9)))
    if kind == "extension":
        lot, ends, size = lot or "e0", draw_one(st.integers(-1, 12)), 0
    return entry(
        f"e{number}",
        -size if is_reduction else size,
        draw_one(st.integers(0, 6)),
        kind="refund" if kind == "search" else kind,
        lot=None if kind == "search" else lot,
        starts=draw_one(st.one_of(st.none(), st.integers(-2, 9))),
        ends=ends,
        priority=draw_one(st.integers(1, 2)),
        hour=draw_one(st.integers(0, 1)),
        of_usage_on=draw_one(st.integers(-3, 6)) if kind == "search" else None,
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


def assert_same_ledger(ledger: Ledger, histories: list, policy: DrawPolicy) -> None:
    for n, (rows, usage) in enumerate(histories):
        days, lots, warnings = slow_ledger(rows, usage, 6, policy)
        balance, mine = (
            frame[frame["workspace_id"] == f"w{n}"].drop(columns="workspace_id")
            for frame in (ledger.balance_daily, ledger.lots)
        )
        assert {row[0]: tuple(row[1:-2]) for row in balance.itertuples(index=False)} == days
        names = ("funded", "consumed", "expired", "voided", "remaining", "allowance")
        sums = [f"{name}_micro" for name in names]
        assert {row[0]: tuple(row[1:]) for row in mine[["lot_id", *sums]].itertuples(index=False)} == lots
        noted = ledger.warnings[ledger.warnings["workspace_id"] == f"w{n}"]
        noted = noted[noted["warning"].isin(["unknown_lot", "excess_reduction", "late_extension"])]
        assert (
            set(noted[["entry_id", "warning", "credits_micro"]].itertuples(index=False, name=None))
            == warnings
        )
        booked = balance[["overage_micro", "before_ledger_micro"]].to_numpy().sum()
        assert mine["consumed_micro"].sum() + booked == sum(usage.values())
    assert not ledger.lots["residual_micro"].any()
    assert not ledger.balance_daily[["residual_micro", "usage_residual_micro"]].to_numpy().any()


@settings(max_examples=20, deadline=None)
@given(any_histories, st.randoms(use_true_random=False))
def test_any_history_equals_the_definitions_applied_day_by_day(histories: list, random: Any) -> None:
    assert_same_ledger(booked_together(histories, random, DEFAULT_POLICY), histories, DEFAULT_POLICY)


@settings(max_examples=20, deadline=None)
@given(any_histories, st.randoms(use_true_random=False), any_order, st.booleans())
def test_any_history_equals_the_definitions_under_any_policy(
    histories: list, random: Any, draw_order: tuple[str, ...], repays_overage: bool
) -> None:
    policy = DrawPolicy(draw_order=draw_order, repays_overage=repays_overage)
    assert_same_ledger(booked_together(histories, random, policy), histories, policy)


@pytest.mark.parametrize(
    "draw_order",
    [
        order if number % 5 == 0 else pytest.param(order, marks=pytest.mark.slow)
        for number, order in enumerate(permutations(DRAW_TERMS))
    ],
    ids=" ".join,
)
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
        booked = mine.consumed + mine.overage + mine.before_ledger
        assert booked[booked != 0].to_dict() == {instant(day): size for day, size in usage.items()}
        assert (mine.overage.cumsum() >= 0).all()
        assert mine.consumed.sum() == lots.consumed[lots.index == f"w{n}"].sum()
