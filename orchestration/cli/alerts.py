"""`credits alerts`: tell somebody of what holds now, as the sensor does every five minutes.

What is told, and how, does not belong here: that is alerting/.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from orchestration.cli.options import EXIT_FAILED, EXIT_USAGE, data_dir_option, fail, use_settings


@click.command()
@data_dir_option
@click.option("--dry-run", is_flag=True, help="Only print what would be sent, and to whom.")
def alerts(data_dir: Path | None, dry_run: bool) -> None:
    """Tell of failed runs and checks, old data, and workspaces that end soon, near their allowance or spike.

    To $CREDITS_ALERT_WEBHOOK (Slack's JSON) and by e-mail to $CREDITS_ALERT_EMAIL_TO, each event once in 24
    hours. Under credits serve a sensor does it; from cron, run this after credits run. Exit code 1: a message
    was not taken; the next time it is tried again.
    """
    from orchestration.alerting.sent import due, tell
    from orchestration.defs.alerts import alerts_now, channels_of

    settings = use_settings(data_dir=data_dir)
    channels, now = channels_of(settings), datetime.now(UTC)
    if not channels and not dry_run:
        fail("nobody is to be told; set CREDITS_ALERT_WEBHOOK or CREDITS_ALERT_EMAIL_TO", EXIT_USAGE)
    try:
        found = alerts_now(settings)
    except duckdb.Error as error:
        fail(f"what is published cannot be read; publish it anew with credits run. {error}")
    if not dry_run:
        failures = tell(found, channels, folder=settings.alerts_dir, now=now, say=click.echo)
        raise SystemExit(EXIT_FAILED if failures else 0)
    for alert in found:
        click.echo(f"{alert.title}\n    {alert.text}")
    click.echo(f"{len(found)} events hold now")
    for channel in channels:
        pending = len(due(found, channel, folder=settings.alerts_dir, now=now))
        click.echo(f"{pending} of them would be sent by {channel.name}")
    if not channels:
        click.echo("to nobody: set CREDITS_ALERT_WEBHOOK or CREDITS_ALERT_EMAIL_TO")
