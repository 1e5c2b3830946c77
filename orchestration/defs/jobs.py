"""The nightly job's configuration and its schedule.

What the job does does not belong here: it materialises every asset and runs every check.
"""

from datetime import date, datetime

import dagster as dg

from orchestration.runs.job_tags import JOB_NAME
from orchestration.settings import Settings


def run_config(
    *,
    now: datetime,
    as_of: date | None = None,
    full_refresh: bool = False,
    is_loading: bool = True,
    is_future_refused: bool = False,
    allow_shrink: bool = False,
) -> dict[str, object]:
    """Dagster run configuration of one run; without as_of it reports the newest complete day at `now`."""
    run = {
        "as_of": str(as_of or ""),
        "now": now.isoformat(),
        "full_refresh": full_refresh,
        "is_loading": is_loading,
        "is_future_refused": is_future_refused,
    } | ({"allow_shrink": True} if allow_shrink else {})
    return {"resources": {"run": {"config": run}}}


def nightly_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Once a day, for the newest day that has ended in the time zone of every workspace."""

    @dg.schedule(
        name="nightly",
        job_name=JOB_NAME,
        cron_schedule=settings.schedule_cron,
        execution_timezone=settings.schedule_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Loads everything not loaded yet and reports up to the newest day that has ended "
        "in the time zone of every workspace. A missed run is caught up by the next one.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        due = context.scheduled_execution_time
        return dg.RunRequest(run_key=due.isoformat(), run_config=run_config(now=due))

    return nightly
