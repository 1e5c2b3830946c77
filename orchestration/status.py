"""What `credits status` says: last run, freshness, failed checks, and the quarantine by reason.

Nothing is recomputed here; it reads the journal, the lake's quarantine and what is published.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import duckdb

from orchestration.publish.export import DATABASE_NAME
from orchestration.publish.locked import open_published
from orchestration.settings import Settings
from orchestration.warehouse.duckdb_warehouse import DuckDBWarehouse
from orchestration.warehouse.journal import Journal
from orchestration.warehouse.lake import Lake

_BY_REASON = (
    "select feed, rule, remedy, count(*) as rows, min(file_path) as example from {source} "
    "group by feed, rule, remedy order by rows desc, feed, rule, remedy"
)


def describe_status(settings: Settings, *, now: datetime, last_run: str | None) -> Iterator[str]:
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
    version = settings.published_dir.resolve()
    published_at = datetime.fromtimestamp(version.stat().st_mtime, tz=now.tzinfo)
    yield f"published    version {version.name}, {_age(published_at, now)} ago, {workspaces} workspaces"
    yield f"freshness    reported up to {as_of or 'no day yet'}, newest usage on {newest or 'no day yet'}"


def _age(then: datetime, now: datetime) -> str:
    hours = max((now - then).total_seconds() / 3600, 0)
    return (
        f"{hours * 60:.0f} minutes"
        if hours < 1
        else f"{hours:.0f} hours"
        if hours < 48
        else f"{hours / 24:.0f} days"
    )


def _checks(journal: Journal) -> Iterator[str]:
    results = journal.newest_checks()
    failed = [result for result in results if not result.passed]
    yield f"checks       {len(results) - len(failed)} passed, {len(failed)} not, in the newest run with any"
    for result in sorted(failed, key=lambda result: (result.severity, result.asset, result.check_name)):
        yield f"             {result.severity}: {result.asset} {result.check_name}: {result.message}"


def _quarantine(lake: Lake, warehouse: DuckDBWarehouse) -> Iterator[str]:
    files = [str(file) for file in lake.paths("quarantine")]
    if not files:
        yield "quarantine   nothing loaded yet"
        return
    found = duckdb.execute(_BY_REASON.format(source="read_parquet(?)"), [files]).fetchall()
    try:
        found += warehouse.fetch(
            _BY_REASON.format(source="staging.stg_quarantine where rule = 'key.conflict'")
        )
    except duckdb.Error:
        yield "             (conflicts with earlier deliveries are counted once the next run has ended)"
    yield f"quarantine   {sum(rows for *_, rows, _ in found):,} lines or files"
    for feed, rule, remedy, rows, example in found:
        yield f"             {rows:,} of {feed} by rule {rule}, such as in {example}: {remedy}"
