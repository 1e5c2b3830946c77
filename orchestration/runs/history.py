"""How the newest run of a data directory went, by Dagster's records."""

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
    """How the newest run went, such as "success", "failure" or "going on"."""

    how: str
    started_at: datetime
    run_id: str

    @property
    def has_failed(self) -> bool:
        return self.how not in ("success", "going on")

    def __str__(self) -> str:
        return f"{self.how}, started {self.started_at:%Y-%m-%d %H:%M} UTC, run {self.run_id}"


def last_run(settings: Settings) -> LastRun | None:
    """How the newest run of this data directory went, says the Dagster instance; None if there was none."""
    filters = dg.RunsFilter(job_name=JOB_NAME, tags={DATA_DIR_TAG: str(settings.data_dir)})
    for record in dg.DagsterInstance.get().get_run_records(filters, limit=1):
        run = record.dagster_run
        how = run.status.value.lower()
        if not run.is_finished:
            how = "going on" if is_held(settings.data_dir) else "interrupted"
        return LastRun(how, record.create_timestamp.astimezone(UTC), run.run_id)
    return None


def newest_failure(settings: Settings) -> str | None:
    """Where the newest run failed: a critical check, or a step; None if it did not.

    As far as can be told: whoever reads a report need not reach Dagster's records. Empty if it is not known.
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
