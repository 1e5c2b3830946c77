"""Runways where overage is repaid, where something is owed already, and where they reach past the horizon.

Not here: lots without either (`test_runway`), and the ledger's own booking of it (`test_ledger_policy`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.depletion_rows import ago, bought, history, row, steady, usage

from forecasting.depletion.calibration import DemandPaths, shipped_calibration
from forecasting.depletion.demand import Demand
from forecasting.depletion.forecast import Method
from forecasting.depletion.paths import Change, RealisedDemand
from forecasting.depletion.runway import BEYOND, Lots, run_down
from forecasting.ledger import NEVER, DrawPolicy
from forecasting.purchasing.recommend import BuyingTerms, recommend_purchases
from forecasting.seasonality import Seasonality

DAYS = 9
MICRO = 10**6

Lot = tuple[int, int, int]  # starts on, expires on, held


def lots_of(cases: list[list[Lot]]) -> Lots:
    """Lots in draw order, padded to the longest list."""
    width = max(map(len, cases))
    padded = [lots + [(1, NEVER, 0)] * (width - len(lots)) for lots in cases]
    table = np.array(padded, dtype=np.int64).reshape(len(cases), width, 3)
    return Lots(table[..., 0], table[..., 1], table[..., 2].astype(float))


def demand_of(cases: list[list[int]]) -> RealisedDemand:
    return RealisedDemand(np.cumsum(np.column_stack([np.zeros(len(cases)), np.array(cases)]), axis=1))


def paid_daily(lots: list[Lot], demand: list[int], *, repays: bool, owed: int) -> list[tuple[int, int]]:
    """What is left and what is unpaid at the end of each day, one day after the other."""
    held, unpaid, days = [0] * len(lots), owed, []
    for day, used in enumerate(demand, start=1):
        for index, (starts_on, expires_on, credits) in enumerate(lots):
            if expires_on <= day:
                held[index] = 0
            elif max(starts_on, 1) == day:
                held[index] = credits
        due = used + (unpaid if repays else 0)
        for index, credits in enumerate(held):
            paid = min(credits, due)
            held[index], due = credits - paid, due - paid
        unpaid = due if repays else unpaid + due
        days.append((sum(held), unpaid))
    return days


any_lots = st.lists(
    st.tuples(st.integers(-3, 12), st.one_of(st.integers(0, 12), st.just(NEVER)), st.integers(0, 40)),
    max_size=4,
)
any_demand = st.lists(st.integers(0, 12), min_size=DAYS, max_size=DAYS)
any_cases = st.lists(st.tuples(any_lots, any_demand, st.integers(0, 9)), min_size=1, max_size=3)


@settings(max_examples=200, deadline=None)
@given(any_cases, st.booleans())
def test_several_cases_with_something_owed_equal_the_rules_applied_day_by_day(
    cases: list[tuple[list[Lot], list[int], int]], repays: bool
) -> None:
    lots, demand, owed = (list(part) for part in zip(*cases, strict=True))
    runway = run_down(
        demand_of(demand),
        lots_of(lots),
        repays=repays,
        cuts=np.broadcast_to(np.arange(1, DAYS + 1), (len(cases), DAYS)),
        owed=np.array(owed, dtype=float),
        last_day=DAYS,
    )
    balances = runway.balances(demand_of(demand), DAYS)[:, 0]
    most = runway.most_unpaid(np.full(len(cases), 3), np.full(len(cases), DAYS))
    for index in range(len(cases)):
        days = paid_daily(lots[index], demand[index], repays=repays, owed=owed[index])
        left, unpaid = zip(*days, strict=True)
        assert balances[index].tolist() == list(left)
        assert runway.unpaid_after[index, 0, :DAYS].tolist() == list(unpaid)
        assert runway.empty_on[index, 0] == next((d for d, n in enumerate(left, 1) if n == 0), DAYS + 1)
        assert most[index, 0] == max(unpaid[2 : DAYS - 1])


@settings(max_examples=200, deadline=None)
@given(
    any_lots,
    any_demand,
    st.integers(1, DAYS),
    st.integers(1, DAYS),
    st.integers(0, 9),
    st.booleans(),
)
def test_bought_where_overage_is_repaid_it_lasts_and_one_credit_less_does_not(
    lots: list[Lot], demand: list[int], arrival: int, cover: int, owed: int, repays: bool
) -> None:
    # what was unpaid before the arrival, and before a grant in the days to be covered, was not counted
    whole = [(starts, ends, held * MICRO) for starts, ends, held in lots]
    paths = demand_of([[used * MICRO for used in demand]])
    debt, arrives_on = np.array([float(owed * MICRO)]), np.array([arrival])
    bought_micro = recommend_purchases(
        paths,
        lots_of([whole]),
        arrives_on=arrives_on,
        packs=[[]],
        terms=BuyingTerms(cover_days=cover),
        repays=repays,
        owed=debt,
    ).credits_micro[0]

    def short(credits: int) -> int:
        days = paid_daily(
            [*whole, (arrival, NEVER, credits)],
            [*(used * MICRO for used in demand), *[0] * DAYS],
            repays=repays,
            owed=owed * MICRO,
        )
        unpaid = [0 if repays else owed * MICRO, *(n for _, n in days)]
        before = 0 if repays else unpaid[arrival - 1] if arrival > 1 else owed * MICRO
        return max(unpaid[arrival : arrival + cover]) - before

    assert short(int(bought_micro)) == 0
    if bought_micro:
        assert short(int(bought_micro) - MICRO) > 0


def test_what_repays_in_place_of_a_lot_that_then_expires_is_bought_again() -> None:
    # one bought pays the one owed; the lot that would have expires on the third day; one is used on the sixth
    buying = recommend_purchases(
        demand_of([[0, 0, 0, 0, 0, MICRO, 0, 0, 0]]),
        lots_of([[(2, 3, MICRO)]]),
        arrives_on=np.array([1]),
        packs=[[]],
        terms=BuyingTerms(cover_days=6),
        repays=True,
        owed=np.array([float(MICRO)]),
    )
    assert buying.credits_micro[0] == 2 * MICRO


def test_an_empty_workspace_that_owes_buys_what_it_owes_too() -> None:
    lost, repaid = (
        # without lots to come, both policies book the same overage
        row(history(usage(steady()), [bought(500)]), replace(Method.default(), policy=policy))
        for policy in (DrawPolicy(), DrawPolicy(repays_overage=True))
    )
    assert lost["forecast_status"] == repaid["forecast_status"] == "already_empty"
    # 600 used, 500 bought: 100 owed, and ten a day more until the order arrives on the fourth day
    more = repaid["credits_to_buy_micro"] - lost["credits_to_buy_micro"]
    assert 120 * MICRO <= more <= 160 * MICRO


def test_what_is_bought_covers_its_days_where_they_reach_past_the_horizon() -> None:
    # a year's lot that expires in 350 days: cover stopped at the horizon, after 15 of 30 days
    near = row(history(usage(steady()), [bought(10**6, until=-100)]))
    far = row(history(usage(steady()), [bought(10**6, until=-350)]))
    assert (near["depletes_on_p5"], far["depletes_on_p5"]) == (ago(-100), ago(-350))
    assert near["credits_to_buy_micro"] > 290 * MICRO
    assert far["credits_to_buy_micro"] > 0.8 * near["credits_to_buy_micro"]


def test_no_chance_is_told_of_a_grant_past_the_horizon() -> None:
    # what lasts beyond the horizon counted as empty before a grant that comes later still
    used = {day: 10.0 if day % 20 else 400.0 for day in range(60)}
    days = row(history(usage(used), [bought(9_000), bought(5, on=-400, booked=0)]))
    assert days["next_grant_on"] == ago(-400)
    assert days["depletes_on_p975"] is None
    assert days["chance_empty_before_grant"] is None


def test_extra_demand_that_is_all_there_is_empties_the_balance_on_its_own_day() -> None:
    # a path of little demand took days to use up nothing, and the extra was days that much later
    levels = {"fast": 9.0, "slow": 7.0, "mean": 8.0, "recent": 8.0, "before": 8.0}
    parts = levels | {"variation": 2.5, "cut_share": 0.0, "history_days": 100}
    demand = Demand(
        **{name: np.array([value]) for name, value in parts.items()}, seasonality=Seasonality.flat(1)
    )
    paths = Change(extra=50.0, extra_on=3).applied_to(
        DemandPaths.from_calibration(demand, shipped_calibration())
    )
    assert paths.until(np.array([[50.0]]))[0, -1] == 3
    assert run_down(paths, lots_of([[(1, NEVER, 50)]])).empty_on[0, -1] == 3


def test_a_lot_added_behind_padding_is_kept_when_cases_are_picked() -> None:
    # picking counted the lots with credits and took as many from the front
    lots = lots_of([[(1, NEVER, 5), (1, NEVER, 5)], [(1, NEVER, 5)]])
    more = lots.with_lot(starts_on=np.array([1, 1]), expires_on=np.array([9, 9]), held=np.array([7.0, 7.0]))
    assert more[np.array([1])].held.sum() == 12


def test_the_horizon_is_a_year_and_its_last_day_counts() -> None:
    lots = lots_of([[(1, NEVER, 365)], [(1, NEVER, 366)]])
    assert run_down(demand_of([[1] * 400] * 2), lots).empty_on[:, 0].tolist() == [365, BEYOND]
