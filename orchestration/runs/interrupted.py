"""Runs whose process died without a word: said to have failed, so that no queue waits for them.

What such a run left half-made on disk is made good by the next run, not here.
"""

from datetime import UTC, datetime

import dagster as dg

from orchestration.runs.job_tags import DATA_DIR_TAG
from orchestration.runs.lock import is_held
from orchestration.settings import Settings

GOING_ON = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
WORDS = "The process of this run ended without a word."


def fail_interrupted_runs(
    instance: dg.DagsterInstance, settings: Settings, *, launched_before: datetime
) -> int:
    """Echo of runs of the data directory that they failed; only for who knows that none is going on.

    Args:
        launched_before: when; younger ones are left alone.

    Returns:
        How many there were.
    """
    filters = dg.RunsFilter(statuses=GOING_ON, tags={DATA_DIR_TAG: str(settings.data_dir)})
    records = instance.get_run_records(filters)
    killed = [record for record in records if record.create_timestamp.astimezone(UTC) < launched_before]
    for record in killed:
        instance.report_run_failed(record.dagster_run, message=WORDS)
    return len(killed)


def fail_interrupted_runs_if_unlocked(
    instance: dg.DagsterInstance, settings: Settings, *, launched_before: datetime
) -> int:
    """The same for who does not hold the data directory: nothing while a run does."""
    if is_held(settings.data_dir):
        return 0
    return fail_interrupted_runs(instance, settings, launched_before=launched_before)


def fail_interrupted_runs_before_start(settings: Settings, *, now: datetime) -> int:
    """The same before Dagster itself is started, when nobody can be launching a run."""
    with dg.DagsterInstance.get() as instance:
        return fail_interrupted_runs_if_unlocked(instance, settings, launched_before=now)
