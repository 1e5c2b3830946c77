"""The newest run of a data directory, and where it failed.

How records are read (records.py) and what a run checked (the journal) do not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestration.runs.failure_reasons import KILLED
from orchestration.runs.lock import is_held
from orchestration.runs.records import FINISHED, Failure, RecordsUnreadable, first_failure, newest_run
from orchestration.settings import Settings
from orchestration.warehouse.journal import Journal


@dataclass(frozen=True)
class LastRun:
    """The newest run.

    Attributes:
        status: "success", "failure", "in progress" or another status of Dagster.
        started_at: in UTC.
        failure: the step and the reason; None if it has not failed, or no reason was recorded.
    """

    status: str
    started_at: datetime
    run_id: str
    failure: Failure | None = None

    @property
    def has_failed(self) -> bool:
        return self.status not in ("success", "in progress")

    def __str__(self) -> str:
        return f"{self.status}, started {self.started_at:%Y-%m-%d %H:%M} UTC, run {self.run_id}"


def last_run(settings: Settings) -> LastRun | None:
    """The newest run of this data directory; None if there was none.

    Raises:
        RecordsUnreadable: Dagster's records cannot be read.
    """
    run = newest_run(settings)
    if run is None:
        return None
    status = run.status.lower()
    if run.status not in FINISHED:
        status = "in progress" if is_held(settings.data_dir) else "interrupted"
    failure = None
    if status == "failure":
        failure = first_failure(settings, run.run_id)
    elif status == "interrupted":
        failure = Failure(None, KILLED)
    return LastRun(status, run.created_at, run.run_id, failure)


def newest_failure(settings: Settings) -> str | None:
    """Where the newest run failed: a critical check, or a step; None if it did not.

    Empty if it is not known where; None, too, if Dagster's records cannot be read.
    """
    try:
        run = last_run(settings)
        if run is None or not run.has_failed:
            return None
        failed = [
            check
            for check in Journal(settings.journal_dir).checks_of(run.run_id)
            if check.severity == "critical" and not check.passed
        ]
        if failed:
            return f"check {failed[0].check_name} of {failed[0].asset}"
        return f"step {run.failure.step}" if run.failure and run.failure.step else ""
    except (OSError, RecordsUnreadable):
        return None
