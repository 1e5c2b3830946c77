"""The newest run of a data directory, from Dagster's records.

What a run checked does not belong here: that is the journal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from orchestration.runs.job_tags import DATA_DIR_TAG, JOB_NAME
from orchestration.runs.lock import is_held
from orchestration.settings import Settings
from orchestration.warehouse.journal import Journal


@dataclass(frozen=True)
class LastRun:
    """The newest run.

    Attributes:
        status: "success", "failure", "in progress" or another status of Dagster.
        started_at: in UTC.
    """

    status: str
    started_at: datetime
    run_id: str

    @property
    def has_failed(self) -> bool:
        return self.status not in ("success", "in progress")

    def __str__(self) -> str:
        return f"{self.status}, started {self.started_at:%Y-%m-%d %H:%M} UTC, run {self.run_id}"


def last_run(settings: Settings) -> LastRun | None:
    """The newest run of this data directory; None if there was none."""
    filters = dg.RunsFilter(job_name=JOB_NAME, tags={DATA_DIR_TAG: str(settings.data_dir)})
    for record in dg.DagsterInstance.get().get_run_records(filters, limit=1):
        run = record.dagster_run
        status = run.status.value.lower()
        if not run.is_finished:
            status = "in progress" if is_held(settings.data_dir) else "interrupted"
        return LastRun(status, record.create_timestamp.astimezone(UTC), run.run_id)
    return None


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
        steps = dg.DagsterInstance.get().get_run_step_stats(run.run_id)
        return next(
            (f"step {step.step_key}" for step in steps if step.status and step.status.value == "FAILURE"), ""
        )
    except (OSError, SQLAlchemyError, dg.DagsterError):
        return None
