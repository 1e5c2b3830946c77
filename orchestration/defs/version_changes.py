"""facts -> waste: rulesets and templates that replaced another, before and after.

The arithmetic does not belong here: it is forecasting/version_changes.py.
"""

from datetime import timedelta

import dagster as dg

from forecasting.waste.version_changes import KNOWN_DAYS, LISTED_DAYS, compare, find_changes, sides_of
from orchestration.defs.resources import RunContext
from orchestration.warehouse.exact_sql import credits_of as exact
from orchestration.warehouse.protocol import Warehouse

_BY_KIND = """
    kinds.version_kind,
    case kinds.version_kind when 'ruleset' then ruleset_id else template_id end as version_id
"""
_KINDS = "cross join (select 'ruleset' as version_kind union all select 'template' as version_kind) as kinds"
# only of workspaces and types in which an id appeared after another one
_DAILY = f"""
    with daily as (
        select workspace_id, generation_type, ruleset_id, template_id, usage_date, count(*) as attempts
        from facts.int_generations_classified
        where attempt_number is not null and usage_date > cast('{{known_after}}' as date)
        group by all
    ),

    by_kind as (
        select workspace_id, generation_type, {_BY_KIND}, usage_date, attempts
        from daily
        {_KINDS}
    ),

    versions as materialized (
        select
            workspace_id, generation_type, version_kind, version_id, usage_date,
            cast(sum(attempts) as bigint) as attempts
        from by_kind
        where version_id is not null
        group by all
    ),

    began as (
        select workspace_id, generation_type, version_kind, version_id, min(usage_date) as began_on
        from versions
        group by all
    ),

    changing as (
        select workspace_id, generation_type, version_kind
        from began
        group by all
        having max(began_on) > min(began_on) and max(began_on) > cast('{{listed_after}}' as date)
    )

    select versions.*
    from versions
    semi join changing using (workspace_id, generation_type, version_kind)
"""
_SUMS = f"""
    with attempts as (
        select
            workspace_id, generation_type, {_BY_KIND}, usage_date, product_id, attempt_number, quality_score
        from facts.int_generations_classified
        {_KINDS}
        where attempt_number is not null and usage_date >= (select min(from_on) from sides)
    ),

    products as (
        select
            sides.change, sides.is_after, attempts.product_id,
            count(*) as attempts,
            count(*) filter (attempts.attempt_number >= 2) as regenerations,
            count(attempts.quality_score) filter (attempts.attempt_number = 1) as scored,
            coalesce(
                sum(cast(attempts.quality_score * 100000000000000000 as hugeint))
                    filter (attempts.attempt_number = 1),
                0
            ) as quality_steps
        from sides
        inner join attempts
            on
                sides.workspace_id = attempts.workspace_id
                and sides.generation_type = attempts.generation_type
                and sides.version_kind = attempts.version_kind
                and sides.version_id = attempts.version_id
                and attempts.usage_date between sides.from_on and sides.to_on
        group by all
    ),

    measured as (
        select *, divide(quality_steps, 100000000000) as quality
        from products
    )

    select
        change, is_after,
        count(*) as products,
        cast(sum(attempts) as bigint) as attempts,
        cast(sum(regenerations) as bigint) as regenerations,
        cast(sum(attempts * attempts) as double) as attempts_squared,
        cast(sum(attempts * regenerations) as double) as attempts_by_regenerations,
        cast(sum(regenerations * regenerations) as double) as regenerations_squared,
        count(*) filter (scored > 0) as scored_products,
        cast(sum(scored) as bigint) as scored,
        sum(quality_steps) as quality_steps,
        cast(sum(scored * scored) as double) as scored_squared,
        cast(sum(scored * quality) as double) as scored_by_quality,
        cast(sum(quality * quality) as double) as quality_squared
    from measured
    group by change, is_after
"""
_MEASURES = ", ".join(
    ", ".join(exact(f"{measure}_{part}") for part in ("before", "after"))
    + ", "
    + ", ".join(exact(f"{measure}_difference{end}") for end in ("", "_low", "_high"))
    for measure in ("regeneration_rate", "first_pass_quality_score")
)
_CHANGES = f"""
    select
        workspace_id, generation_type, version_kind, version_id, previous_id,
        cast(changed_on as date) as changed_on,
        attempts_before, attempts_after, regenerations_before, regenerations_after,
        first_pass_scored_before, first_pass_scored_after,
        {_MEASURES}
    from frame
"""


@dg.asset(
    key=["waste", "version_changes"],
    deps=[["facts", "int_generations_classified"]],
    group_name="waste",
    kinds={"python"},
)
def version_changes(run: RunContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """Rulesets and templates first used in the last 90 days in place of another one: regeneration rate and
    first-pass quality in the 30 days before and after.

    One row per workspace, generation type and new id. A difference says when something changed, not why.
    """
    as_of = run.as_of_date(warehouse)
    known_after, listed_after = (as_of - timedelta(days=days) for days in (KNOWN_DAYS, LISTED_DAYS))
    daily = warehouse.query(_DAILY.format(known_after=known_after, listed_after=listed_after))
    changes = find_changes(daily, as_of=as_of)
    sums = warehouse.query(_SUMS, frames={"sides": sides_of(changes, as_of=as_of)})
    compared = compare(changes, sums)
    rows = warehouse.replace("waste.version_changes", compared, select=_CHANGES)
    found = changes["version_kind"].value_counts().to_dict()
    return dg.MaterializeResult(metadata={"dagster/row_count": rows, "as_of": str(as_of), "changes": found})
