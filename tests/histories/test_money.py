"""Money on generated loads: lots at several prices, grants, refunds and changes of currency.

Histories come from generate.py; what each figure has to be is in the oracle.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from histories.compare import row_differences
from histories.generate import histories
from histories.test_increments import assert_no_differences, full_refresh, oracle_differences, run_all
from support.product import Credits, NightlyRun

# a run of each takes 20 seconds
pytestmark = pytest.mark.slow
SEEDS, COUNT, RUNS = (11, 12, 13, 15, 18), 40, 2
DRAWN = """
    select workspace_id, usage_date, sum(credits) from marts.{} group by all
    having sum(credits) <> 0 order by all
"""
# a cost of a cell in two currencies is null, and unit_costs has each
COSTS = {
    "cells": "select workspace_id, sum(cost) as cost from marts.usage_daily group by all",
    "lots": "select workspace_id, sum(cost) as cost from marts.lot_draws group by all",
    "charges": "select workspace_id, sum(cost) as cost from marts.chargeback_daily group by all",
}
IN_ONE_CURRENCY = """
    select workspace_id, cost from ({}) where cost <> 0 and workspace_id in (
        select workspace_id from marts.lot_draws where currency is not null and credits > 0
        group by all having count(distinct currency) = 1
    ) order by all
"""
BY_CURRENCY = """
    select workspace_id, currency, sum(cost) as cost from marts.{} where currency is not null
    and currency <> '(none)' group by all having sum(cost) <> 0 order by all
"""
OF_PERIODS = """
    select workspace_id, period, sum(cost) as cost from marts.{} where {} group by all
    having sum(cost) is not null order by all
"""

KNOWN = "select workspace_id, period from marts.credit_summary where cost is not null"


@pytest.fixture(scope="module", params=SEEDS)
def load(
    request: pytest.FixtureRequest, credits_command: Credits, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, NightlyRun]:
    """The seed, and the last run of its histories."""
    runs = histories(COUNT, RUNS, request.param)
    return request.param, run_all(credits_command, runs, tmp_path_factory.mktemp(f"load{request.param}"))[-1]


def test_a_load_has_lots_prices_grants_refunds_and_two_currencies(load: tuple[int, NightlyRun]) -> None:
    _, run = load
    ((lots, prices, currencies, free, refunded, overage),) = run.query(
        "select count(distinct (workspace_id, lot_id)), count(distinct unit_price), "
        "count(distinct currency), count(*) filter (unit_price = 0), count(*) filter (refunded_credits > 0), "
        "count(*) filter (draw_kind = 'overage') from marts.lot_draws"
    )
    assert min(lots, prices) > 10 and min(free, refunded, overage) > 0 and currencies == 2
    assert run.query(
        "select count(*) > 0 from (select workspace_id from marts.lot_draws where credits > 0 "
        "group by all having count(distinct currency) > 1)"
    ) == [(True,)]


def test_lot_draws_and_overage_are_the_usage_of_each_day(load: tuple[int, NightlyRun]) -> None:
    _, run = load
    # without a ledger there is nothing to draw from
    with_ledger = "workspace_id in (select workspace_id from marts.lot_draws)"
    used = run.query(DRAWN.format(f"usage_daily where {with_ledger}"))
    assert run.query(DRAWN.format("lot_draws")) == used
    assert run.query(DRAWN.format(f"chargeback_daily where {with_ledger}")) == used != []


def test_cells_lots_charges_and_summary_cost_the_same(load: tuple[int, NightlyRun]) -> None:
    _, run = load
    cells, lots, charges = (run.query(IN_ONE_CURRENCY.format(sql)) for sql in COSTS.values())
    assert cells == lots == charges != []
    assert run.query(BY_CURRENCY.format("lot_draws")) == run.query(BY_CURRENCY.format("chargeback_daily"))
    summary = run.query(OF_PERIODS.format("credit_summary", "true"))
    for scope in ("workspace", "member", "team", "product_category", "generation_type"):
        of_scope = f"scope = '{scope}' and (workspace_id, period) in ({KNOWN})"
        assert run.query(OF_PERIODS.format("unit_costs", of_scope)) == summary != []


def test_plain_python_and_a_full_refresh_find_the_same(
    credits_command: Credits, load: tuple[int, NightlyRun], tmp_path: Path
) -> None:
    seed, run = load
    found = oracle_differences(run)
    assert_no_differences(found, seed=seed, run=-1, as_of=run.as_of, what="published and expected")
    refreshed = full_refresh(credits_command, run, tmp_path / "data")
    found = row_differences(run.published, refreshed.published, names=("increments", "full refresh"))
    assert_no_differences(found, seed=seed, run=-1, as_of=run.as_of, what="increments and full refresh")
    booked = "select * from marts.chargeback_daily order by all"
    assert refreshed.query(booked) == run.query(booked)
