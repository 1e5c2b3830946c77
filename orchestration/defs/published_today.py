"""The sensor that starts a run if the scheduled one has not published.

What a run does, and when it is due, does not belong here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.defs.jobs import run_config
from orchestration.runs.interrupted import IN_PROGRESS, fail_interrupted_runs_if_unlocked
from orchestration.runs.job_tags import DATA_DIR_TAG, JOB_NAME
from orchestration.runs.lock import is_held
from orchestration.settings import Settings

SENSOR_NAME = "published_today"
# how long the scheduled run may take
GRACE = timedelta(hours=1)
MAX_RETRIES = 3
# a run launched just now does not hold the lock yet
LAUNCH = timedelta(minutes=5)


def published_today(settings: Settings, schedule: dg.ScheduleDefinition) -> dg.SensorDefinition:
    """An hourly sensor; it also catches up on a run missed while the machine was off."""

    @dg.sensor(
        name=SENSOR_NAME,
        job_name=JOB_NAME,
        minimum_interval_seconds=3600,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a run if the scheduled one has not published an hour after it was due, "
        f"at most {MAX_RETRIES} times. Marks interrupted runs as failed.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = datetime.now(UTC)
        if ended := fail_interrupted_runs_if_unlocked(
            context.instance, settings, launched_before=now - LAUNCH
        ):
            context.log.warning(f"{ended} interrupted runs were marked as failed")
        due = newest_due(schedule, now - GRACE)
        tries = runs_since(context.instance, settings, due)
        reason = skip_reason(settings, context.instance, due=due, tries=tries)
        if reason:
            yield dg.SkipReason(reason)
            return
        yield dg.RunRequest(run_key=f"{due.isoformat()}/{tries}", run_config=run_config(now=now))

    return sensor


def newest_due(schedule: dg.ScheduleDefinition, now: datetime) -> datetime:
    """When the newest scheduled run was due."""
    from dagster._utils.schedules import reverse_cron_string_iterator

    cron = str(schedule.cron_schedule)
    return next(reverse_cron_string_iterator(now.timestamp(), cron, schedule.execution_timezone))


def served_since(settings: Settings) -> datetime | None:
    """When the served version was swapped in, by a run or a rollback; None if none is served.

    Not when it was built: a version that was built by an interrupted run and never served is not published.
    """
    link = settings.published_dir
    return datetime.fromtimestamp(link.lstat().st_mtime, UTC) if link.is_symlink() else None


def runs_since(instance: dg.DagsterInstance, settings: Settings, due: datetime) -> int:
    """Runs of the data directory started since the scheduled run was due."""
    tags = {DATA_DIR_TAG: str(settings.data_dir)}
    return instance.get_runs_count(dg.RunsFilter(job_name=JOB_NAME, tags=tags, created_after=due))


def skip_reason(settings: Settings, instance: dg.DagsterInstance, *, due: datetime, tries: int) -> str | None:
    """The reason to start no run now; None to start one."""
    published_at = served_since(settings)
    if published_at is None:
        return "nothing has been published yet; the first run is the scheduled or a manual one"
    if published_at >= due:
        return f"the run due {due:%Y-%m-%d %H:%M %Z} was published {published_at:%Y-%m-%d %H:%M} UTC"
    tags = {DATA_DIR_TAG: str(settings.data_dir)}
    succeeded = dg.RunsFilter(
        job_name=JOB_NAME, tags=tags, statuses=[dg.DagsterRunStatus.SUCCESS], created_after=due
    )
    if instance.get_runs_count(succeeded):
        return f"a run since {due:%Y-%m-%d %H:%M %Z} found nothing new to publish"
    waiting = [*IN_PROGRESS, dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]
    if is_held(settings.data_dir) or instance.get_runs_count(dg.RunsFilter(statuses=waiting, tags=tags)):
        return "a run is in progress or queued"
    if tries >= MAX_RETRIES:
        return f"{tries} runs since {due:%Y-%m-%d %H:%M %Z} published nothing; see credits status"
    return None
