"""facts -> waste: rulesets and templates that replaced another, before and after.

The arithmetic does not belong here: it is in forecasting/waste/version_changes.py.
"""

from datetime import timedelta

import dagster as dg

from forecasting.waste.version_changes import KNOWN_DAYS, LISTED_DAYS, compare, find_changes, sides_of
from orchestration.defs.resources import RunContext
from orchestration.lake.lake import Lake
from orchestration.settings import Settings
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql


@dg.asset(
    key=["waste", "version_changes"],
    deps=[["facts", "int_generations_classified"]],
    group_name="waste",
    kinds={"python"},
)
def version_changes(
    run: RunContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    warehouse: dg.ResourceParam[Warehouse],
) -> dg.MaterializeResult:
    """Rulesets and templates first used in the last 90 days in place of another: regeneration rate and
    first-pass quality in the 30 days before and after.

    One row per workspace, generation type and new id. A difference shows when something changed, not why.
    """
    if run.is_unchanged(warehouse, lake, settings):
        return dg.MaterializeResult(metadata={"unchanged": True})
    as_of = run.as_of_date(warehouse)
    known_after, listed_after = (as_of - timedelta(days=days) for days in (KNOWN_DAYS, LISTED_DAYS))
    daily = warehouse.query(
        read_sql(__file__, "version_attempts_daily", known_after=known_after, listed_after=listed_after)
    )
    changes = find_changes(daily, as_of=as_of)
    sums = warehouse.query(
        read_sql(__file__, "version_change_sums"), frames={"sides": sides_of(changes, as_of=as_of)}
    )
    compared = compare(changes, sums)
    rows = warehouse.replace(
        "waste.version_changes", compared, select=read_sql(__file__, "waste.version_changes")
    )
    found = changes["version_kind"].value_counts().to_dict()
    return dg.MaterializeResult(metadata={"dagster/row_count": rows, "as_of": str(as_of), "changes": found})
