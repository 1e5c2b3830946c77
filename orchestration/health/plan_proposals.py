"""Plans that the fundings so far suggest and nobody has delivered; proposed, never assumed.

Not here: what a plan does to the forecast (forecasting/plans.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from forecasting.plans import proposed_plans
from orchestration.publish.report.formatting import plain
from orchestration.warehouse.forecast_inputs import ENTRIES
from orchestration.warehouse.protocol import Warehouse, WarehouseError

MICRO = 1_000_000
_MOST = 5
_PLANS = "select workspace_id from dimensions.dim_credit_plans"


def plan_proposals(warehouse: Warehouse) -> Iterator[str]:
    """A sentence for each workspace that is funded at an interval and has no plan; none before a run."""
    try:
        proposals = proposed_plans(warehouse.query(ENTRIES), warehouse.query(_PLANS))
    except (duckdb.Error, WarehouseError):
        return
    for workspace_id, plan, count in proposals[:_MOST]:
        size = f"{plan.credits_micro / MICRO:,.6f}".rstrip("0").rstrip(".")
        yield (
            f"{plain(workspace_id)}: {count} fundings of {size} credits, one each {plan.interval} from "
            f"{plan.starts_on}, and no plan. If they go on, deliver one in credit_plans: credits, interval "
            f"{plan.interval}, starts_on {plan.starts_on}; the forecast then counts on the renewals."
        )
    if len(proposals) > _MOST:
        yield f"and {len(proposals) - _MOST} more"
