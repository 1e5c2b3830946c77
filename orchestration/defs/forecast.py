"""facts -> forecast: when each workspace's credits run out.

The arithmetic does not belong here: it is forecasting/depletion.py.
"""

import dagster as dg

from forecasting.depletion import forecast_depletion
from orchestration.defs.ledger import USAGE, credits_of
from orchestration.defs.raw import OWNERS
from orchestration.defs.resources import Night
from orchestration.warehouse.duckdb_warehouse import DuckDBWarehouse

_BALANCES = """
    select workspace_id, usage_date, cast(closing * 1000000 as bigint) as closing_micro
    from facts.fct_credit_balance_daily
"""
_LOTS = """
    select workspace_id, lot_status, effective_on, cast(remaining * 1000000 as bigint) as remaining_micro
    from facts.fct_credit_lots
"""

_FORECAST = f"""
    select
        workspace_id,
        cast(as_of as date) as as_of,
        forecast_status,
        {credits_of("credits_remaining")},
        {credits_of("burn_rate_7d_credits")},
        burn_rate_7d_days,
        {credits_of("burn_rate_30d_credits")},
        burn_rate_30d_days,
        cast(pace_date as date) as pace_date,
        cast(empty_since as date) as empty_since,
        cast(next_grant_on as date) as next_grant_on,
        history_days
    from frame
    """


@dg.asset(
    key=["forecast", "credit_depletion"],
    deps=[
        ["facts", "fct_credit_balance_daily"],
        ["facts", "fct_credit_lots"],
        ["facts", "fct_usage_days"],
        ["facts", "fct_workspaces"],
    ],
    group_name="forecast",
    owners=OWNERS,
    kinds={"python", "duckdb"},
)
def credit_depletion(night: Night, warehouse: dg.ResourceParam[DuckDBWarehouse]) -> dg.MaterializeResult:
    """When each workspace's credits run out as seen from as_of: status, burn rates, the date at current pace.

    One row per workspace; the forecasts of earlier days stay in the journal.
    """
    as_of = night.as_of_date(warehouse)
    forecast = forecast_depletion(
        warehouse.query(_BALANCES),
        warehouse.query(_LOTS),
        warehouse.query(USAGE),
        warehouse.query("select workspace_id from facts.fct_workspaces order by workspace_id"),
        as_of=as_of,
    )
    rows = warehouse.replace("forecast.credit_depletion", forecast, select=_FORECAST)
    statuses = forecast["forecast_status"].value_counts().to_dict()
    return dg.MaterializeResult(
        metadata={"dagster/row_count": rows, "as_of": str(as_of), "statuses": statuses}
    )
