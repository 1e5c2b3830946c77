"""What the waste classifier is made from, read from the working warehouse.

Not Dagster, and no arithmetic: that is forecasting/.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from forecasting.waste_savings import SAVING_DAYS
from forecasting.waste_segments import REASONS
from orchestration.warehouse.duckdb_warehouse import DuckDBWarehouse

MAX_CASES = 2_000_000
AT_ONCE = 1_000_000
_PARTS = 10_000
_CASES = """
    select
        row_id, source, event_id, workspace_id, member_id, product_id, generation_type, product_category,
        ruleset_id, template_id, model, attempt_number, since_previous_us,
        cast(quality_score as double) as quality_score, cast(credits as double) as credits,
        made_us, settled_after_us, is_wasted, known_on, usage_date
    from facts.fct_waste_cases
    where {condition}
    order by workspace_id, source, event_id
"""


def learning_cases(warehouse: DuckDBWarehouse) -> pd.DataFrame:
    """The cases to learn from, in an order of their own; of too many, those of some products only."""
    found = _count(warehouse, "true")
    share = min(_PARTS, _PARTS * MAX_CASES // max(found, 1))
    return warehouse.query(
        _CASES.format(condition=f"{_part(_PARTS)} < {share}" if share < _PARTS else "true")
    )


def cases_to_score(warehouse: DuckDBWarehouse, *, as_of: date, days: int) -> Iterator[pd.DataFrame]:
    """The cases of the last days, about AT_ONCE at a time."""
    recent = f"usage_date > date '{as_of}' - {days}"
    parts = _count(warehouse, recent) // AT_ONCE + 1
    for part in range(parts):
        chosen = f" and {_part(parts)} = {part}" if parts > 1 else ""
        yield warehouse.query(_CASES.format(condition=recent + chosen))


def registry_of(warehouse: DuckDBWarehouse) -> pd.DataFrame:
    """What the last run registered of the waste classifier; empty if there was none."""
    if not warehouse.has_table("waste.models"):
        return pd.DataFrame(columns=["model", "version"])
    return warehouse.query("select * from waste.models order by model, version")


def _count(warehouse: DuckDBWarehouse, condition: str) -> int:
    counted = f"select count(*) as found from facts.fct_waste_cases where {condition}"
    return int(warehouse.query(counted)["found"][0])


def _part(parts: int) -> str:
    return f"hash(workspace_id, product_id) % {parts}"


_COUNTS = ", ".join(
    f"cast(sum(case when waste_reason = '{reason}' then 1 else 0 end) as double) as {reason}_count"
    for reason in REASONS
)
_CELLS = f"""
    select
        workspace_id, product_id, generation_type, product_category, ruleset_id, template_id, member_id,
        cast(sum(case when disposition <> 'pending' then 1 else 0 end) as double) as generation_count,
        {_COUNTS},
        cast(count(distinct episode_id) as double) as episode_count,
        cast(count(distinct case when attempt_count >= {{excess_attempts}} then episode_id end) as double)
            as long_episode_count,
        cast(sum(case when disposition <> 'pending' then credits else 0 end) as double) as decided_credits,
        cast(sum(case when disposition = 'wasted' then credits else 0 end) as double) as wasted_credits,
        cast(
            sum(case when usage_date > date '{{as_of}}' - {SAVING_DAYS} then credits else 0 end) as double
        ) as recent_credits
    from facts.fct_generations
    where usage_date > date '{{as_of}}' - {{days}}
    group by all
    order by all
"""
# what is told can be found again in generation_details by the same ids, days and conditions
_EVIDENCE = """
    with scoped as (
        select
            segments.workspace_id,
            segments.suggestion_rank,
            segments.waste_reason as told_reason,
            generations.disposition,
            generations.waste_reason,
            generations.episode_id,
            generations.attempt_count,
            generations.credits,
            coalesce(segments.ruleset_id = generations.ruleset_id, segments.ruleset_id is null)
            and coalesce(segments.template_id = generations.template_id, segments.template_id is null)
            and coalesce(
                segments.product_category = generations.product_category, segments.product_category is null
            )
            and coalesce(segments.member_id = generations.member_id, segments.member_id is null) as is_of
        from segments
        inner join facts.fct_generations as generations
            on
                segments.workspace_id = generations.workspace_id
                and coalesce(
                    segments.generation_type = generations.generation_type, segments.generation_type is null
                )
        where generations.usage_date > date '{as_of}' - {days}
    ),

    counted as (
        select
            *,
            disposition <> 'pending' as is_decided,
            case when told_reason = 'excess_regeneration' then episode_id end as episode
        from scoped
    )

    select
        workspace_id,
        suggestion_rank,
        count(case when is_of and is_decided then 1 end) as generation_count,
        count(case when is_of and disposition = 'wasted' then 1 end) as wasted_generation_count,
        cast(sum(case when is_of and is_decided then credits else 0 end) as decimal(38, 6)) as credits,
        cast(sum(case when is_of and disposition = 'wasted' then credits else 0 end) as decimal(38, 6))
            as wasted_credits,
        {unit_counts}
    from counted
    group by workspace_id, suggestion_rank, told_reason
"""
_UNIT_COUNT = """
        case
            when told_reason = 'excess_regeneration'
                then count(distinct case when {whose} {long} then episode end)
            else count(case when {whose} and is_decided {wasted} then 1 end)
        end as {name}
"""
_PEOPLE = "select workspace_id, member_id, member_name from dimensions.dim_members"
_TYPES = "select generation_type, generation_type_name from dimensions.dim_generation_types"
_STANDING = """
    select
        workspace_id,
        cast(credits_remaining as double) as credits_remaining,
        cast(burn_rate_30d_credits as double) / burn_rate_30d_days as burn_rate
    from forecast.credit_depletion
"""


def waste_cells(warehouse: DuckDBWarehouse, *, as_of: date, days: int, excess_attempts: int) -> pd.DataFrame:
    """What was made and wasted in the last days, by product and all that segments are made of."""
    return warehouse.query(_CELLS.format(as_of=as_of, days=days, excess_attempts=excess_attempts))


def evidence_of(
    warehouse: DuckDBWarehouse, segments: pd.DataFrame, *, as_of: date, days: int, excess_attempts: int
) -> pd.DataFrame:
    """Exact counts and credits behind each segment, and what stands against it in its workspace."""
    counts = ",".join(
        _UNIT_COUNT.format(
            whose=whose,
            long=f"and attempt_count >= {excess_attempts}" if affected else "",
            wasted="and waste_reason = told_reason" if affected else "",
            name=name,
        )
        for name, whose, affected in (
            ("evidence_count", "is_of", False),
            ("affected_count", "is_of", True),
            ("elsewhere_count", "not is_of", False),
            ("elsewhere_affected_count", "not is_of", True),
        )
    )
    return warehouse.query(
        _EVIDENCE.format(as_of=as_of, days=days, unit_counts=counts), frames={"segments": segments}
    )


def names_and_standing(warehouse: DuckDBWarehouse) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Names of members and of generation types, and what each workspace has left and burns a day."""
    return warehouse.query(_PEOPLE), warehouse.query(_TYPES), warehouse.query(_STANDING)
