"""What the waste classifier is made from, read from the working warehouse.

Not Dagster, and no arithmetic: that is forecasting/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

import pandas as pd

from forecasting.waste.savings import SAVING_DAYS
from forecasting.waste.segments import EARLY_REASONS, REASONS
from forecasting.waste.suggestions import Terms
from orchestration.warehouse.protocol import Warehouse

MAX_CASES = 2_000_000
AT_ONCE = 1_000_000
_HASHES = 2**32  # of the first eight digits of an md5
_CASES = """
    select
        row_id, source, event_id, workspace_id, member_id, product_id, generation_type, product_category,
        ruleset_id, template_id, model, attempt_number, since_previous_us,
        cast(quality_score as double) as quality_score, cast(credits as double) as credits,
        made_us, settled_after_us, is_pending, is_wasted, known_on, usage_date
    from facts.ml_waste_cases
    where {condition}
    order by workspace_id, source, event_id
"""


def learning_cases(warehouse: Warehouse) -> pd.DataFrame:
    """The cases to learn from, in an order of their own; of too many, those of some products only."""
    found = _count(warehouse, "true")
    return warehouse.query(_CASES.format(condition=_part(0, MAX_CASES, max(found, MAX_CASES))))


def cases_to_score(warehouse: Warehouse, *, as_of: date, days: int) -> Iterator[pd.DataFrame]:
    """The cases of the last days, about AT_ONCE at a time."""
    recent = f"usage_date > date '{as_of}' - {days}"
    parts = _count(warehouse, recent) // AT_ONCE + 1
    for part in range(parts):
        yield warehouse.query(_CASES.format(condition=f"{recent} and {_part(part, part + 1, parts)}"))


def registry_of(warehouse: Warehouse) -> pd.DataFrame:
    """What the last run registered of the waste classifier; empty if there was none."""
    if not warehouse.has_table("waste.models"):
        return pd.DataFrame(columns=["model", "version", "hash"])
    return warehouse.query("select * from waste.models order by model, version")


def _count(warehouse: Warehouse, condition: str) -> int:
    counted = f"select count(*) as found from facts.ml_waste_cases where {condition}"
    return int(warehouse.query(counted)["found"][0])


def _part(first: int, last: int, of: int) -> str:
    """SQL: whether a product is of the parts `first` to before `last` of `of`, the same on every engine."""
    key = "md5(concat(workspace_id, ';', product_id))"
    bounds = [f"{key} >= '{first * _HASHES // of:08x}'"] if first else []
    bounds += [f"{key} < '{last * _HASHES // of:08x}'"] if last < of else []
    return " and ".join(bounds) or "true"


_WASTED = ", ".join(
    f"sum(case when waste_reason = '{reason}' {'' if reason in EARLY_REASONS else 'and is_mature '}"
    f"then 1 else 0 end) as {reason}_count"
    for reason in REASONS
)
# one row for each way to be part of segments; `{ids}` may have the product, too
_COUNTED = f"""
    select
        {{ids}},
        is_mature,
        count(*) as generation_count,
        sum(case when is_mature then 1 else 0 end) as mature_count,
        {_WASTED},
        sum(case when attempt_number = 1 then 1 else 0 end) as episode_count,
        sum(case when attempt_number = 1 and attempt_count >= {{excess_attempts}} then 1 else 0 end)
            as long_episode_count,
        sum(case when disposition = 'used' then 1 else 0 end) as used_count,
        sum(case when disposition = 'wasted' then 1 else 0 end) as wasted_generation_count,
        sum(credits) as credits,
        sum(case when disposition = 'wasted' then credits else 0 end) as wasted_credits,
        sum(case when usage_date > date '{{as_of}}' - {SAVING_DAYS} then credits else 0 end) as recent_credits
    from (
        select *, usage_date <= date '{{as_of}}' - {{maturity_days}} as is_mature
        from facts.fct_generations
        where usage_date > date '{{as_of}}' - {{days}}
    ) as generations
    where {{condition}}
    group by {{ids}}, is_mature
