"""Inputs of ledger and forecast, read from the working warehouse in whole micro-credits.

Not Dagster, and no arithmetic: that is forecasting/.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from forecasting.budgets.forecast import BudgetHistory
from forecasting.depletion.calibration import Calibration
from forecasting.depletion.forecast import CreditHistory, Method
from forecasting.depletion.what_if import RecentUsage
from forecasting.ledger import DrawPolicy
from forecasting.purchasing.recommend import BuyingTerms
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql

ENTRIES = read_sql(__file__, "credit_entries")
PLANS = read_sql(__file__, "credit_plans")
OVERAGE_PRICES = """
    select workspace_id, version_number, from_on, overage_price, currency
    from dimensions.dim_overage_prices
"""
USAGE = """
    select workspace_id, usage_date, cast(credits * 1000000 as bigint) as credits_micro
    from facts.fct_usage_by_day
"""
_BALANCES = """
    select
        workspace_id, usage_date,
        cast(closing * 1000000 as bigint) as closing_micro,
        cast(overage * 1000000 as bigint) as overage_micro,
        cast(before_ledger * 1000000 as bigint) as before_ledger_micro
    from facts.fct_credit_balance_daily
"""
_LOTS = """
    select
        workspace_id, lot_id, lot_status, priority, effective_on, expires_on,
        cast(remaining * 1000000 as bigint) as remaining_micro
    from facts.fct_credit_lots
"""
_WORKSPACES = "select workspace_id, lead_time_days from facts.dim_reporting_workspaces order by workspace_id"
_PACKS = read_sql(__file__, "credit_packs")
_CHARGES = """
    select
        workspace_id, usage_date, source, event_id,
        cast(cast(credits as decimal(38, 6)) * 1000000 as bigint) as credits_micro,
        cast((cast(credits as decimal(38, 6)) - p99_credits) * 1000000 as bigint) as excess_micro
    from facts.fct_implausible_charges
"""
_BUDGET_PERIODS = """
    select
        periods.workspace_id, periods.budget_id, periods.period_start, periods.counted_from,
        periods.counted_to, periods.is_open, cast(periods.budget * 1000000 as double) as budget_micro
    from dimensions.dim_budget_periods as periods
    inner join facts.dim_reporting_workspaces as workspaces
        on periods.workspace_id = workspaces.workspace_id
    order by periods.workspace_id, periods.budget_id, periods.period_start
"""
_BUDGET_USAGE = read_sql(__file__, "budget_usage")


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


def history_of(warehouse: Warehouse) -> CreditHistory:
    """Balances, lots, usage, packs and implausible charges of the warehouse."""
    parts = (_BALANCES, _LOTS, USAGE, _WORKSPACES, _PACKS, _CHARGES)
    return CreditHistory(*map(warehouse.query, parts))


def budget_history_of(warehouse: Warehouse) -> BudgetHistory | None:
    """The periods of budgets and the days of their scopes; None without any, and nothing is read for them."""
    periods = warehouse.query(_BUDGET_PERIODS)
    if periods.empty:
        return None
    workspaces = "workspace_id in (select workspace_id from dimensions.dim_budget_periods)"
    balances = warehouse.query(f"{_BALANCES} where {workspaces}")
    return BudgetHistory(periods, warehouse.query(_BUDGET_USAGE), balances)


def calibration_of(warehouse: Warehouse) -> Calibration:
    """The calibration this warehouse has promoted."""
    (content,) = warehouse.query("select content from forecast.models where promoted")["content"].tolist()
    return Calibration.from_json(content, name="forecast.models")


def method_of(warehouse: Warehouse, variables: Mapping[str, Any]) -> Method:
    """The calibration this warehouse has promoted, and the policy and terms of the dbt project."""
    terms = BuyingTerms(float(variables["stockout_risk"]), int(variables["cover_days"]))
    return Method(calibration_of(warehouse), draw_policy(variables), terms)


def forecast_as_of(warehouse: Warehouse) -> date | None:
    """The as_of of the forecast in the warehouse; None if there is none."""
    if not warehouse.has_table("forecast.credit_depletion"):
        return None
    (as_of,) = warehouse.fetch("select max(as_of) from forecast.credit_depletion")[0]
    return as_of if isinstance(as_of, date) else None


def facts_of(warehouse: Warehouse, workspace_id: str, *, as_of: date) -> RecentUsage:
    """Usage of the workspace in the 30 days up to as_of."""
    quoted = workspace_id.replace("'", "''")
    (row,) = warehouse.fetch(read_sql(__file__, "recent_usage", workspace_id=quoted, last_day=as_of))
    return RecentUsage(*map(int, row))
