"""The content of `credits status`: last run, freshness, failed checks, and the quarantine by reason.

Nothing is recomputed here; it reads the journal, the lake's quarantine and the published version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime

import duckdb

from orchestration.health.plan_proposals import plan_proposals
from orchestration.health.quarantine_summary import (
    RejectedGroup,
    conflicting_groups,
    printable,
    rejected_groups,
)
from orchestration.health.source_summary import describe_sources, source_summaries
from orchestration.lake.batch_writer import QUARANTINE
from orchestration.lake.lake import Lake
from orchestration.publish.report.formatting import day_month_year, plain
from orchestration.publish.report.load import NEWEST_TOTALS, has_mart
from orchestration.publish.report.model import SourceTotal
from orchestration.publish.report.sentences import reconciliation_text
from orchestration.publish.rows.cells import json_value
from orchestration.publish.rows.read_only import open_published
from orchestration.publish.versions.export import DATABASE_NAME
from orchestration.publish.versions.freshness import format_age, newer_versions
from orchestration.publish.versions.history import kept_versions
from orchestration.runs.history import LastRun
from orchestration.runs.warehouse_factory import open_warehouse
from orchestration.settings import Settings
from orchestration.visible_text import counted
from orchestration.warehouse.journal import Journal
from orchestration.warehouse.protocol import Warehouse, WarehouseError

_MOST_GROUPS = 20


def describe_status(settings: Settings, *, now: datetime, last_run: LastRun | None) -> Iterator[str]:
    """Lines of text.

    Args:
        last_run: the newest run; None if there was none.
    """
    yield f"data         {settings.data_dir}"
    yield f"last run     {last_run or 'none yet: start one with credits run'}"
    if last_run and last_run.failure:
        step = f"{last_run.failure.step}: " if last_run.failure.step else ""
        yield f"             {step}{printable(last_run.failure.reason)}"
    yield from _published(settings, now)
    yield from _checks(Journal(settings.journal_dir))
    yield from describe_sources(source_summaries(Lake(settings.lake_dir)))
    yield from _quarantine(Lake(settings.lake_dir), open_warehouse(settings))
    for number, proposal in enumerate(plan_proposals(open_warehouse(settings))):
        yield f"{'' if number else 'plans':<13}{proposal}"


@dataclass(frozen=True)
class Published:
    """The served version.

    Attributes:
        version: its number; None if `published` is no link to a version.
        newer_versions: numbers of newer versions, not served.
    """

    version: int | None
    published_at: datetime | None
    as_of: date | None
    newest_usage_date: date | None
    workspace_count: int
    newer_versions: list[int]


def published_now(settings: Settings) -> Published | None:
    """The served version; None if there is none.

    Raises:
        duckdb.Error: it cannot be read.
    """
    if not settings.published_dir.exists():
        return None
    with open_published(settings.published_dir / DATABASE_NAME) as published:
        as_of, newest, workspaces = published.execute(
            "select max(as_of), (select max(usage_date) from marts.usage_daily), "
            "count(distinct workspace_id) from marts.credit_summary"
        ).fetchall()[0]
    kept = kept_versions(settings.data_dir)
    served = next((version for version in kept if version.is_served), None)
    return Published(
        version=served.number if served else None,
        published_at=served.published_at if served else None,
        as_of=as_of,
        newest_usage_date=newest,
        workspace_count=workspaces,
        newer_versions=newer_versions(kept),
    )


def _published(settings: Settings, now: datetime) -> Iterator[str]:
    found = published_now(settings)
    if found is None:
        yield "published    nothing yet"
        return
    if found.version is None or found.published_at is None:
        yield f"published    {settings.published_dir} is not a link to a version; publish with credits run"
        return
    yield (
        f"published    version {found.version}, {format_age(found.published_at, now)} ago, "
        f"{counted(found.workspace_count, 'workspace')}"
    )
    if found.newer_versions:
        newest = found.newer_versions[-1]
        yield (
            f"             rolled back: version {newest} is newer and not served; "
            f"credits rollback --to {newest} serves it again"
        )
    day, newest_day = found.as_of or "no day yet", found.newest_usage_date or "no day yet"
    yield f"freshness    reported up to {day}, newest usage on {newest_day}"
    for number, total in enumerate(source_totals(settings)):
        yield f"{'' if number else 'sources':<13}{reconciliation_text(total, write_date=day_month_year)}"


def source_totals(settings: Settings) -> list[SourceTotal]:
    """What each source says of its newest month, next to ours, over all workspaces."""
    totals = NEWEST_TOTALS.format(totals="select '(all)' as shown_for, * from marts.reconciliation")
    with open_published(settings.published_dir / DATABASE_NAME) as published:
        if not has_mart(published, "reconciliation"):
            return []
        rows = published.execute(
            f"select {', '.join(field.name for field in fields(SourceTotal))} from {totals}"
            " order by source, unit, currency"
        ).fetchall()
    return [SourceTotal(*row) for row in rows]


def _checks(journal: Journal) -> Iterator[str]:
    results = journal.newest_checks()
    failed = [result for result in results if not result.passed]
    yield f"checks       {len(results) - len(failed)} passed, {len(failed)} not, in the newest run with any"
    for result in sorted(failed, key=lambda result: (result.severity, result.asset, result.check_name)):
        yield f"             {result.severity}: {result.asset} {result.check_name}: {plain(result.message)}"


def _quarantine(lake: Lake, warehouse: Warehouse) -> Iterator[str]:
    if not lake.batches():
        yield "quarantine   nothing loaded yet"
        return
    groups, has_conflicts = _all_groups(lake, warehouse)
    if not has_conflicts:
        yield "             (conflicts with earlier deliveries are counted after the next run)"
    corrected = sum(group.corrected_count for group in groups)
    total = sum(group.row_count for group in groups)
    since = f", {corrected:,} of them corrected since" if corrected else ""
    yield f"quarantine   {counted(total, 'line or file', 'lines or files')}{since}"
    for group in groups[:_MOST_GROUPS]:
        yield from _describe_group(group)
    if len(groups) > _MOST_GROUPS:
        yield f"             and {len(groups) - _MOST_GROUPS} more kinds with fewer lines"
    if groups:
        yield f"             each with its text: {lake.root}/batches/*/quarantine.parquet"
        if lake.derived.paths(QUARANTINE, lake.derived.current):
            yield f"                 and {lake.derived.folder}/*/*/quarantine.parquet"


def _all_groups(lake: Lake, warehouse: Warehouse) -> tuple[list[RejectedGroup], bool]:
    """The groups, most uncorrected lines first, and whether they include conflicts."""
    groups, has_conflicts = rejected_groups(lake), True
    try:
        groups += conflicting_groups(warehouse)
    except (duckdb.Error, WarehouseError):
        has_conflicts = False
    return sorted(groups, key=lambda group: -group.open_count), has_conflicts


def status_as_json(settings: Settings, *, last_run: LastRun | None) -> str:
    """The same content as one JSON object, with every group of the quarantine and every failed check."""
    published, results = published_now(settings), Journal(settings.journal_dir).newest_checks()
    lake = Lake(settings.lake_dir)
    groups: list[RejectedGroup] = []
    if lake.batches():
        groups, _ = _all_groups(lake, open_warehouse(settings))
    status = {
        "data_dir": str(settings.data_dir),
        "last_run": None if last_run is None else asdict(last_run),
        "published": None if published is None else vars(published),
        "checks": {
            "passed": sum(result.passed for result in results),
            "failed": [vars(result) for result in results if not result.passed],
        },
        "sources": [vars(source) for source in source_summaries(lake)],
        "quarantine": {
            "lines": sum(group.row_count for group in groups),
            "corrected_lines": sum(group.corrected_count for group in groups),
            "kinds": [vars(group) for group in groups],
        },
    }
    return json.dumps(json_value(status), indent=1)


def _describe_group(group: RejectedGroup) -> Iterator[str]:
    count = f"{group.row_count:,} in {counted(group.file_count, 'file')}"
    if group.corrected_count:
        corrected = f"{group.corrected_count:,} of them" if group.open_count else "all"
        count += f", {corrected} corrected since"
    yield f"             {group.feed} {group.rule}: {count}"
    yield f"                 such as {printable(group.example)}: {printable(group.reason)}"
    yield f"                 {printable(group.remedy)}"
