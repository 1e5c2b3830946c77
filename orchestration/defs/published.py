"""marts -> published: one complete version, built, audited and swapped in.

How a version is written does not belong here: that is publish/.
"""

import shutil
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
    UNFIT,
    PublishedVersion,
    activate,
    build_version,
    compared_files,
    other_versions,
    remove_version,
    seal,
)
from orchestration.publish.versions.history import read_run_state
from orchestration.runs.nothing_new import presentation
from orchestration.settings import Settings
from orchestration.warehouse.journal import CheckRow, Journal
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.run_state import VERSION_FILE, RunState, complete
from orchestration.warehouse.sql_files import read_sql

journal_tables = [
    dg.AssetSpec(
        key=["journal", table],
        group_name="journal",
        description=description,
        kinds={"parquet"},
    )
    for table, description in {
        "chargeback": "One row per charge that a run booked, at the close of its month or as a correction.",
        "check_results": "One row per run and check, of all runs; kept through a rebuild.",
        "depletion_forecast": "One row per workspace and as_of: every forecast published.",
        "forecast_scores": "One row per workspace and as_of: the error of a published forecast, once due.",
        "restatements": "One row per workspace, day, as_of and cause: each change of a published day.",
    }.items()
]

served_tables = [
    dg.AssetSpec(
        key=["served", table],
        group_name="served",
        description=f"{row}, as published before this run; restatements are changes against it.",
        kinds={"parquet"},
    )
    for table, row in {
        "usage_by_day": "One row per workspace and day",
        "usage_daily": "One row per workspace, day, member, category and type",
    }.items()
]

# journal tables, and the relation of the run that each keeps
_JOURNALED = {
    # what was found by another state of the journal may be in it by now
    "chargeback": """
        (
            select * from facts.fct_chargeback
            where is_booked and read_up_to is not distinct from (
                select max(published_at) from journal.chargeback
            )
        )
    """,
    "depletion_forecast": "forecast.credit_depletion",
    "forecast_scores": "(select * from forecast.forecast_scores where kind = 'published')",
    "restatements": "facts.fct_restatements",
}

# one figure per run for Dagster's plots
_FIGURES = read_sql(__file__, "figures_of_all_workspaces")


class CriticalCheckFailed(RuntimeError):
    """A critical check of this run failed, so nothing is published."""


def published_marts(mart_keys: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The published version, marts and pages, as assets downstream of every mart."""

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
                    "All marts as one DuckDB file and as Parquet. A run writes a new folder under versions/, "
                    "audits its files, and swaps the link `published`: readers see one version, never a "
                    "mixture.",
                ),
                (
                    "report",
                    {"html"},
                    "One HTML page per workspace with its figures as CSV, and index.html; part of the same "
                    "version.",
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
        """Build the next version, audit it, and swap it for the served one."""
        checks = journal.checks_of(context.run_id)
        refuse_unchecked(checks)
        run_state = run.run_state(warehouse, lake, settings)
        journal.expose(warehouse)
        now = datetime.now(UTC)
        marts = [key.path[-1] for key in mart_keys]
        may_share = not run.full_refresh and is_of_same_people(settings.published_dir, run_state)
        with warehouse.marts_file(marts) as file:

            def built(is_sharing: bool) -> PublishedVersion:
                version = build_version(
                    file,
                    settings.data_dir,
                    published_at=now,
                    marts=marts,
                    workspace_files=settings.workspace_files,
                    language=settings.lang,
                    dashboard_url=settings.dashboard_url,
                    is_sharing=is_sharing,
                    memory_limit=settings.memory_limit,
                )
                run.refuse_empty(*map(_workspace_count, (version.path, settings.published_dir)))
                run_state.write(version.path, presentation=presentation(settings))
                by_day = warehouse.query_arrow("select * from facts.fct_usage_by_day")
                pq.write_table(by_day, version.path / COMPARED_FILE)
                audit_version(version, as_of=run_state.as_of, memory_limit=settings.memory_limit)
                return version

            version = None
            if may_share:
                try:
                    version = built(True)
                except UNFIT as error:
                    context.log.warning(f"all marts are written, since the served ones are damaged: {error}")
            # outside of the block above: the cause of a fault here is not the served version
            version = version or built(False)
        seal(version, settings.data_dir)
        kept_at = now.replace(tzinfo=None)
        for table, source in _JOURNALED.items():
            parts = warehouse.query_parts(f"select * from {source}")
            journal.keep(table, parts, as_of=run_state.as_of, run_id=context.run_id, kept_at=kept_at)
        figures = warehouse.query(_FIGURES).iloc[0].dropna()
        version = activate(version, settings.data_dir)
        if remove_versions_with_other_names(settings, run_state):
            # the warehouse must not read them any more, and a cluster must keep no copy
            warehouse.expose_served(compared_files(settings.published_dir))
        # only now: if this run is killed earlier, the next one recomputes more, never less
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


def _workspace_count(version: Path) -> int:
    """How many workspaces a version has; none if there is no version."""
    summary = version / "parquet" / "credit_summary.parquet"
    if not summary.exists():
        return 0
    return len(pq.read_table(summary, columns=["workspace_id"])["workspace_id"].unique())


def remove_versions_with_other_names(settings: Settings, run_state: RunState) -> int:
    """Remove versions, and Delta tables, that use other names or pseudonyms, or still name erased people.

    Returns:
        How many were removed.
    """
    versions = [each for each in other_versions(settings.data_dir) if not is_of_same_people(each, run_state)]
    if versions:
        # Delta tables keep their history; first, or a run that is killed here would leave it
        shutil.rmtree(settings.delta_dir, ignore_errors=True)
    for version in versions:
        remove_version(version)
    return len(versions)


def is_of_same_people(version: Path, run_state: RunState) -> bool:
    """Whether a version names people alike: the same are erased, and the same have pseudonyms."""
    other = read_run_state(version)
    is_unknown = other is None and (version / VERSION_FILE).exists()
    return not is_unknown and (other.people if other else "") == run_state.people


def refuse_unchecked(checks: Sequence[CheckRow]) -> None:
    """Raise unless every layer was checked in this run and no critical check failed."""
    unchecked = {*GATES, *LAYERS} - {check.layer for check in checks}
    if unchecked:
        raise CriticalCheckFailed(
            "A run publishes only what it has checked; it has not checked "
            f"{', '.join(sorted(unchecked))}. Run the whole job."
        )
    failed = [check for check in checks if check.severity == "critical" and not check.passed]
    if failed:
        raise CriticalCheckFailed(
            "Nothing is published while a critical check fails: "
            + "; ".join(f"{check.asset} {check.check_name}: {check.message}" for check in failed)
        )
