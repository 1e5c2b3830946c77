"""facts -> waste: what each workspace could change to waste less.

The arithmetic does not belong here: it is in forecasting/waste/ (segments,
savings, suggestions).
"""

import dagster as dg
import pandas as pd

from forecasting.depletion.what_if import medians_after_saving
from forecasting.waste.cells import Cells
from forecasting.waste.savings import add_savings
from forecasting.waste.segments import find_segments
from forecasting.waste.suggestions import Terms, write_suggestions
from orchestration.defs.resources import RunContext
from orchestration.lake.lake import Lake
from orchestration.settings import Settings
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.forecast_inputs import history_of, method_of
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql
from orchestration.warehouse.waste_inputs import evidence_of, names_and_balances, waste_generations

_SUGGESTIONS = read_sql(__file__, "waste.suggestions")


@dg.asset(
    key=["waste", "suggestions"],
    deps=[
        ["facts", "fct_generations"],
        ["dimensions", "dim_members"],
        ["dimensions", "dim_generation_types"],
        ["facts", "fct_usage_by_day"],
        ["facts", "fct_credit_balance_daily"],
        ["facts", "fct_credit_lots"],
        ["forecast", "models"],
        ["forecast", "credit_depletion"],
    ],
    group_name="waste",
    kinds={"python"},
)
def suggestions(
    run: RunContext,
    settings: dg.ResourceParam[Settings],
    dbt: dg.ResourceParam[DbtProject],
    lake: dg.ResourceParam[Lake],
    warehouse: dg.ResourceParam[Warehouse],
) -> dg.MaterializeResult:
    """What to change to waste less: rulesets, templates, generation types and members with clearly more waste
    than the rest of the workspace, and fields that are never used.

    One row per workspace and rank, the largest potential saving first; none where no segment is an outlier.
    """
    if run.is_unchanged(warehouse, lake, settings):
        return dg.MaterializeResult(metadata={"unchanged": True})
    terms = Terms(
        as_of=run.as_of_date(warehouse),
        days=int(dbt.variables["detail_days"]),
        maturity_days=int(dbt.variables["maturity_days"]),
        excess_attempts=int(dbt.variables["excess_attempts"]),
    )
    # a workspace is compared with itself
    parts = map(Cells.from_frame, waste_generations(warehouse, terms))
    segments = pd.concat([add_savings(find_segments(cells), cells) for cells in parts], ignore_index=True)
    evidence = evidence_of(warehouse, segments, terms)
    written = write_suggestions(segments, evidence, *names_and_balances(warehouse), terms)
    written["depletes_on_p50_if_saved"] = _medians_if_saved(warehouse, dbt, written, terms)
    rows = warehouse.replace("waste.suggestions", written, select=_SUGGESTIONS)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "workspaces": int(written["workspace_id"].nunique()),
            "kinds": written["segment_kind"].value_counts().to_dict(),
        }
    )


def _medians_if_saved(
    warehouse: Warehouse, dbt: DbtProject, suggestions: pd.DataFrame, terms: Terms
) -> pd.Series:
    saved = (suggestions["saving_mid"].astype("float64") * 1_000_000).round()
    savings = suggestions[["workspace_id"]].assign(saving_micro=saved)
    method = method_of(warehouse, dbt.variables)
    return medians_after_saving(history_of(warehouse), savings, as_of=terms.as_of, method=method)
