"""marts -> published: one whole version built beside, audited, and swapped in.

How a version is written does not belong here: that is publish/.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq

from expectations.suites.by_layer import GATES
from orchestration.defs.dbt_layers import LAYERS
from orchestration.defs.resources import RunContext
from orchestration.lake.lake import Lake
from orchestration.publish.report.pages import INDEX_FILE, REPORT_FOLDER
from orchestration.publish.versions.audit import audit_version
from orchestration.publish.versions.build import (
    COMPARED_FILE,
    activate,
    build_version,
    compared_files,
    other_versions,
    remove_version,
    seal,
)
from orchestration.publish.versions.history import read_run_state
from orchestration.settings import Settings
from orchestration.warehouse.journal import CheckRow, Journal
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.run_state import VERSION_FILE, RunState, complete

journal_tables = [
    dg.AssetSpec(
        key=["journal", table],
        group_name="journal",
        description=description,
        kinds={"parquet"},
    )
    for table, description in {
        "check_results": "One row per run and check of every run so far; kept through a rebuild.",
        "depletion_forecast": "One row per workspace and as_of: every forecast that was published so far.",
        "forecast_scores": "One row per workspace and as_of: how far a published forecast was off, once due.",
        "restatements": "One row per workspace, day, as_of and cause: every published day that changed.",
    }.items()
]

served_tables = [
    dg.AssetSpec(
        key=["served", table],
        group_name="served",
        description=f"{row}, as published before this run; restatements are told against it.",
        kinds={"parquet"},
    )
    for table, row in {
        "usage_by_day": "One row per workspace and day",
        "usage_daily": "One row per workspace, day, member, category and type",
    }.items()
]

# what the journal keeps of every run, and where the run has it
_KEPT = {
    "depletion_forecast": "forecast.credit_depletion",
    "forecast_scores": "(select * from forecast.forecast_scores where kind = 'published')",
    "restatements": "facts.fct_restatements",
}

# worth plotting over the nights, over all workspaces
_FIGURES = """
    select
        cast(count(*) as double) as workspaces,
        cast(sum(summary.credits_used) as double) as credits_used_30d,
        cast(sum(summary.wasted_credits) / nullif(sum(summary.credits_used), 0) as double) as waste_rate,
        cast(min(date_diff('day', summary.as_of, told.depletes_on_p50)) as double) as days_left_of_the_soonest
    from marts.credit_summary as summary
    left join marts.depletion_forecast as told using (workspace_id, as_of)
    where summary.period = '30d'
"""


class CriticalCheckFailed(RuntimeError):
    """A critical check of this run failed, so nothing is published."""


def published_marts(mart_keys: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The published version, its marts and its pages, as assets that follow every mart."""

    @dg.multi_asset(
        name="published__marts",
        specs=[
            dg.AssetSpec(
                key=["published", name],
                deps=mart_keys,
                group_name="published",
                kinds=kinds,
                description=description,
            )
            for name, kinds, description in (
                (
                    "marts",
                    {"duckdb", "parquet"},
                    "What readers use: all marts as one DuckDB file and as Parquet. A new folder under "
                    "versions/, audited from its files, and one rename of the link `published`: it all "
                    "changes at once.",
                ),
                (
                    "report",
                    {"html"},
                    "The report of every workspace as one page, with its figures as CSV beside it, and "
                    "index.html over all of them; part of the same version.",
                ),
            )
        ],
    )
    def published(
        context: dg.AssetExecutionContext,
        run: RunContext,
        warehouse: dg.ResourceParam[Warehouse],
        journal: dg.ResourceParam[Journal],
        lake: dg.ResourceParam[Lake],
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[dg.MaterializeResult]:
        """Build the next version beside the served one, audit it, and swap it in."""
        checks = journal.checks_of(context.run_id)
        refuse_unchecked(checks)
        run_state = run.run_state(warehouse, lake, settings)
        journal.expose(warehouse)
        now = datetime.now(UTC)
        marts = [key.path[-1] for key in mart_keys]
        with warehouse.marts_file(marts) as file:
            version = build_version(
                file,
                settings.data_dir,
                published_at=now,
                marts=marts,
                workspace_files=settings.workspace_files,
                language=settings.lang,
            )
        run_state.write(version.path)
        pq.write_table(
            warehouse.query_arrow("select * from facts.fct_usage_by_day"), version.path / COMPARED_FILE
        )
        audit_version(version, as_of=run_state.as_of)
        seal(version, settings.data_dir)
        told_at = now.replace(tzinfo=None)
        for table, source in _KEPT.items():
            rows = warehouse.query_arrow(f"select * from {source}")
            journal.keep(table, rows, as_of=run_state.as_of, run_id=context.run_id, told_at=told_at)
        figures = warehouse.query(_FIGURES).iloc[0].dropna()
        version = activate(version, settings.data_dir)
        if remove_versions_of_others(settings.data_dir, run_state):
            # the warehouse reads them no more, and a cluster keeps no copy of them
            warehouse.expose_served(compared_files(settings.published_dir))
        # only now: a run killed before it leaves the next one more to make anew, never less
        complete(warehouse, run_state)
        context.log.info(f"version {version.number} is served, up to {run_state.as_of}")
        yield dg.MaterializeResult(
            asset_key=["published", "marts"],
            metadata={
                "dagster/row_count": sum(version.row_counts.values()),
                "version": version.number,
                "as_of": str(run_state.as_of),
                "checks_failed": sum(not check.passed for check in checks),
                **{str(name): float(value) for name, value in figures.items()},
                "path": dg.MetadataValue.path(version.path),
                "rows": dg.MetadataValue.json(dict(version.row_counts)),
            },
        )
        pages = list((version.path / REPORT_FOLDER).glob("*.html"))
        yield dg.MaterializeResult(
            asset_key=["published", "report"],
            metadata={
                "pages": len(pages),
                "bytes": sum(page.stat().st_size for page in pages),
                "index": dg.MetadataValue.path(version.path / INDEX_FILE),
            },
        )

    return published


def remove_versions_of_others(data_dir: Path, run_state: RunState) -> int:
    """Remove the versions that call people by other names than this one, the forgotten by theirs.

    Returns:
        How many they were.
    """
    removed = 0
    for version in other_versions(data_dir):
        told = read_run_state(version)
        is_unknown = told is None and (version / VERSION_FILE).exists()
        if is_unknown or (told.people if told else "") != run_state.people:
            remove_version(version)
            removed += 1
    return removed


def refuse_unchecked(checks: Sequence[CheckRow]) -> None:
    """Raise unless every layer was checked in this run and no critical check failed."""
    unchecked = {*GATES, *LAYERS} - {check.layer for check in checks}
    if unchecked:
        raise CriticalCheckFailed(
            "only what this run has checked is published; it has not checked "
            f"{', '.join(sorted(unchecked))}. Run the whole job."
        )
    failed = [check for check in checks if check.severity == "critical" and not check.passed]
    if failed:
        raise CriticalCheckFailed(
            "nothing is published while a critical check fails: "
            + "; ".join(f"{check.asset} {check.check_name}: {check.message}" for check in failed)
        )
