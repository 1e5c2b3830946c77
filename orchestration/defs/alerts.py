"""The sensor that tells somebody; what it finds, the command `credits alerts` finds as well.

What is told, and how, does not belong here: that is alerting/.
"""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from orchestration.alerting.channels import Channel, Mail, Webhook
from orchestration.alerting.events import Alert, of_newest_run, of_workspaces
from orchestration.alerting.sent import tell
from orchestration.publish.rows.read_only import open_published
from orchestration.publish.versions.export import DATABASE_NAME
from orchestration.publish.versions.freshness import staleness_warning
from orchestration.publish.versions.history import kept_versions
from orchestration.runs.history import last_run, newest_failure
from orchestration.settings import Settings
from orchestration.warehouse.journal import Journal

SENSOR_NAME = "alerts"


def alerts_sensor(settings: Settings) -> dg.SensorDefinition:
    """A sensor that asks every five minutes. Whatever happens in it, no run is touched."""

    @dg.sensor(
        name=SENSOR_NAME,
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells by webhook and e-mail when a run or a check failed, what is published is old, or "
        "a workspace nears its end, has used 85 or 95 % of its allowance, or spikes; once in 24 hours each.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        channels = channels_of(settings)
        if not channels:
            return dg.SkipReason("nobody is to be told; set CREDITS_ALERT_WEBHOOK or CREDITS_ALERT_EMAIL_TO")
        try:
            alerts = alerts_now(settings)
            failures = tell(
                alerts, channels, folder=settings.alerts_dir, now=datetime.now(UTC), say=context.log.info
            )
        except Exception as error:
            context.log.error(f"alerts could not be looked for: {error}")
            return dg.SkipReason(f"alerts could not be looked for: {type(error).__name__}")
        return dg.SkipReason(f"{len(alerts)} events hold; {failures} messages were not taken")

    return sensor


def channels_of(settings: Settings) -> list[Channel]:
    """The ways that are set."""
    channels: list[Channel] = []
    if settings.alert_webhook:
        channels.append(Webhook(settings.alert_webhook.get_secret_value()))
    if settings.alert_email_to:
        server = settings.smtp_url.get_secret_value()
        channels.append(Mail(server, settings.alert_email_from, settings.alert_email_to))
    return channels


def alerts_now(settings: Settings) -> list[Alert]:
    """Every event that holds now, of the newest run and of what is published."""
    run = last_run(settings)
    failure = newest_failure(settings)
    stale = staleness_warning(kept_versions(settings.data_dir), now=datetime.now(UTC))
    alerts = list(
        of_newest_run(
            Journal(settings.journal_dir).newest_checks(),
            failed_run=run.run_id if run and run.has_failed else None,
            failed_at=failure,
            stale=stale,
        )
    )
    database = settings.published_dir.resolve() / DATABASE_NAME
    if database.exists():
        with open_published(database) as connection:
            alerts += of_workspaces(connection, within_days=settings.alert_days)
    return alerts
