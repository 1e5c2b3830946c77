"""What `credits status` says: last run, freshness, failed checks, and the quarantine by reason.

Nothing is recomputed here; it reads the journal, the lake's quarantine and what is published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from orchestration.health.quarantine_summary import RefusedKind, conflicting_kinds, printable, refused_kinds
from orchestration.lake.lake import Lake
from orchestration.publish.report.formatting import plain
from orchestration.publish.rows.cells import json_value
from orchestration.publish.rows.read_only import open_published
from orchestration.publish.versions.export import DATABASE_NAME
from orchestration.publish.versions.freshness import format_age, newer_versions
from orchestration.publish.versions.history import kept_versions
from orchestration.runs.warehouse_factory import open_warehouse
from orchestration.settings import Settings
from orchestration.warehouse.journal import Journal
from orchestration.warehouse.protocol import Warehouse, WarehouseError

_SHOWN_KINDS = 20


def describe_status(settings: Settings, *, now: datetime, last_run: object | None) -> Iterator[str]:
    """Lines for people. `last_run` says how the newest run ended, None if there was none."""
    yield f"data         {settings.data_dir}"
    yield f"last run     {last_run or 'none yet: start one with credits run'}"
    yield from _published(settings, now)
    yield from _checks(Journal(settings.journal_dir))
    yield from _quarantine(Lake(settings.lake_dir), open_warehouse(settings))


@dataclass(frozen=True)
class Published:
    """What readers see now.

    Attributes:
        version: its number; None if `published` is no link to a version.
        newer_versions: numbers of newer ones that are not served.
    """

    version: int | None
    published_at: datetime | None
    as_of: date | None
    newest_usage_date: date | None
    workspace_count: int
    newer_versions: list[int]


def published_now(settings: Settings) -> Published | None:
    """What is served; None if nothing is.

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
        yield f"published    {settings.published_dir} is no link to a version; publish with credits run"
        return
    yield (
        f"published    version {found.version}, {format_age(found.published_at, now)} ago, "
        f"{found.workspace_count} workspaces"
    )
    if found.newer_versions:
        newest = found.newer_versions[-1]
        yield (
            f"             rolled back: version {newest} is newer and not served; "
            f"credits rollback --to {newest} serves it again"
        )
    day, newest_day = found.as_of or "no day yet", found.newest_usage_date or "no day yet"
    yield f"freshness    reported up to {day}, newest usage on {newest_day}"


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
    kinds, has_conflicts = _all_kinds(lake, warehouse)
    if not has_conflicts:
        yield "             (conflicts with earlier deliveries are counted once the next run has ended)"
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


def _all_kinds(lake: Lake, warehouse: Warehouse) -> tuple[list[RefusedKind], bool]:
    """The kinds, of most open lines first, and whether conflicts could be counted among them."""
    kinds, has_conflicts = refused_kinds(lake), True
    try:
        kinds += conflicting_kinds(warehouse)
    except (duckdb.Error, WarehouseError):
        has_conflicts = False
    return sorted(kinds, key=lambda kind: -kind.open_count), has_conflicts


def status_as_json(settings: Settings, *, last_run: object | None) -> str:
    """The same as one JSON object, with every kind of the quarantine and every failed check.

    Args:
        last_run: a dataclass that says how the newest run ended, None if there was none.
    """
    published, results = published_now(settings), Journal(settings.journal_dir).newest_checks()
    lake = Lake(settings.lake_dir)
    kinds: list[RefusedKind] = []
    if lake.batches():
        kinds, _ = _all_kinds(lake, open_warehouse(settings))
    told = {
        "data_dir": str(settings.data_dir),
        "last_run": None if last_run is None else vars(last_run),
        "published": None if published is None else vars(published),
        "checks": {
            "passed": sum(result.passed for result in results),
            "failed": [vars(result) for result in results if not result.passed],
        },
        "quarantine": {
            "lines": sum(kind.row_count for kind in kinds),
            "corrected_lines": sum(kind.corrected_count for kind in kinds),
            "kinds": [vars(kind) for kind in kinds],
        },
    }
    return json.dumps(json_value(told), indent=1)


def _kind(kind: RefusedKind) -> Iterator[str]:
    files = "1 file" if kind.file_count == 1 else f"{kind.file_count:,} files"
    count = f"{kind.row_count:,} in {files}"
    if kind.corrected_count:
        corrected = f"{kind.corrected_count:,} of them" if kind.open_count else "all"
        count += f", {corrected} corrected since"
    yield f"             {kind.feed} {kind.rule}: {count}"
    yield f"                 such as {printable(kind.example)}: {printable(kind.reason)}"
    yield f"                 {printable(kind.remedy)}"
