"""`credits alerts`: the alerts of the current events, sent as the sensor does every five minutes.

Which events there are, and how alerts are sent, does not belong here: that is alerting/.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from orchestration.cli.options import EXIT_FAILED, EXIT_USAGE, UNREADABLE, data_dir_option, fail, use_settings


@click.command(short_help="Send the alerts that are due.")
@data_dir_option
@click.option("--dry-run", is_flag=True, help="Only print what would be sent, and where.")
def alerts(data_dir: Path | None, dry_run: bool) -> None:
    """Send alerts for failed runs and checks, stale data, depletion, allowance and spikes.

    They go to $CREDITS_ALERT_WEBHOOK (Slack's JSON) and by e-mail to $CREDITS_ALERT_EMAIL_TO, each event once
    in 24 hours. Under credits serve a sensor sends them; with cron, run this after credits run. Exit code 1:
    a message was not accepted, and will be sent again the next time.
    """
    from orchestration.alerting.sent import send_alerts, unsent
    from orchestration.defs.alerts import NO_CHANNEL, alerts_now, channels_of

    settings = use_settings(data_dir=data_dir)
    channels, now = channels_of(settings), datetime.now(UTC)
    if not channels and not dry_run:
        fail(NO_CHANNEL, EXIT_USAGE)
    try:
        found = alerts_now(settings)
    except duckdb.Error as error:
        fail(f"{UNREADABLE} {error}")
    if not dry_run:
        failures = send_alerts(found, channels, folder=settings.alerts_dir, now=now, echo=click.echo)
        raise SystemExit(EXIT_FAILED if failures else 0)
    for alert in found:
        click.echo(f"{alert.title}\n    {alert.text}")
    click.echo(f"{len(found)} current events")
    for channel in channels:
        pending = len(unsent(found, channel, folder=settings.alerts_dir, now=now))
        click.echo(f"{pending} of them would be sent by {channel.name}")
    if not channels:
        click.echo(NO_CHANNEL)
