"""facts -> forecast: days far above a workspace's own past, and single charges implausible by themselves.

The arithmetic does not belong here: it is forecasting/spikes.py and forecasting/spike_causes.py.
"""

from datetime import timedelta

import dagster as dg

from forecasting.spikes.causes import explain_spikes
from forecasting.spikes.detect import USAGE_DAYS, USUAL_DAYS, find_day_spikes
from orchestration.defs.resources import RunContext
from orchestration.warehouse.exact_sql import credits_of
from orchestration.warehouse.protocol import Warehouse

_USAGE = """
    select workspace_id, usage_date, cast(credits * 1000000 as bigint) as credits_micro
    from facts.fct_usage_by_day
    where usage_date > cast('{before}' as date)
"""
_CHARGES = """
    select
        workspace_id, usage_date, source, event_id, member_id, product_category, generation_type,
        cast(cast(credits as decimal(38, 6)) * 1000000 as bigint) as credits_micro,
        cast(cast(p99_credits as decimal(38, 6)) * 1000000 as bigint) as p99_micro
    from facts.fct_implausible_charges
"""
# only what the spikes need of the cells and of the events
_CELLS = f"""
    select
        spikes.workspace_id, cast(spikes.usage_date as date) as usage_date,
        cells.member_id, cells.product_category, cells.generation_type,
        cast(
            sum(case when cells.usage_date = spikes.usage_date then cells.credits else 0 end) * 1000000
            as bigint
        ) as credits_micro,
        cast(
            sum(case when cells.usage_date < spikes.usage_date then cells.credits else 0 end) * 1000000
            as bigint
        ) as before_micro
    from spikes
    inner join facts.int_usage_daily_base as cells
        on
            spikes.workspace_id = cells.workspace_id
            and cells.usage_date <= spikes.usage_date
            and cells.usage_date >= spikes.usage_date - interval '{USUAL_DAYS}' day
    group by all
"""
_LARGEST = """
    select
        workspace_id, usage_date, source, event_id,
        cast(cast(credits as decimal(38, 6)) * 1000000 as bigint) as credits_micro
    from (
        select
            generations.*,
            row_number() over (
                partition by generations.workspace_id, generations.usage_date
                order by generations.credits desc, generations.source, generations.event_id
            ) as place
        from facts.int_generations_classified as generations
        inner join spikes
            on
                generations.workspace_id = spikes.workspace_id
                and generations.usage_date = cast(spikes.usage_date as date)
    ) as placed
    where place = 1
"""
_SPIKES = f"""
    select
        workspace_id, cast(usage_date as date) as usage_date, scope,
        {credits_of("credits")}, {credits_of("usual")},
        cause, cause_kind, cause_id, {credits_of("cause_credits")},
        event_ids, event_count, is_muted
    from frame
"""


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
def usage_spikes(run: RunContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """Days of the last 90 far above their workspace's own past, and charges implausible by themselves, each
    with its cause.

    One row per workspace, day and scope (`day` or `event`); of one story, all but the first are muted.
    """
    as_of = run.as_of_date(warehouse)
    usage = warehouse.query(_USAGE.format(before=as_of - timedelta(days=USAGE_DAYS)))
    charges = warehouse.query(_CHARGES)
    days = find_day_spikes(usage, charges, as_of=as_of)
    spikes = explain_spikes(
        days,
        warehouse.query(_CELLS, frames={"spikes": days}),
        warehouse.query(_LARGEST, frames={"spikes": days}),
        charges,
        as_of=as_of,
    )
    rows = warehouse.replace("forecast.usage_spikes", spikes, select=_SPIKES)
    alerts = spikes.loc[~spikes["is_muted"], "scope"].value_counts().to_dict()
    return dg.MaterializeResult(metadata={"dagster/row_count": rows, "as_of": str(as_of), "alerts": alerts})
