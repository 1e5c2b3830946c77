"""Interrupted runs: marked as failed, so that no queue waits for them.

What such a run left unfinished on disk is cleaned up by the next run, not here.
"""

from datetime import UTC, datetime

import dagster as dg

from orchestration.runs.failure_reasons import KILLED
from orchestration.runs.job_tags import DATA_DIR_TAG
from orchestration.runs.lock import is_held
from orchestration.settings import Settings

IN_PROGRESS = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def fail_interrupted_runs(
    instance: dg.DagsterInstance, settings: Settings, *, launched_before: datetime
) -> int:
    """Mark unfinished runs of the data directory as failed; the caller must know that none is in progress.

    Args:
        launched_before: runs launched later are left alone.

    Returns:
        How many were marked.
    """
    filters = dg.RunsFilter(statuses=IN_PROGRESS, tags={DATA_DIR_TAG: str(settings.data_dir)})
    records = instance.get_run_records(filters)
    interrupted = [record for record in records if record.create_timestamp.astimezone(UTC) < launched_before]
    for record in interrupted:
        instance.report_run_failed(record.dagster_run, message=KILLED)
    return len(interrupted)


def fail_interrupted_runs_if_unlocked(
    instance: dg.DagsterInstance, settings: Settings, *, launched_before: datetime
) -> int:
    """The same without holding the lock: does nothing while a run holds it."""
    if is_held(settings.data_dir):
        return 0
    return fail_interrupted_runs(instance, settings, launched_before=launched_before)


def fail_interrupted_runs_before_start(settings: Settings, *, now: datetime) -> int:
    """The same before Dagster is started, when no run can be launching."""
    with dg.DagsterInstance.get() as instance:
        return fail_interrupted_runs_if_unlocked(instance, settings, launched_before=now)
