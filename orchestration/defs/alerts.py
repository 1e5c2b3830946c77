"""The sensor that sends alerts; `credits alerts` sends the same ones.

Which events there are, and how they are sent, does not belong here: that is alerting/.
"""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from orchestration.alerting.channels import Channel, Mail, Webhook
from orchestration.alerting.events import Alert, run_alerts, workspace_alerts
from orchestration.alerting.sent import send_alerts
from orchestration.publish.rows.read_only import open_published
from orchestration.publish.versions.export import DATABASE_NAME
from orchestration.publish.versions.freshness import staleness_warning
from orchestration.publish.versions.history import kept_versions
from orchestration.runs.history import last_run, newest_failure
from orchestration.settings import Settings
from orchestration.warehouse.journal import Journal

SENSOR_NAME = "alerts"
NO_CHANNEL = "No alert channel is configured; set CREDITS_ALERT_WEBHOOK or CREDITS_ALERT_EMAIL_TO."


def alerts_sensor(settings: Settings) -> dg.SensorDefinition:
    """A sensor that runs every five minutes. An error in it affects no run."""

    @dg.sensor(
        name=SENSOR_NAME,
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends an alert by webhook and e-mail when a run or a check failed, data is stale, or a "
        "workspace may run out of credits, has used 85 or 95 % of its allowance or of a budget, may pass a "
        "budget, or spikes; each once in 24 hours.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        channels = channels_of(settings)
        if not channels:
            return dg.SkipReason(NO_CHANNEL)
        try:
            alerts = alerts_now(settings)
            failures = send_alerts(
                alerts, channels, folder=settings.alerts_dir, now=datetime.now(UTC), echo=context.log.info
            )
        except Exception as error:
            context.log.error(f"Alerts could not be checked: {error}")
            return dg.SkipReason(f"Alerts could not be checked: {type(error).__name__}")
        return dg.SkipReason(f"{len(alerts)} current events; {failures} channels failed")

    return sensor


def channels_of(settings: Settings) -> list[Channel]:
    """The channels that are configured."""
    channels: list[Channel] = []
    if settings.alert_webhook:
        channels.append(Webhook(settings.alert_webhook.get_secret_value()))
    if settings.alert_email_to:
        server = settings.smtp_url.get_secret_value()
        channels.append(Mail(server, settings.alert_email_from, settings.alert_email_to))
    return channels


def alerts_now(settings: Settings) -> list[Alert]:
    """Every current event of the newest run and the published marts."""
    run = last_run(settings)
    failure = newest_failure(settings)
    stale = staleness_warning(kept_versions(settings.data_dir), now=datetime.now(UTC))
    alerts = list(
        run_alerts(
            Journal(settings.journal_dir).newest_checks(),
            failed_run=run.run_id if run and run.has_failed else None,
            failed_at=failure,
            stale=stale,
        )
    )
    database = settings.published_dir.resolve() / DATABASE_NAME
    if database.exists():
        with open_published(database) as connection:
            alerts += workspace_alerts(connection, within_days=settings.alert_days)
    return alerts
