"""The ledger step follows the policy of the dbt variables.

Not here: what a policy does to the ledger.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from forecasting.ledger import DEFAULT_POLICY, DrawPolicy
from orchestration.defs.ledger import credit_ledger, draw_policy
from orchestration.defs.resources import RunContext
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.duckdb import DuckDBWarehouse

REPO = Path(__file__).resolve().parents[3]


def project(folder: Path, *variables: str) -> DbtProject:
    (folder / "dbt_project.yml").write_text("\n  ".join(["vars:", *variables]))
    return DbtProject(folder, target_dir=folder)


def test_the_dbt_variables_give_the_default_policy(tmp_path: Path) -> None:
    variables = DbtProject(REPO / "dbt_project", target_dir=tmp_path).variables
    assert draw_policy(variables) == DEFAULT_POLICY


def test_a_changed_dbt_variable_changes_the_policy(tmp_path: Path) -> None:
    changed = project(tmp_path, "ledger_draw_order: [expires_on]", "ledger_repays_overage: true")
    assert draw_policy(changed.variables) == DrawPolicy(draw_order=("expires_on",), repays_overage=True)


@pytest.mark.parametrize("order", ["", "priority", "[priority, age]"])
def test_an_invalid_policy_variable_is_refused(tmp_path: Path, order: str) -> None:
    variables = project(tmp_path, f"ledger_draw_order: {order}", "ledger_repays_overage: false").variables
    with pytest.raises(ValueError, match="A draw order lists names"):
        draw_policy(variables)


def test_the_ledger_step_follows_the_policy_of_the_project(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    with warehouse.connect() as connection:
        connection.execute("create schema facts")
        connection.execute("""
            create table facts.fct_credit_entries as
            select 'w' as workspace_id, lot_id as entry_id, 'purchase' as entry_type, 100 as credits, lot_id,
                priority, occurred_at, cast(occurred_at as date) as occurred_on,
                occurred_at + interval 1 day as effective_at,
                cast(occurred_at + interval 1 day as date) as effective_on, null::timestamp as expires_at,
                null::date as expires_on,
                null as plan_id, 10.00 as amount, 'EUR' as currency, null as related_event_id,
                null as related_source
            from (values ('b', 1, timestamp '2026-03-01'), ('a', 2, timestamp '2026-03-01'))
                as lots(lot_id, priority, occurred_at)
        """)
        connection.execute("""
            create table facts.int_generations_classified as
            select 'native' as source, 'g' as event_id, 'w' as workspace_id, date '2026-03-01' as usage_date
        """)
        connection.execute("""
            create table facts.dim_reporting_workspaces as select 'w' as workspace_id, 'UTC' as timezone
        """)
        connection.execute("create schema dimensions")
        connection.execute("""
            create table dimensions.dim_credit_plans as
            select 'w' as workspace_id, 'team' as plan_id, 1000 as credits, 'year' as renewal_interval,
                date '2026-05-01' as starts_on, null::date as ends_on, 0 as rollover_days
        """)
        connection.execute("""
            create table dimensions.dim_overage_prices as
            select 'w' as workspace_id, 1 as version_number, null::date as from_on, 0.5 as overage_price,
                'EUR' as currency
        """)
        connection.execute("""
            create table facts.fct_usage_by_day as
            select 'w' as workspace_id, date '2026-03-01' as usage_date, 30 as credits
        """)
    dbt = project(tmp_path, "ledger_draw_order: [lot_id]", "ledger_repays_overage: true")
    run = RunContext(data_dir=str(tmp_path), as_of="2026-03-02")
    list(credit_ledger(run=run, dbt=dbt, warehouse=warehouse))
    lots = warehouse.query("select lot_id, cast(consumed as integer) as n from facts.fct_credit_lots")
    assert lots.set_index("lot_id")["n"].to_dict() == {"a": 30, "b": 0, "team 2026-05-01": 0}
    draws = warehouse.query("""
        select lot_id, cast(credits * unit_price as double) as cost, currency from facts.fct_lot_draws_daily
        where draw_kind = 'lot'
    """)
    assert draws.to_numpy().tolist() == [["a", 3.0, "EUR"]]
