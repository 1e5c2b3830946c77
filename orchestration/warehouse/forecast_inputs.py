"""What ledger and forecast are made from, read from the working warehouse in whole micro-credits.

Not Dagster, and no arithmetic: that is forecasting/.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from forecasting.depletion.calibration import Calibration
from forecasting.depletion.forecast import History, Method
from forecasting.depletion.what_if import Facts
from forecasting.ledger import DrawPolicy
from forecasting.purchasing.recommend import BuyingTerms
from orchestration.warehouse.protocol import Warehouse

ENTRIES = """
    select
        workspace_id, entry_id, entry_type,
        cast(cast(credits as decimal(38, 6)) * 1000000 as bigint) as credits_micro,
        lot_id, priority, occurred_at, occurred_on, effective_at, effective_on, expires_at, expires_on
    from facts.fct_credit_entries
"""
USAGE = """
    select workspace_id, usage_date, cast(credits * 1000000 as bigint) as credits_micro
    from facts.fct_usage_by_day
"""
_BALANCES = """
    select
        workspace_id, usage_date,
        cast(closing * 1000000 as bigint) as closing_micro, cast(overage * 1000000 as bigint) as overage_micro
    from facts.fct_credit_balance_daily
"""
_LOTS = """
    select
        workspace_id, lot_id, lot_status, priority, effective_on, expires_on,
        cast(remaining * 1000000 as bigint) as remaining_micro
    from facts.fct_credit_lots
"""
_WORKSPACES = "select workspace_id, lead_time_days from facts.dim_reporting_workspaces order by workspace_id"
_PACKS = """
    select
        workspace_id, pack_id, cast(cast(credits as decimal(38, 6)) * 1000000 as bigint) as credits_micro,
        cast(price as decimal(38, 12)) as price, currency, validity_days
    from staging.stg_credit_packs
    where is_newest
"""
_CHARGES = """
    select
        workspace_id, usage_date,
        cast((cast(credits as decimal(38, 6)) - p99_credits) * 1000000 as bigint) as excess_micro
    from facts.fct_implausible_charges
"""


def draw_policy(variables: Mapping[str, Any]) -> DrawPolicy:
    """The policy that the variables of the dbt project choose.

    Raises:
        ValueError: a variable has a value that is no policy.
    """
    order = variables["ledger_draw_order"]
    return DrawPolicy(
        draw_order=tuple(order) if isinstance(order, list) else order,
        repays_overage=variables["ledger_repays_overage"],
    )


def history_of(warehouse: Warehouse) -> History:
    """What the warehouse knows of balances, lots, usage and packs."""
    parts = (_BALANCES, _LOTS, USAGE, _WORKSPACES, _PACKS, _CHARGES)
    return History(*map(warehouse.query, parts))


def method_of(warehouse: Warehouse, variables: Mapping[str, Any]) -> Method:
    """The calibration this warehouse has promoted, and the policy and terms of the dbt project."""
    (content,) = warehouse.query("select content from forecast.models where promoted")["content"].tolist()
    terms = BuyingTerms(float(variables["stockout_risk"]), int(variables["cover_days"]))
    calibration = Calibration.from_json(content, name="forecast.models")
    return Method(calibration, draw_policy(variables), terms)


def told_on(warehouse: Warehouse) -> date | None:
    """The as_of of the forecast that stands in the warehouse; None if there is none."""
    if not warehouse.has_table("forecast.credit_depletion"):
        return None
    (as_of,) = warehouse.fetch("select max(as_of) from forecast.credit_depletion")[0]
    return as_of if isinstance(as_of, date) else None


def facts_of(warehouse: Warehouse, workspace_id: str, *, as_of: date) -> Facts:
    """What the workspace did in the 30 days up to as_of."""
    quoted = workspace_id.replace("'", "''")
    row = warehouse.fetch(f"""
        select
            coalesce(sum(credits), 0) * 1000000,
            coalesce(sum(case when is_regeneration then credits end), 0) * 1000000,
            count(distinct member_id),
            count(distinct product_id)
        from facts.fct_generations
        where workspace_id = '{quoted}' and usage_date > date '{as_of}' - 30 and usage_date <= date '{as_of}'
    """)[0]
    return Facts(*map(int, row))
