"""The hourly question whether the night was published, and a run if it was not.

What a run does, and when the nightly one is due, does not belong here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.defs.jobs import run_config
from orchestration.runs.interrupted import GOING_ON, fail_interrupted_runs_if_unlocked
from orchestration.runs.job_tags import DATA_DIR_TAG, JOB_NAME
from orchestration.runs.lock import is_held
from orchestration.settings import Settings

SENSOR_NAME = "published_today"
# what the schedule's own run is given before anybody asks
GRACE = timedelta(hours=1)
MOST_TRIES = 3
# a run that was only just launched does not hold the data directory yet
LAUNCH = timedelta(minutes=5)


def published_today(settings: Settings, schedule: dg.ScheduleDefinition) -> dg.SensorDefinition:
    """A sensor that asks every hour; a night missed while the machine was off is so made up for, too."""

    @dg.sensor(
        name=SENSOR_NAME,
        job_name=JOB_NAME,
        minimum_interval_seconds=3600,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Published today? If the night that was due is not an hour later, a run is started, "
        f"{MOST_TRIES} at most a night. Runs that were killed are said to have failed.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = datetime.now(UTC)
        if ended := fail_interrupted_runs_if_unlocked(
            context.instance, settings, launched_before=now - LAUNCH
        ):
            context.log.warning(f"{ended} runs were killed; they are marked as failed")
        due = newest_due(schedule, now - GRACE)
        tries = tries_since(context.instance, settings, due)
        reason = why_not(settings, context.instance, due=due, tries=tries)
        if reason:
            yield dg.SkipReason(reason)
            return
        yield dg.RunRequest(run_key=f"{due.isoformat()}/{tries}", run_config=run_config(now=now))

    return sensor


def newest_due(schedule: dg.ScheduleDefinition, now: datetime) -> datetime:
    """When the newest night was due, by the schedule."""
    from dagster._utils.schedules import reverse_cron_string_iterator

    cron = str(schedule.cron_schedule)
    return next(reverse_cron_string_iterator(now.timestamp(), cron, schedule.execution_timezone))


def served_since(settings: Settings) -> datetime | None:
    """Since when the served version is served, by a run or by somebody who rolled back; None if none is.

    Not when it was built: one that was built and never served, for its run was killed, is not published.
    """
    link = settings.published_dir
    return datetime.fromtimestamp(link.lstat().st_mtime, UTC) if link.is_symlink() else None


def tries_since(instance: dg.DagsterInstance, settings: Settings, due: datetime) -> int:
    """Runs of the data directory that were started since the night was due."""
    tags = {DATA_DIR_TAG: str(settings.data_dir)}
    return instance.get_runs_count(dg.RunsFilter(job_name=JOB_NAME, tags=tags, created_after=due))


def why_not(settings: Settings, instance: dg.DagsterInstance, *, due: datetime, tries: int) -> str | None:
    """Why no run is started now, in words; None if one is to be."""
    published_at = served_since(settings)
    if published_at is None:
        return "nothing was published yet: the first night is the schedule's, or yours"
    if published_at >= due:
        return (
            f"the night that was due {due:%Y-%m-%d %H:%M %Z} was published {published_at:%Y-%m-%d %H:%M} UTC"
        )
    waiting = [*GOING_ON, dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]
    tags = {DATA_DIR_TAG: str(settings.data_dir)}
    if is_held(settings.data_dir) or instance.get_runs_count(dg.RunsFilter(statuses=waiting, tags=tags)):
        return "a run is going on or waits for its turn"
    if tries >= MOST_TRIES:
        return f"{tries} runs since {due:%Y-%m-%d %H:%M %Z} published nothing; see credits status"
    return None
