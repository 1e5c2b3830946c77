"""Demand against lots: the same as the ledger's rules told day by day, and as the ledger books later.

Not here: how demand is foreseen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_rows import book, entry

from forecasting.calibration import DemandPaths, shipped_calibration
from forecasting.demand import Demand
from forecasting.ledger import DRAW_TERMS, NEVER, DrawPolicy
from forecasting.runway import BEYOND, Change, Lots, RealisedDemand, Runway, run_down

DAYS = 12

Lot = tuple[int, int, int]  # starts on, expires on, held


def lots_of(cases: list[list[Lot]]) -> Lots:
    """Lots in draw order, padded to the longest list."""
    width = max(map(len, cases))
    padded = [lots + [(1, NEVER, 0)] * (width - len(lots)) for lots in cases]
    table = np.array(padded, dtype=np.int64).reshape(len(cases), width, 3)
    return Lots(table[..., 0], table[..., 1], table[..., 2].astype(float))


def demand_of(cases: list[list[int]]) -> RealisedDemand:
    return RealisedDemand(np.cumsum(np.column_stack([np.zeros(len(cases)), np.array(cases)]), axis=1))


def told_daily(lots: list[Lot], demand: list[int], *, repays: bool, owed: int) -> list[tuple[int, int]]:
    """What is left and what is unpaid at the end of each day, one day after the other."""
    held, unpaid, told = [0] * len(lots), owed, []
    for day, used in enumerate(demand, start=1):
        for place, (starts_on, expires_on, credits) in enumerate(lots):
            if expires_on <= day:
                held[place] = 0
            elif max(starts_on, 1) == day:
                held[place] = credits
        due = used + (unpaid if repays else 0)
        for place, credits in enumerate(held):
            paid = min(credits, due)
            held[place], due = credits - paid, due - paid
        unpaid = due if repays else unpaid + due
        told.append((sum(held), unpaid))
    return told


any_lots = st.lists(
    st.tuples(
        st.integers(-3, DAYS + 3), st.one_of(st.integers(0, DAYS + 3), st.just(NEVER)), st.integers(0, 40)
    ),
    max_size=5,
)
any_demand = st.lists(st.integers(0, 12), min_size=DAYS, max_size=DAYS)
any_cases = st.lists(st.tuples(any_lots, any_demand, st.integers(0, 9)), min_size=1, max_size=4)


def runway_of(cases: list[tuple[list[Lot], list[int], int]], *, repays: bool, is_cut: bool) -> Runway:
    lots, demand, owed = zip(*cases, strict=True)
    cuts = np.broadcast_to(np.arange(1, DAYS + 1), (len(cases), DAYS)) if is_cut else None
    return run_down(
        demand_of(list(demand)),
        lots_of(list(lots)),
        repays=repays,
        cuts=cuts,
        owed=np.array(owed, dtype=float),
        last_day=DAYS,
    )


@settings(max_examples=300, deadline=None)
@given(any_cases, st.booleans())
def test_any_runway_equals_the_rules_of_the_ledger_told_day_by_day(cases: list, repays: bool) -> None:
    runway, daily = (runway_of(cases, repays=repays, is_cut=is_cut) for is_cut in (False, True))
    balances = runway.balances(demand_of([demand for _, demand, _ in cases]), DAYS)
    for place, (lots, demand, owed) in enumerate(cases):
        left, unpaid = zip(*told_daily(lots, demand, repays=repays, owed=owed), strict=True)
        empty_on = next((day for day, credits in enumerate(left, start=1) if credits == 0), DAYS + 1)
        assert runway.empty_on[place, 0] == daily.empty_on[place, 0] == empty_on
        assert balances[place, 0].tolist() == list(left)
        assert daily.unpaid_after[place, 0, :DAYS].tolist() == list(unpaid)
        for day in range(1, DAYS + 1):
            since = daily.most_unpaid(np.full(len(cases), day), np.full(len(cases), DAYS + 1))
            assert since[place, 0] == max(unpaid[day - 1 :])


@settings(max_examples=100, deadline=None)
@given(any_cases, st.booleans())
def test_a_cut_changes_no_balance_and_a_neighbour_none_either(cases: list, repays: bool) -> None:
    together = runway_of(cases, repays=repays, is_cut=True)
    for place, case in enumerate(cases):
        alone = runway_of([case], repays=repays, is_cut=False)
        assert together.empty_on[place].tolist() == alone.empty_on[0].tolist()
        paths = demand_of([case[1]])
        one = Runway(together.empty_on[[place]], together.starts_on[[place]], *(
            part[[place]]
            for part in (together.demand_before, together.held, together.unpaid_before, together.unpaid_after)
        ))  # fmt: skip
        assert one.balances(paths, DAYS).tolist() == alone.balances(paths, DAYS).tolist()


@st.composite
def any_booking(draw_one: st.DrawFn) -> tuple[list[dict[str, Any]], dict[int, int]]:
    """Lots of every kind and voids of them, all booked by day 4; usage on any day."""
    entries = [
        entry(
            f"e{number}",
            draw_one(st.integers(1, 30)),
            draw_one(st.integers(0, 4)),
            kind=draw_one(st.sampled_from(["purchase", "grant"])),
            starts=draw_one(st.one_of(st.none(), st.integers(-2, DAYS))),
            ends=draw_one(st.one_of(st.none(), st.integers(-1, DAYS + 2))),
            priority=draw_one(st.integers(1, 2)),
        )
        for number in range(draw_one(st.integers(1, 5)))
    ]
    named = draw_one(st.lists(st.sampled_from([row["entry_id"] for row in entries]), max_size=2))
    voids = [
        entry(f"v{n}", -draw_one(st.integers(1, 20)), draw_one(st.integers(0, 4)), kind="void", lot=name)
        for n, name in enumerate(named)
    ]
    return entries + voids, draw_one(st.dictionaries(st.integers(-3, DAYS), st.integers(1, 12), max_size=9))


@settings(max_examples=200, deadline=None)
@given(any_booking(), st.lists(st.sampled_from(DRAW_TERMS), unique=True).map(tuple), st.booleans())
def test_lots_run_down_by_what_was_used_are_what_the_ledger_books_later(
    booking: tuple, draw_order: tuple[str, ...], repays: bool
) -> None:
    entries, used = booking
    policy = DrawPolicy(draw_order=draw_order, repays_overage=repays)
    today = 4
    early = book(entries, {day: n for day, n in used.items() if day <= today}, as_of=today, policy=policy)
    late = book(entries, used, as_of=DAYS, policy=policy).balance_daily.tail(DAYS - today)
    number = int(np.datetime64(early.balance_daily["usage_date"].iloc[-1], "D").astype(np.int64))
    lots = Lots.of(early.lots, pd.Index(["w"]), as_of=number, policy=policy)
    paths = demand_of([[used.get(day, 0) for day in range(today + 1, DAYS + 1)]])
    count = DAYS - today
    owed = early.balance_daily["overage_micro"].sum()
    runway = run_down(
        paths, lots, repays=repays, cuts=np.arange(1, count + 1)[None], owed=np.array([float(owed)]),
        last_day=count,
    )  # fmt: skip
    assert runway.balances(paths, count)[0, 0].tolist() == late["closing_micro"].tolist()
    unpaid = (owed + late["overage_micro"].cumsum()).tolist()
    assert runway.unpaid_after[0, 0, :count].tolist() == unpaid


def lots_frame(rows: list[tuple[str, str, int, int | None, int]]) -> pd.DataFrame:
    """workspace, lot, and days after day number 0: effective, expires; and what is left."""
    frame = pd.DataFrame(rows, columns=["workspace_id", "lot_id", "effective", "expires", "remaining_micro"])
    return frame.assign(
        priority=10,
        effective_on=pd.to_datetime(frame["effective"].astype(float), unit="D"),
        expires_on=pd.to_datetime(frame["expires"].astype(float), unit="D"),
    )


def test_a_lot_that_is_used_up_gone_or_elsewhere_is_none_to_draw() -> None:
    rows = [
        ("w", "used up", -5, None, 0),
        ("w", "gone tomorrow", -5, 1, 7),
        ("w", "gone before it begins", 9, 9, 7),
        ("else", "where", -5, None, 7),
        ("w", "never ends", -5, None, 3),
        ("w", "today's last", -5, 2, 4),
        ("w", "to come", 8, 400, 5),
    ]
    lots = Lots.of(lots_frame(rows), pd.Index(["empty", "w"]), as_of=0, policy=DrawPolicy())
    assert lots.held.tolist() == [[0, 0, 0], [4, 5, 3]]
    assert lots.starts_on[1].tolist() == [1, 8, 1]
    assert lots.expires_on[1, :2].tolist() == [2, 400]
    assert lots.expires_on[1, 2] > 10**6


def test_a_lot_added_behind_padding_is_kept_when_cases_are_picked() -> None:
    # picking counted the lots with credits and took as many from the front
    lots = lots_of([[(1, NEVER, 5), (1, NEVER, 5)], [(1, NEVER, 5)]])
    more = lots.with_lot(starts_on=np.array([1, 1]), expires_on=np.array([9, 9]), held=np.array([7.0, 7.0]))
    assert more[np.array([1])].held.sum() == 12


def test_lots_of_the_day_after_the_horizon_do_not_reach_into_it() -> None:
    lots = lots_of([[(1, NEVER, 10), (BEYOND, NEVER, 10)], [(1, NEVER, 400), (1, NEVER, 0)]])
    paths = demand_of([[1] * 400, [1] * 400])
    assert run_down(paths, lots).empty_on[:, 0].tolist() == [10, BEYOND]


def test_the_horizon_is_a_year_and_its_last_day_counts() -> None:
    lots = lots_of([[(1, NEVER, 365)], [(1, NEVER, 366)]])
    assert run_down(demand_of([[1] * 400] * 2), lots).empty_on[:, 0].tolist() == [365, BEYOND]


def test_more_demand_never_means_a_later_date_of_a_higher_level() -> None:
    # the first path saves 50 from expiring and so lasts longer than the second, which it may not
    class TwoPaths(RealisedDemand):
        def by(self, days: np.ndarray) -> np.ndarray:
            day = np.broadcast_to(days, (1, 2, *days.shape[2:]))
            high, low = (np.interp(day[:, [n]], [0, 9, 20], total) for n, total in enumerate(self.total))
            return np.concatenate([high, low], axis=1)

        def until(self, total: np.ndarray) -> np.ndarray:
            return np.stack(
                [np.interp(total[:, n], steps, [0, 9, 20]) for n, steps in enumerate(self.total)], axis=1
            )

    paths = TwoPaths(np.array([[0, 100, 200], [0, 50, 200]], dtype=float))
    runway = run_down(paths, lots_of([[(1, 10, 100), (1, NEVER, 101)]]))
    assert runway.empty_on[0, 0] <= runway.empty_on[0, 1]


DEMAND = Demand(np.array([9.0]), np.array([7.0]), np.array([8.0]), np.array([2.5]), np.array([100]))


def test_extra_demand_that_is_all_there_is_empties_the_balance_on_its_own_day() -> None:
    # paths of little demand took days to use up nothing, and the extra was told that much later
    paths = Change(extra=50.0, extra_on=3).made_to(DemandPaths.of(DEMAND, shipped_calibration()))
    runway = run_down(paths, lots_of([[(1, NEVER, 50)]]))
    assert runway.empty_on[0, -1] == 3
    assert runway.empty_on[0, 0] <= 3


def test_extra_demand_is_used_on_its_day_and_counts_from_then_on() -> None:
    plain = demand_of([[2] * 9])
    paths = Change(extra=5.0, extra_on=4).made_to(plain)
    assert paths.by(np.arange(6.0)[None, None])[0, 0].tolist() == [0, 2, 4, 6, 13, 15]
    assert paths.until(np.array([[[6.0, 7.0, 13.0, 14.0]]]))[0, 0].tolist() == [3, 4, 4, 5]
    assert Change().made_to(plain) is plain


def test_realised_demand_is_known_to_its_end_and_says_never_beyond() -> None:
    paths = demand_of([[0, 3, 0, 2]])
    assert paths.by(np.array([[[0.0, 1, 2, 4, 99]]]))[0, 0].tolist() == [0, 0, 3, 5, 5]
    assert paths.until(np.array([[[0.0, 1, 3, 4, 6]]]))[0, 0].tolist() == [1, 2, 2, 4, np.inf]
