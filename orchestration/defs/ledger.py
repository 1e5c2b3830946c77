"""facts -> facts: the credit ledger, drawn down lot by lot.

In Python because each day's draw depends on the day before; the arithmetic is in forecasting/ledger.py.
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from forecasting.ledger import draw_down, with_expected
from forecasting.lot_prices import price_draws
from forecasting.plans import expected_lots
from orchestration.defs.resources import RunContext
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.exact_sql import credits_of, price_of
from orchestration.warehouse.forecast_inputs import ENTRIES, OVERAGE_PRICES, PLANS, USAGE, draw_policy
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql

_LOTS = read_sql(__file__, "facts.fct_credit_lots")
_BALANCES = read_sql(__file__, "facts.fct_credit_balance_daily")
_WARNINGS = (
    "select workspace_id, entry_id, lot_id, entry_type, warning, detail, "
    f"cast(counted_on as date) as counted_on, {credits_of('credits')} from frame"
)
_MOVEMENTS = (
    "select workspace_id, entry_id, lot_id, cast(counted_on as date) as counted_on, "
    f"{credits_of('funded')}, {credits_of('voided')}, {price_of('unit_price')}, currency, is_cost_returned "
    "from frame"
)
_DRAWS = (
    "select workspace_id, cast(usage_date as date) as usage_date, draw_number, draw_count, draw_kind, "
    f"lot_id, {credits_of('line_start')}, {credits_of('credits')}, {price_of('unit_price')}, currency "
    "from frame"
)

_TABLES = {
    "fct_credit_lots": "One row per workspace and lot: credits funded, consumed, expired, voided by as_of.",
    "fct_credit_balance_daily": "One row per workspace with credit entries and local day: its balance.",
    "fct_lot_movements": "One row per entry that changed the credits of a lot: its lot, day, credits, price.",
    "fct_lot_draws_daily": "One row per workspace, day and lot that paid, and overage: credits and price.",
    "fct_ledger_warnings": "One row per entry with less effect than it asks for, or that contradicts others.",
}


@dg.multi_asset(
    name="credit_ledger",
    specs=[
        dg.AssetSpec(
            key=["facts", table],
            deps=[
                ["facts", "fct_credit_entries"],
                ["facts", "fct_usage_by_day"],
                ["facts", "int_generations_classified"],
                ["facts", "dim_reporting_workspaces"],
                ["dimensions", "dim_credit_plans"],
                ["dimensions", "dim_overage_prices"],
            ],
            group_name="facts",
            description=description,
            kinds={"python"},
        )
        for table, description in _TABLES.items()
    ],
)
def credit_ledger(
    run: RunContext, dbt: dg.ResourceParam[DbtProject], warehouse: dg.ResourceParam[Warehouse]
) -> Iterator[dg.MaterializeResult]:
    """Draw each day's usage from the lots valid on it; book expiry, voids and overage."""
    as_of = run.as_of_date(warehouse)
    policy = draw_policy(dbt.variables)
    entries = warehouse.query(ENTRIES)
    ledger = draw_down(entries, warehouse.query(USAGE), as_of=as_of, policy=policy)
    priced = price_draws(ledger.draws, ledger.movements, entries, warehouse.query(OVERAGE_PRICES))
    expected = expected_lots(warehouse.query(PLANS), entries, as_of=as_of, taken=ledger.lots)
    lots = with_expected(ledger.lots, expected)
    written = {
        "fct_credit_lots": warehouse.replace("facts.fct_credit_lots", lots, select=_LOTS),
        "fct_credit_balance_daily": warehouse.replace(
            "facts.fct_credit_balance_daily", ledger.balance_daily, select=_BALANCES
        ),
        "fct_lot_movements": warehouse.replace(
            "facts.fct_lot_movements", priced.movements, select=_MOVEMENTS
        ),
        "fct_lot_draws_daily": warehouse.replace("facts.fct_lot_draws_daily", priced.draws, select=_DRAWS),
        "fct_ledger_warnings": warehouse.replace(
            "facts.fct_ledger_warnings", pd.concat([ledger.warnings, priced.warnings]), select=_WARNINGS
        ),
    }
    for table, rows in written.items():
        yield dg.MaterializeResult(asset_key=["facts", table], metadata={"dagster/row_count": rows})
