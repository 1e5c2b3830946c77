"""facts -> forecast: days far above a workspace's own past, and single implausible charges.

The arithmetic does not belong here: it is in forecasting/spikes/.
"""

from datetime import timedelta

import dagster as dg

from forecasting.spikes.causes import explain_spikes
from forecasting.spikes.detect import USAGE_DAYS, USUAL_DAYS, find_day_spikes
from orchestration.defs.resources import RunContext
from orchestration.lake.lake import Lake
from orchestration.settings import Settings
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql

_USAGE = """
    select workspace_id, usage_date, cast(credits * 1000000 as bigint) as credits_micro
    from facts.fct_usage_by_day
    where usage_date > cast('{before}' as date)
"""
_CHARGES = read_sql(__file__, "spike_charges")
# only the usage and generations that the spikes need
_CELLS = read_sql(__file__, "usage_around_spikes", usual_days=USUAL_DAYS, before="{before}")
_LARGEST = read_sql(__file__, "largest_generations_of_spikes")
_SPIKES = read_sql(__file__, "forecast.usage_spikes")


@dg.asset(
    key=["forecast", "usage_spikes"],
    deps=[
        ["facts", "fct_usage_by_day"],
        ["facts", "int_usage_daily_base"],
        ["facts", "int_generations_classified"],
        ["facts", "fct_implausible_charges"],
    ],
    group_name="forecast",
    kinds={"python"},
)
def usage_spikes(
    run: RunContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    warehouse: dg.ResourceParam[Warehouse],
) -> dg.MaterializeResult:
    """Days of the last 90 far above their workspace's own past, and single implausible charges, each with
    its cause.

    One row per workspace, day and scope (`day` or `event`); of related ones, all but the first are muted.
    """
    if run.is_unchanged(warehouse, lake, settings):
        return dg.MaterializeResult(metadata={"unchanged": True})
    as_of = run.as_of_date(warehouse)
    before = as_of - timedelta(days=USAGE_DAYS)
    usage = warehouse.query(_USAGE.format(before=before))
    charges = warehouse.query(_CHARGES)
    days = find_day_spikes(usage, charges, as_of=as_of)
    spikes = explain_spikes(
        days,
        warehouse.query(_CELLS.format(before=before), frames={"spikes": days}),
        warehouse.query(_LARGEST, frames={"spikes": days}),
        charges,
        as_of=as_of,
    )
    rows = warehouse.replace("forecast.usage_spikes", spikes, select=_SPIKES)
    alerts = spikes.loc[~spikes["is_muted"], "scope"].value_counts().to_dict()
    return dg.MaterializeResult(metadata={"dagster/row_count": rows, "as_of": str(as_of), "alerts": alerts})
