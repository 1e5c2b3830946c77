"""The state of the data: who holds it, whether it can be read, and how the newest run went.

Whether each byte is what was written does not belong here: that is `credits verify`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import yaml

from orchestration.health.doctor.finding import Finding
from orchestration.health.status import published_now
from orchestration.lake.lake import Lake
from orchestration.publish.versions.freshness import newer_versions, staleness_warning
from orchestration.publish.versions.history import kept_versions
from orchestration.runs.lock import holder_of
from orchestration.runs.warehouse_factory import open_warehouse
from orchestration.settings import Settings
from orchestration.warehouse.duckdb import DuckDBWarehouse
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
        "Wait for it to end. If it hangs, end that process: nothing that was delivered is lost.",
    )


def check_warehouse(settings: Settings) -> Finding:
    """Whether the working warehouse can be read."""
    if settings.target == "spark":
        return _check_cluster(settings)
    path = settings.warehouse_path
    remedy = "Start credits run: it builds the warehouse anew from raw."
    if settings.is_warehouse_torn:
        return Finding(
            "warehouse", "warning", f"{path} was damaged, and was set aside as {path.name}.torn", remedy
        )
    if not path.exists():
        if Lake(settings.lake_dir).batches():
            return Finding("warehouse", "warning", f"{path} is gone; raw is there", remedy)
        return Finding("warehouse", "ok", "none yet; the first run makes it")
    if holder_of(settings.data_dir) is not None:
        return Finding("warehouse", "ok", "in use by the run that holds the lock; not opened")
    try:
        tables = DuckDBWarehouse(path).fetch("select count(*) from information_schema.tables")[0][0]
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            return Finding(
                "warehouse",
                "problem",
                f"another program has {path} open, and no run can write it: {_first_line(error)}",
                f"Close it, and let it read {settings.published_dir}, which never blocks a run.",
            )
        return Finding("warehouse", "warning", f"{path} is damaged: {_first_line(error)}", remedy)
    return Finding("warehouse", "ok", f"readable, {tables} tables and views")


def _check_cluster(settings: Settings) -> Finding:
    """Whether the Thrift server answers, and means what DuckDB means by an instant."""
    try:
        zones = open_warehouse(settings).fetch("select current_timezone() as session")
    except WarehouseError as error:
        return Finding("warehouse", "problem", str(error), "Start the cluster, or correct CREDITS_SPARK_URL.")
    return Finding("warehouse", "ok", f"the cluster answers, in {zones[0][0]}")


def check_published(settings: Settings, *, now: datetime) -> Finding:
    """Whether readers have something to read, and how old it is."""
    remedy = "Start credits run; what it says of a failure is in its last lines."
    try:
        published = published_now(settings)
    except duckdb.Error as error:
        return Finding(
            "published",
            "problem",
            f"{settings.published_dir} cannot be read: {_first_line(error)}",
            "Serve another version with credits rollback, or publish anew with credits rebuild.",
        )
    if published is None:
        return Finding("published", "warning", "nothing yet", "Start credits run.")
    if published.version is None:
        return Finding("published", "problem", f"{settings.published_dir} is no link to a version", remedy)
    kept = kept_versions(settings.data_dir)
    if newer := newer_versions(kept):
        return Finding(
            "published",
            "warning",
            f"version {published.version} is served, and version {newer[-1]} is newer",
            f"If that was not meant: credits rollback --to {newer[-1]}. The next run publishes on top.",
        )
    stale = staleness_warning(kept, now=now)
    if stale:
        return Finding("published", "warning", stale[0].lower() + stale[1:], remedy)
    return Finding(
        "published",
        "ok",
        f"version {published.version}, up to {published.as_of}, {published.workspace_count} workspaces",
    )


def check_last_run(settings: Settings) -> Finding:
    """How the newest run went, say Dagster's records; they are not made if there are none."""
    if not _has_records(settings.dagster_home):
        return Finding("last run", "ok", "none on record")
    from orchestration.runs.history import last_run

    try:
        run = last_run(settings)
    except Exception as error:  # whatever keeps Dagster from its records is the finding
        return Finding(
            "last run",
            "problem",
            f"Dagster's records cannot be read: {_first_line(error)}",
            f"If they are from an older Dagster: dagster instance migrate. Else move "
            f"{settings.dagster_home / '.dagster'} away; only the history of runs is lost with it.",
        )
    if run is None:
        return Finding("last run", "ok", "none on record for this data directory")
    if run.has_failed:
        return Finding(
            "last run",
            "problem",
            str(run),
            "See why with credits status or in the UI (credits serve); correct it and start credits run: "
            "it takes up what is missing.",
        )
    return Finding("last run", "ok", str(run))


def check_people(settings: Settings) -> Finding:
    """Whether the next run would refuse to publish names where there are pseudonyms."""
    from orchestration.runs.people import PseudonymSettingMissing, refuse_missing_pseudonym_setting

    try:
        refuse_missing_pseudonym_setting(settings)
    except PseudonymSettingMissing as error:
        return Finding(
            "people", "problem", str(error), "Set CREDITS_PSEUDONYMISE where the run is started from."
        )
    return Finding("people", "ok", "called by pseudonyms" if settings.pseudonymise else "called by name")


def _has_records(dagster_home: Path) -> bool:
    """Whether there are records to ask; only of SQLite can that be told without making them."""
    configured = yaml.safe_load((dagster_home / "dagster.yaml").read_text()) or {}
    folder = configured.get("storage", {}).get("sqlite", {}).get("base_dir")
    return not isinstance(folder, str) or (dagster_home / folder).is_dir()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
