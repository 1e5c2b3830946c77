"""facts -> waste: what each workspace could change to waste less.

The arithmetic does not belong here: it is forecasting/waste_segments.py, waste_savings.py and
waste_suggestions.py.
"""

import dagster as dg

from forecasting.waste.savings import add_savings
from forecasting.waste.segments import find_segments
from forecasting.waste.suggestions import Terms, tell
from orchestration.defs.resources import RunContext
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.waste_inputs import evidence_of, names_and_standing, waste_cells

_TEXTS = ("ruleset_id", "template_id", "product_category", "member_id", "generation_type")
_COUNTS = ("evidence_count", "affected_count", "elsewhere_count", "elsewhere_affected_count")
_SUGGESTIONS = f"""
    select
        cast(workspace_id as varchar) as workspace_id,
        cast(suggestion_rank as bigint) as suggestion_rank,
        cast(segment_kind as varchar) as segment_kind,
        cast(segment_id as varchar) as segment_id,
        {", ".join(f"cast({name} as varchar) as {name}" for name in _TEXTS)},
        cast(waste_reason as varchar) as waste_reason,
        cast(generation_count as bigint) as generation_count,
        cast(wasted_generation_count as bigint) as wasted_generation_count,
        {", ".join(f"cast({name} as bigint) as {name}" for name in _COUNTS)},
        cast(credits as decimal(38, 6)) as credits,
        cast(wasted_credits as decimal(38, 6)) as wasted_credits,
        {
    ", ".join(
        f"least(cast(saving_{bound} as decimal(38, 6)), cast(wasted_credits as decimal(38, 6))) "
        f"as potential_saving_credits_{bound}"
        for bound in ("low", "mid", "high")
    )
},
        cast(saving_days as decimal(18, 1)) as saving_days,
        cast(suggestion as varchar) as suggestion,
        cast(evidence_from as date) as evidence_from,
        cast(evidence_to as date) as evidence_to
    from frame
"""


@dg.asset(
    key=["waste", "suggestions"],
    deps=[
        ["facts", "fct_generations"],
        ["dimensions", "dim_members"],
        ["dimensions", "dim_generation_types"],
        ["forecast", "credit_depletion"],
    ],
    group_name="waste",
    kinds={"python"},
)
def suggestions(
    run: RunContext, dbt: dg.ResourceParam[DbtProject], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """What to change to waste less: rulesets, templates, kinds of field and members with clearly more waste
    than the same workspace has elsewhere, and fields that are never used.

    One row per workspace and rank, the largest potential saving first; none where nothing stands out.
    """
    terms = Terms(
        as_of=run.as_of_date(warehouse),
        days=int(dbt.variables["detail_days"]),
        maturity_days=int(dbt.variables["maturity_days"]),
        excess_attempts=int(dbt.variables["excess_attempts"]),
    )
    cells = waste_cells(warehouse, terms)
    segments = add_savings(find_segments(cells), cells)
    evidence = evidence_of(warehouse, segments, terms)
    told = tell(segments, evidence, *names_and_standing(warehouse), terms)
    rows = warehouse.replace("waste.suggestions", told, select=_SUGGESTIONS)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "workspaces": int(told["workspace_id"].nunique()),
            "kinds": told["segment_kind"].value_counts().to_dict(),
        }
    )
