"""Runs the nightly job from the command line, in this process, and reports its result.

The steps do not belong here: the job is the one the schedule starts.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime

import dagster as dg
import duckdb

from orchestration.definitions import build
from orchestration.defs.jobs import run_config
from orchestration.lake.lake import Lake
from orchestration.publish.versions.build import served_number
from orchestration.runs.failure_reasons import INTERRUPTED, explain, last_cause
from orchestration.runs.interrupted import fail_interrupted_runs
from orchestration.runs.job_tags import JOB_NAME
from orchestration.runs.lock import lock
from orchestration.runs.summary import summarise_run
from orchestration.runs.warehouse_factory import open_warehouse
from orchestration.settings import Settings
from orchestration.visible_text import counted
from orchestration.warehouse.journal import Journal
from orchestration.warehouse.protocol import Warehouse, WarehouseError
from orchestration.warehouse.reporting_date import newest_complete_day, require_complete_day
from orchestration.warehouse.timezones import workspace_timezones

Echo = Callable[[str], None]


def run_nightly(
    settings: Settings,
    *,
    as_of: date | None,
    now: datetime,
    full_refresh: bool,
    echo: Echo,
    is_loading: bool = True,
    is_future_refused: bool = False,
    allow_shrink: bool = False,
) -> bool:
    """Run the whole job here; progress goes to standard error, the summary to `echo`.

    Returns:
        Whether everything succeeded and was published.

    Raises:
        DataDirectoryLocked: another run holds the data directory.
        IncompleteDay: as_of has not ended yet in the zone of every workspace, and is refused then.
        KeyboardInterrupt: Ctrl-C or SIGTERM; the run is recorded as failed.
    """
    refused = as_of if is_future_refused else None
    with lock(settings.data_dir):
        _refuse_incomplete_day(settings, refused, now=now)
        instance = dg.DagsterInstance.get()
        fail_interrupted_runs(instance, settings, launched_before=now)
        served_before = served_number(settings.data_dir)
        lake = Lake(settings.lake_dir)
        batches_before = set(lake.batches())
        config = run_config(
            now=now,
            as_of=as_of,
            full_refresh=full_refresh,
            is_loading=is_loading,
            is_future_refused=is_future_refused,
            allow_shrink=allow_shrink,
        )
        result = execute(settings, config, instance)
        if not result.success and settings.is_warehouse_torn:
            result = execute(settings, config, instance)  # the step that found it damaged has set it aside
        if not result.success:  # perhaps for a time zone that this run was the first to load
            _refuse_incomplete_day(settings, refused, now=now)
        new_batches = [int(batch.name) for batch in lake.batches() if batch not in batches_before]
        try:
            with closing(open_warehouse(settings)) as warehouse:
                journal = Journal(settings.journal_dir)
                summary = list(summarise_run(warehouse, journal, result.run_id, new_batches))
        except WarehouseError:  # the failed step reports why
            summary = [
                f"loaded       {counted(len(new_batches), 'batch', 'batches')}; "
                "details unavailable because the warehouse cannot be read"
            ]
        for line in summary:
            echo(line)
    reasons = [] if result.success else failures(result)
    for line in _published(result, settings, served_before):
        echo(line)
    if any(INTERRUPTED in reason for reason in reasons):
        raise KeyboardInterrupt
    for reason in reasons:
        echo(f"failed       {reason}")
    return result.success


def _refuse_incomplete_day(settings: Settings, as_of: date | None, *, now: datetime) -> None:
    """Check a day by the time zones loaded so far; before any are, refuse what has ended nowhere on earth."""
    if as_of is None:
        return
    try:
        warehouse = open_warehouse(settings)
        is_loaded = settings.target != "duckdb" or settings.warehouse_path.exists()
        timezones = (
            workspace_timezones(warehouse) if is_loaded and warehouse.has_table("raw.workspaces") else []
        )
    except (WarehouseError, duckdb.Error):  # the run sets a damaged file aside, or says why
        timezones = []
    if timezones or as_of > newest_complete_day(now, ["Etc/GMT-14"]):
        require_complete_day(as_of, now=now, timezones=timezones)


def _published(
    result: dg.ExecuteInProcessResult, settings: Settings, served_before: int | None
) -> Iterator[str]:
    """What is published now."""
    if result.success:
        served = settings.published_dir.readlink()
        note = ", as before: nothing is new" if served_number(settings.data_dir) == served_before else ""
        yield f"published    {settings.published_dir} -> {served}{note}"
        return
    if served_before is None and served_number(settings.data_dir) is None:
        yield "published    nothing: the run failed, and nothing was published before"
    elif served_number(settings.data_dir) == served_before:
        yield "published    nothing: the run failed; the version published before is still served"
    else:
        yield "published    The new version is complete and served, but a later step failed; run again."


def execute(
    settings: Settings, config: dict[str, object], instance: dg.DagsterInstance
) -> dg.ExecuteInProcessResult:
    """Run the job of this data directory in this process, which must hold its lock."""
    definitions = build(settings)
    warehouse: Warehouse = (definitions.resources or {})["warehouse"]
    with closing(warehouse):
        return definitions.resolve_job_def(JOB_NAME).execute_in_process(
            instance=instance,
            run_config={**config, "loggers": {"progress": {}}},
            raise_on_error=False,
        )


def failures(result: dg.ExecuteInProcessResult) -> list[str]:
    """One line for each failed step with its cause; the cause of the run if no step failed."""
    errors = {
        event.step_key: event.step_failure_data.error for event in result.all_events if event.is_step_failure
    }
    if not errors:
        failed = [event.job_failure_data.error for event in result.all_events if event.is_job_failure]
        errors = dict.fromkeys(["run"], failed[0] if failed else None)
    return [f"{step}: {explain(last_cause(error))}" for step, error in errors.items()]
