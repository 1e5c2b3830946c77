"""Starting one nightly run from the command line, in this process, and saying how it went.

The steps do not belong here: the job is the one the schedule starts.
"""

from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from datetime import date, datetime
from typing import Any

import dagster as dg

from orchestration.definitions import build
from orchestration.defs.jobs import run_config
from orchestration.lake.lake import Lake
from orchestration.publish.report.formatting import plain
from orchestration.publish.versions.build import served_number
from orchestration.runs.interrupted import fail_interrupted_runs
from orchestration.runs.job_tags import JOB_NAME
from orchestration.runs.lock import lock
from orchestration.runs.summary import summarise_run
from orchestration.runs.warehouse_factory import open_warehouse
from orchestration.settings import Settings
from orchestration.warehouse.journal import Journal
from orchestration.warehouse.protocol import WarehouseError

Echo = Callable[[str], None]
# how a step ends when the process is told to stop: in Dagster, in a statement of DuckDB, in dbt
_INTERRUPTED = ("InterruptedError", "Query interrupted", "KeyboardInterrupt")


def run_nightly(
    settings: Settings,
    *,
    as_of: date | None,
    now: datetime,
    full_refresh: bool,
    echo: Echo,
    is_loading: bool = True,
) -> bool:
    """Run the whole job here; progress goes to standard error, the summary to `echo`.

    Returns:
        Whether everything succeeded and was published.

    Raises:
        DataDirectoryLocked: another run holds the data directory.
    """
    with lock(settings.data_dir):
        instance = dg.DagsterInstance.get()
        fail_interrupted_runs(instance, settings, launched_before=now)
        served_before = served_number(settings.data_dir)
        lake = Lake(settings.lake_dir)
        batches_before = set(lake.batches())
        config = run_config(now=now, as_of=as_of, full_refresh=full_refresh, is_loading=is_loading)
        result = execute(settings, config, instance)
        if not result.success and settings.is_warehouse_torn:
            result = execute(settings, config, instance)  # the step that found it has set it aside
        new_batches = [int(batch.name) for batch in lake.batches() if batch not in batches_before]
        warehouse, journal = open_warehouse(settings), Journal(settings.journal_dir)
        try:
            summary = list(summarise_run(warehouse, journal, result.run_id, new_batches))
        except WarehouseError:  # the step that failed says why
            summary = [
                f"loaded       {len(new_batches)} batches into raw; the warehouse cannot be asked of what"
            ]
        for line in summary:
            echo(line)
    for line in _published(result, settings, served_before):
        echo(line)
    return result.success


def _published(
    result: dg.ExecuteInProcessResult, settings: Settings, served_before: int | None
) -> Iterator[str]:
    """What readers see now, and why it is nothing new if it is not."""
    if result.success:
        yield f"published    {settings.published_dir} -> {settings.published_dir.readlink()}"
        return
    if served_number(settings.data_dir) == served_before:
        yield "published    nothing: the run failed, and what was published before stays as it is"
    else:
        yield "published    the new version, whole; but the run failed after it: start it again"
    for reason in failures(result):
        yield f"failed       {reason}"


def execute(
    settings: Settings, config: dict[str, object], instance: dg.DagsterInstance
) -> dg.ExecuteInProcessResult:
    """The job of this data directory, in this process, which must hold its lock."""
    job = build(settings).resolve_job_def(JOB_NAME)
    # dbt's own lines go to a file: what a person follows is the progress on standard error
    with (settings.data_dir / "dbt.log").open("w") as dbt_log, redirect_stdout(dbt_log):
        return job.execute_in_process(
            instance=instance,
            run_config={**config, "loggers": {"progress": {}}},
            raise_on_error=False,
        )


def failures(result: dg.ExecuteInProcessResult) -> list[str]:
    """Why each failed step failed, in one line each; why the run did, if no step got that far."""
    errors = {
        event.step_key: event.step_failure_data.error for event in result.all_events if event.is_step_failure
    }
    if not errors:
        failed = [event.job_failure_data.error for event in result.all_events if event.is_job_failure]
        errors = dict.fromkeys(["run"], failed[0] if failed else None)
    if any(word in _last_cause(error) for error in errors.values() for word in _INTERRUPTED):
        return ["Interrupted. No delivered data was lost; run the command again."]
    return [f"{step}: {_last_cause(error)}" for step, error in errors.items()]


def _last_cause(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return plain(error.message) if error is not None else "no reason given"