"""
_SEGMENT_IDS = "workspace_id, generation_type, product_category, ruleset_id, template_id, member_id"
_CELL_IDS = f"product_id, {_SEGMENT_IDS}"
_CELLS = f"""
    select
        {_CELL_IDS},
        {
    ", ".join(
        f"cast(sum({name}) as double) as {name}"
        for name in (
            "generation_count",
            "mature_count",
            *(f"{reason}_count" for reason in REASONS),
            "episode_count",
            "long_episode_count",
            "used_count",
            "wasted_credits",
            "recent_credits",
        )
    )
},
        cast(sum(case when is_mature then credits else 0 end) as double) as mature_credits,
        cast(sum(case when is_mature then wasted_credits else 0 end) as double) as mature_wasted_credits
    from ({{counted}}) as counted
    group by all
    order by all
"""
# what is told can be found again in generation_details by the same ids, days and conditions
_EVIDENCE = f"""
    with counted as ({{counted}}),

    scoped as (
        select
            segments.workspace_id,
            segments.suggestion_rank,
            case segments.waste_reason
                when 'excess_regeneration' then counted.episode_count else counted.generation_count
            end as evidence_count,
            case segments.waste_reason
                when 'excess_regeneration' then counted.long_episode_count
                {" ".join(f"when '{reason}' then counted.{reason}_count" for reason in REASONS)}
            end as affected_count,
            counted.generation_count,
            counted.wasted_generation_count,
            counted.credits,
            counted.wasted_credits,
            {
    " and ".join(
        f"coalesce(segments.{name} = counted.{name}, segments.{name} is null)"
        for name in ("ruleset_id", "template_id", "product_category", "member_id")
    )
} as is_of
        from segments
        inner join counted
            on
                segments.workspace_id = counted.workspace_id
                and coalesce(
                    segments.generation_type = counted.generation_type, segments.generation_type is null
                )
        where counted.is_mature or segments.waste_reason in ({{early_reasons}})
    )

    select
        workspace_id,
        suggestion_rank,
        {
    ", ".join(
        f"cast(sum(case when is_of then {name} else 0 end) as {kind}) as {name}"
        for name, kind in {
            "generation_count": "bigint",
            "wasted_generation_count": "bigint",
            "credits": "decimal(38, 6)",
            "wasted_credits": "decimal(38, 6)",
            "evidence_count": "bigint",
            "affected_count": "bigint",
        }.items()
    )
},
        cast(sum(case when is_of then 0 else evidence_count end) as bigint) as elsewhere_count,
        cast(sum(case when is_of then 0 else affected_count end) as bigint) as elsewhere_affected_count
    from scoped
    group by workspace_id, suggestion_rank
"""
_PEOPLE = "select workspace_id, member_id, member_name from dimensions.dim_members"
_TYPES = "select generation_type, generation_type_name from dimensions.dim_generation_types"
_STANDING = """
    select
        workspace_id,
        cast(credits_remaining as double) as credits_remaining,
        cast(burn_rate_30d_credits as double) as burnt_credits,
        cast(burn_rate_30d_days as double) as burnt_days
    from forecast.credit_depletion
"""


def waste_cells(warehouse: Warehouse, terms: Terms) -> pd.DataFrame:
    """What was made and wasted, by product and all that segments are made of."""
    return warehouse.query(_CELLS.format(counted=_counted(terms, _CELL_IDS, "true")))


def evidence_of(warehouse: Warehouse, segments: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Exact counts and credits behind each segment, and of all else in its workspace."""
    counted = _counted(terms, _SEGMENT_IDS, "workspace_id in (select workspace_id from segments)")
    early = ", ".join(f"'{reason}'" for reason in EARLY_REASONS)
    return warehouse.query(
        _EVIDENCE.format(counted=counted, early_reasons=early), frames={"segments": segments}
    )


def _counted(terms: Terms, ids: str, condition: str) -> str:
    return _COUNTED.format(ids=ids, condition=condition, **asdict(terms))


def names_and_standing(warehouse: Warehouse) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Names of members and of generation types, and what each workspace has left and burnt in 30 days."""
    return warehouse.query(_PEOPLE), warehouse.query(_TYPES), warehouse.query(_STANDING)
