"""The state of the data: its lock, whether it can be read, and the result of the newest run.

Whether files are intact does not belong here: that is `credits verify`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.health.doctor.finding import Finding
from orchestration.health.status import published_now
from orchestration.lake.lake import Lake
from orchestration.publish.versions.freshness import newer_versions, staleness_warning
from orchestration.publish.versions.history import kept_versions
from orchestration.runs.history import last_run
from orchestration.runs.lock import holder_of
from orchestration.runs.people import PseudonymSettingMissing, refuse_missing_pseudonym_setting
from orchestration.runs.records import RecordsUnreadable
from orchestration.runs.warehouse_factory import open_warehouse
from orchestration.settings import Settings
from orchestration.visible_text import counted
from orchestration.warehouse.duckdb import DuckDBWarehouse, is_locked
from orchestration.warehouse.protocol import WarehouseError


def check_lock(data_dir: Path) -> Finding:
    """Whether a run could start now."""
    holder = holder_of(data_dir)
    if holder is None:
        return Finding("lock", "ok", "free")
    return Finding(
        "lock",
        "warning",
        f"held by {holder}",
        "Wait for it to end. If it hangs, kill that process; no delivered data is lost.",
    )


def check_warehouse(settings: Settings) -> Finding:
    """Whether the working warehouse can be read."""
    if settings.target == "spark":
        return _check_cluster(settings)
    path = settings.warehouse_path
    remedy = "Start credits run: it rebuilds the warehouse from raw."
    if settings.is_warehouse_torn:
        return Finding(
            "warehouse", "warning", f"{path} was damaged, and was set aside as {path.name}.torn", remedy
        )
    if not path.exists():
        if Lake(settings.lake_dir).batches():
            return Finding("warehouse", "warning", f"{path} is missing; raw exists", remedy)
        return Finding("warehouse", "ok", "none yet; the first run creates it")
    if holder_of(settings.data_dir) is not None:
        return Finding("warehouse", "ok", "in use by the run that holds the lock; not opened")
    try:
        tables = DuckDBWarehouse(path).fetch("select count(*) from information_schema.tables")[0][0]
    except duckdb.Error as error:
        if is_locked(error):
            return Finding(
                "warehouse",
                "problem",
                f"another program has {path} open, so no run can write to it: {_first_line(error)}",
                f"Close it, and let it read {settings.published_dir}, which never blocks a run.",
            )
        return Finding("warehouse", "warning", f"{path} is damaged: {_first_line(error)}", remedy)
    return Finding("warehouse", "ok", f"readable, {tables} tables and views")


def _check_cluster(settings: Settings) -> Finding:
    """Whether the Thrift server answers, and in which time zone."""
    try:
        zones = open_warehouse(settings).fetch("select current_timezone() as session")
    except WarehouseError as error:
        return Finding("warehouse", "problem", str(error), "Start the cluster, or correct CREDITS_SPARK_URL.")
    return Finding("warehouse", "ok", f"the cluster answers, in {zones[0][0]}")


def check_published(settings: Settings, *, now: datetime) -> Finding:
    """Whether a version is published, and how old it is."""
    remedy = "Start credits run; its last lines have the reason of a failure."
    try:
        published = published_now(settings)
    except duckdb.Error as error:
        return Finding(
            "published",
            "problem",
            f"{settings.published_dir} cannot be read: {_first_line(error)}",
            "Serve another version with credits rollback, or publish again with credits rebuild.",
        )
    if published is None:
        return Finding("published", "warning", "nothing yet", "Start credits run.")
    if published.version is None:
        return Finding("published", "problem", f"{settings.published_dir} is not a link to a version", remedy)
    kept = kept_versions(settings.data_dir)
    if newer := newer_versions(kept):
        return Finding(
            "published",
            "warning",
            f"version {published.version} is served, and version {newer[-1]} is newer",
            f"If that is not intended: credits rollback --to {newer[-1]}. The next run publishes one on top.",
        )
    stale = staleness_warning(kept, now=now)
    if stale:
        return Finding("published", "warning", stale[0].lower() + stale[1:], remedy)
    return Finding(
        "published",
        "ok",
        f"version {published.version}, up to {published.as_of}, "
        f"{counted(published.workspace_count, 'workspace')}",
    )


def check_last_run(settings: Settings) -> Finding:
    """The result of the newest run by Dagster's records."""
    try:
        run = last_run(settings)
    except RecordsUnreadable as error:
        return Finding(
            "last run",
            "problem",
            f"Dagster's records cannot be read: {_first_line(error)}",
            f"If they are from an older Dagster: dagster instance migrate. Else move "
            f"{settings.dagster_home / '.dagster'} away; only the history of runs is lost with it.",
        )
    if run is None:
        return Finding("last run", "ok", "none on record")
    if run.has_failed:
        return Finding(
            "last run",
            "problem",
            str(run),
            "See why with credits status or in the UI (credits serve); fix it and start credits run, which "
            "loads and builds what is missing.",
        )
    return Finding("last run", "ok", str(run))


def check_people(settings: Settings) -> Finding:
    """Whether the next run would refuse to publish names in place of pseudonyms."""
    try:
        refuse_missing_pseudonym_setting(settings)
    except PseudonymSettingMissing as error:
        return Finding(
            "people", "problem", str(error), "Set CREDITS_PSEUDONYMISE in the environment of the run."
        )
    return Finding("people", "ok", "shown by pseudonyms" if settings.pseudonymise else "shown by name")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
