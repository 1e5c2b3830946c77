"""Dagster's records of runs, read from its SQLite files: reading them by Dagster takes a second of imports.

Records kept elsewhere are read by Dagster. Nothing is written here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from orchestration.runs.failure_reasons import explain, last_cause
from orchestration.runs.job_tags import DATA_DIR_TAG, JOB_NAME
from orchestration.settings import Settings

FINISHED = ("SUCCESS", "FAILURE", "CANCELED")
_STORAGE = "OpenSqliteStorage"
_NEWEST = """
    select runs.run_id, runs.status, runs.create_timestamp
    from runs
    inner join run_tags on runs.run_id = run_tags.run_id and run_tags.key = ? and run_tags.value = ?
    where runs.pipeline_name = ?
    order by runs.id desc
    limit 1
"""
_FAILURE = """
    select event
    from event_logs
    where dagster_event_type in ('STEP_FAILURE', 'PIPELINE_FAILURE')
    order by dagster_event_type desc, id
    limit 1
"""


class RecordsUnreadable(RuntimeError):
    """Dagster's records cannot be read; the message says why."""


@dataclass(frozen=True)
class RunRecord:
    """A run as Dagster recorded it.

    Attributes:
        status: as Dagster names it, such as "SUCCESS".
        created_at: in UTC.
    """

    run_id: str
    status: str
    created_at: datetime


@dataclass(frozen=True)
class Failure:
    """Why a run failed.

    Attributes:
        step: the first step that failed; None if the run failed outside its steps.
        reason: a sentence, with the remedy where one is known.
    """

    step: str | None
    reason: str


def sqlite_folder(dagster_home: Path) -> Path | None:
    """The folder of the SQLite files; None if dagster.yaml keeps the records elsewhere."""
    settings_file = dagster_home / "dagster.yaml"
    if not settings_file.exists():
        return dagster_home  # where Dagster keeps them then
    configured = yaml.safe_load(settings_file.read_text(encoding="utf-8")) or {}
    storage = configured.get("storage") or {}
    custom = storage.get("custom") or {}
    sqlite = custom.get("config") if custom.get("class") == _STORAGE else storage.get("sqlite")
    folder = (sqlite or {}).get("base_dir")
    return dagster_home / folder if isinstance(folder, str) else None


def newest_run(settings: Settings) -> RunRecord | None:
    """The newest run of this data directory; None if there was none.

    Raises:
        RecordsUnreadable: the records cannot be read.
    """
    try:
        folder = sqlite_folder(settings.dagster_home)
        if folder is None:
            return _newest_by_dagster(settings)
        database = folder / "history" / "runs.db"
        if not database.exists():
            return None
        parameters = (DATA_DIR_TAG, str(settings.data_dir), JOB_NAME)
        for run_id, status, created in _read(database, _NEWEST, parameters):
            return RunRecord(run_id, status, datetime.fromisoformat(created).replace(tzinfo=UTC))
    except (OSError, sqlite3.Error, yaml.YAMLError) as error:
        raise RecordsUnreadable(str(error)) from error
    return None


def first_failure(settings: Settings, run_id: str) -> Failure | None:
    """The first failure of a run; None if Dagster recorded none, as of a process that was killed.

    Raises:
        RecordsUnreadable: the records cannot be read.
    """
    try:
        folder = sqlite_folder(settings.dagster_home)
        if folder is None:
            return _failure_by_dagster(run_id)
        for (text,) in _read(folder / "history" / "runs" / f"{run_id}.db", _FAILURE):
            event = json.loads(text)["dagster_event"]
            error = (event.get("event_specific_data") or {}).get("error")
            return Failure(event["step_key"], explain(last_cause(error)) if error else event["message"])
    except (OSError, sqlite3.Error, yaml.YAMLError) as error:
        raise RecordsUnreadable(str(error)) from error
    return None


def _read(database: Path, sql: str, parameters: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql, parameters).fetchall()


def _newest_by_dagster(settings: Settings) -> RunRecord | None:
    import dagster as dg
    from sqlalchemy.exc import SQLAlchemyError

    filters = dg.RunsFilter(job_name=JOB_NAME, tags={DATA_DIR_TAG: str(settings.data_dir)})
    try:
        for record in dg.DagsterInstance.get().get_run_records(filters, limit=1):
            run = record.dagster_run
            return RunRecord(run.run_id, run.status.value, record.create_timestamp.astimezone(UTC))
    except (SQLAlchemyError, dg.DagsterError) as error:
        raise RecordsUnreadable(str(error)) from error
    return None


def _failure_by_dagster(run_id: str) -> Failure | None:
    import dagster as dg
    from sqlalchemy.exc import SQLAlchemyError

    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
    try:
        records = dg.DagsterInstance.get().get_records_for_run(run_id, of_type=kinds).records
    except (SQLAlchemyError, dg.DagsterError) as error:
        raise RecordsUnreadable(str(error)) from error
    events = [record.event_log_entry.get_dagster_event() for record in records]
    for event in sorted(events, key=lambda event: not event.is_step_failure):
        found = getattr(event.event_specific_data, "error", None)
        return Failure(event.step_key, explain(last_cause(found)) if found else str(event.message))
    return None
