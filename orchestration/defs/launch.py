"""Starting one nightly run from the command line, in this process, and saying how it went.

The steps do not belong here: the job is the one the schedule starts.
"""

from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from orchestration.defs.jobs import DATA_DIR_TAG, JOB_NAME, run_config
from orchestration.defs.resources import is_held, lock
from orchestration.settings import Settings
from orchestration.warehouse.duckdb_warehouse import DuckDBWarehouse
from orchestration.warehouse.journal import Journal
from orchestration.warehouse.lake import Lake
from orchestration.warehouse.night_summary import summarise_night

Say = Callable[[str], None]


def run_nightly(
    settings: Settings, *, as_of: date | None, now: datetime, full_refresh: bool, say: Say
) -> bool:
    """Run the whole job here; progress goes to standard error, the summary to `say`.

    Returns:
        Whether everything succeeded and was published.

    Raises:
        Busy: another run holds the data directory.
    """
    with lock(settings.data_dir):
        from orchestration.definitions import defs

        instance = dg.DagsterInstance.get()
        _end_killed_runs(instance, settings)
        lake = Lake(settings.lake_dir)
        batches_before = set(lake.batches())
        config = run_config(now=now, as_of=as_of, full_refresh=full_refresh)
        # dbt's own lines go to a file: what a person follows is the progress on standard error
        with (settings.data_dir / "dbt.log").open("w") as dbt_log, redirect_stdout(dbt_log):
            result = defs.resolve_job_def(JOB_NAME).execute_in_process(
                instance=instance,
                run_config={**config, "loggers": {"progress": {}}},
                raise_on_error=False,
            )
        new_batches = [int(batch.name) for batch in lake.batches() if batch not in batches_before]
        warehouse, journal = DuckDBWarehouse(settings.warehouse_path), Journal(settings.journal_dir)
        for line in summarise_night(warehouse, journal, result.run_id, new_batches):
            say(line)
    if result.success:
        say(f"published    {settings.published_dir} -> {settings.published_dir.readlink()}")
    else:
        say("published    nothing: the run failed, and what was published before stays as it is")
        for reason in _failures(result):
            say(f"failed       {reason}")
    return result.success


def _end_killed_runs(instance: dg.DagsterInstance, settings: Settings) -> None:
    """Say of runs that were killed that they failed; whoever holds the lock knows that none is going on."""
    going_on = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    filters = dg.RunsFilter(statuses=going_on, tags={DATA_DIR_TAG: str(settings.data_dir)})
    for run in instance.get_runs(filters):
        instance.report_run_failed(run, message="The process of this run ended without a word.")


def _failures(result: dg.ExecuteInProcessResult) -> list[str]:
    """Why each failed step failed, in one line each; why the run did, if no step got that far."""
    errors = {
        event.step_key: event.step_failure_data.error for event in result.all_events if event.is_step_failure
    }
    if not errors:
        failures = [event.job_failure_data.error for event in result.all_events if event.is_job_failure]
        errors = dict.fromkeys(["run"], failures[0] if failures else None)
    return [f"{step}: {_last_cause(error)}" for step, error in errors.items()]


def _last_cause(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else "no reason given"


def last_run(settings: Settings) -> str | None:
    """How the newest run of this data directory went, says the Dagster instance; None if there was none."""
    filters = dg.RunsFilter(job_name=JOB_NAME, tags={DATA_DIR_TAG: str(settings.data_dir)})
    for record in dg.DagsterInstance.get().get_run_records(filters, limit=1):
        started_at = record.create_timestamp.astimezone(UTC)
        run = record.dagster_run
        how = run.status.value.lower()
        if not run.is_finished:
            how = "going on" if is_held(settings.data_dir) else "interrupted"
        return f"{how}, started {started_at:%Y-%m-%d %H:%M} UTC, run {run.run_id}"
    return None
