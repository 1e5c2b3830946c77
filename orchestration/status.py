"""What `credits status` says: last run, freshness, failed checks, and the quarantine by reason.

Nothing is recomputed here; it reads the journal, the lake's quarantine and what is published.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import duckdb

from orchestration.freshness import age, newer_versions
from orchestration.publish.export import DATABASE_NAME
from orchestration.publish.kept import kept_versions
from orchestration.publish.locked import open_published
from orchestration.settings import Settings
from orchestration.warehouse.duckdb_warehouse import DuckDBWarehouse
from orchestration.warehouse.journal import Journal
from orchestration.warehouse.lake import Lake
from orchestration.warehouse.refused_kinds import RefusedKind, conflicting_kinds, printable, refused_kinds

_SHOWN_KINDS = 20


def describe_status(settings: Settings, *, now: datetime, last_run: object | None) -> Iterator[str]:
    """Lines for people. `last_run` says how the newest run ended, None if there was none."""
    yield f"data         {settings.data_dir}"
    yield f"last run     {last_run or 'none yet: start one with credits run'}"
    yield from _published(settings, now)
    yield from _checks(Journal(settings.journal_dir))
    yield from _quarantine(Lake(settings.lake_dir), DuckDBWarehouse(settings.warehouse_path))


def _published(settings: Settings, now: datetime) -> Iterator[str]:
    if not settings.published_dir.exists():
        yield "published    nothing yet"
        return
    with open_published(settings.published_dir / DATABASE_NAME) as published:
        as_of, newest, workspaces = published.execute(
            "select max(as_of), (select max(usage_date) from marts.usage_daily), "
            "count(distinct workspace_id) from marts.credit_summary"
        ).fetchall()[0]
    kept = kept_versions(settings.data_dir)
    served = next((version for version in kept if version.is_served), None)
    if served is None:
        yield f"published    {settings.published_dir} is no link to a version; publish with credits run"
        return
    yield (
        f"published    version {served.number}, {age(served.published_at, now)} ago, {workspaces} workspaces"
    )
    if newer := newer_versions(kept):
        yield (
            f"             rolled back: version {newer[-1]} is newer and not served; "
            f"credits rollback --to {newer[-1]} serves it again"
        )
    yield f"freshness    reported up to {as_of or 'no day yet'}, newest usage on {newest or 'no day yet'}"


def _checks(journal: Journal) -> Iterator[str]:
    results = journal.newest_checks()
    failed = [result for result in results if not result.passed]
    yield f"checks       {len(results) - len(failed)} passed, {len(failed)} not, in the newest run with any"
    for result in sorted(failed, key=lambda result: (result.severity, result.asset, result.check_name)):
        yield f"             {result.severity}: {result.asset} {result.check_name}: {result.message}"


def _quarantine(lake: Lake, warehouse: DuckDBWarehouse) -> Iterator[str]:
    if not lake.batches():
        yield "quarantine   nothing loaded yet"
        return
    kinds = refused_kinds(lake)
    try:
        kinds += conflicting_kinds(warehouse)
    except duckdb.Error:
        yield "             (conflicts with earlier deliveries are counted once the next run has ended)"
    kinds.sort(key=lambda kind: -kind.open_count)
    corrected = sum(kind.corrected_count for kind in kinds)
    total = sum(kind.row_count for kind in kinds)
    since = f", {corrected:,} of them corrected since" if corrected else ""
    yield f"quarantine   {total:,} lines or files{since}"
    for kind in kinds[:_SHOWN_KINDS]:
        yield from _kind(kind)
    if len(kinds) > _SHOWN_KINDS:
        yield f"             and {len(kinds) - _SHOWN_KINDS} more kinds of fewer lines"
    if kinds:
        yield f"             each with its text: {lake.root}/batches/*/quarantine.parquet"


def _kind(kind: RefusedKind) -> Iterator[str]:
    files = "1 file" if kind.file_count == 1 else f"{kind.file_count:,} files"
    count = f"{kind.row_count:,} in {files}"
    if kind.corrected_count:
        corrected = f"{kind.corrected_count:,} of them" if kind.open_count else "all"
        count += f", {corrected} corrected since"
    yield f"             {kind.feed} {kind.rule}: {count}"
    yield f"                 such as {printable(kind.example)}: {printable(kind.reason)}"
    yield f"                 {printable(kind.remedy)}"
