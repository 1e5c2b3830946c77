"""facts -> facts: the credit ledger, drawn down lot by lot.

In Python because each day's draw depends on the day before; the arithmetic is in forecasting/ledger.py.
"""

from collections.abc import Iterator

import dagster as dg

from forecasting.ledger import draw_down
from orchestration.defs.resources import RunContext
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.exact_sql import credits_of
from orchestration.warehouse.forecast_inputs import ENTRIES, USAGE, draw_policy
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql

_LOTS = read_sql(__file__, "facts.fct_credit_lots")
_BALANCES = read_sql(__file__, "facts.fct_credit_balance_daily")
_WARNINGS = f"select workspace_id, entry_id, lot_id, entry_type, warning, {credits_of('credits')} from frame"

_TABLES = {
    "fct_credit_lots": "One row per workspace and lot: credits funded, consumed, expired, voided by as_of.",
    "fct_credit_balance_daily": "One row per workspace with credit entries and local day: its balance.",
    "fct_ledger_warnings": "One row per void or negative adjustment that could not take its full amount.",
}


@dg.multi_asset(
    name="credit_ledger",
    specs=[
        dg.AssetSpec(
            key=["facts", table],
            deps=[["facts", "fct_credit_entries"], ["facts", "fct_usage_by_day"]],
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
    ledger = draw_down(warehouse.query(ENTRIES), warehouse.query(USAGE), as_of=as_of, policy=policy)
    written = {
        "fct_credit_lots": warehouse.replace("facts.fct_credit_lots", ledger.lots, select=_LOTS),
        "fct_credit_balance_daily": warehouse.replace(
            "facts.fct_credit_balance_daily", ledger.balance_daily, select=_BALANCES
        ),
        "fct_ledger_warnings": warehouse.replace(
            "facts.fct_ledger_warnings", ledger.warnings, select=_WARNINGS
        ),
    }
    for table, rows in written.items():
        yield dg.MaterializeResult(asset_key=["facts", table], metadata={"dagster/row_count": rows})
