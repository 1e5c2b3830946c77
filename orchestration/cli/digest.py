"""`credits digest`: a summary of the week of each workspace, by the channels of alerts.

What it says does not belong here: that is alerting/digest.py.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from orchestration.cli import name_completion
from orchestration.cli.options import EXIT_FAILED, EXIT_USAGE, UNREADABLE, data_dir_option, fail, use_settings
from orchestration.publish.report.i18n import LANGUAGES


@click.command(short_help="Send the summary of the week.")
@data_dir_option
@click.option(
    "--workspace",
    "workspaces",
    metavar="ID",
    multiple=True,
    shell_complete=name_completion.workspaces,
    help="Send only that of this workspace; repeatable. [default: all]",
)
@click.option(
    "--lang", "language", type=click.Choice(LANGUAGES), help="Its language. [default: $CREDITS_LANG, or en]"
)
@click.option("--dry-run", is_flag=True, help="Only print what would be sent, and where.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "html"]),
    default="text",
    show_default=True,
    help="What --dry-run prints.",
)
def digest(
    data_dir: Path | None,
    workspaces: tuple[str, ...],
    language: str | None,
    dry_run: bool,
    output_format: str,
) -> None:
    """Send a summary of the last 7 days of each workspace: left, used, wasted, what to change, budgets.

    It goes where alerts go: $CREDITS_ALERT_WEBHOOK (as text) and by e-mail to $CREDITS_ALERT_EMAIL_TO
    (text and HTML), each once in 24 hours. Start it once a week, with cron. Exit code 1: a message was not
    accepted, and will be sent again the next time.
    """
    from orchestration.alerting.digest import DAYS, digests
    from orchestration.alerting.sent import send_alerts
    from orchestration.defs.alerts import NO_CHANNEL, channels_of
    from orchestration.publish.report.i18n import using_language
    from orchestration.publish.report.load import (
        ReportError,
        chosen_workspace,
        load_reports,
        published_workspaces,
    )
    from orchestration.publish.versions.freshness import staleness_warning
    from orchestration.publish.versions.history import kept_versions

    settings, now = use_settings(data_dir=data_dir), datetime.now(UTC)
    channels = channels_of(settings)
    if not channels and not dry_run:
        fail(NO_CHANNEL, EXIT_USAGE)
    stale = staleness_warning(kept_versions(settings.data_dir), now=now)
    published = settings.published_dir.resolve()
    try:
        known = published_workspaces(published)
        chosen = list(dict.fromkeys(chosen_workspace(known, each) for each in workspaces)) or known
        with using_language(language or settings.lang):
            found = digests(load_reports(published, days=DAYS, chosen=chosen), stale=stale)
    except ReportError as error:
        fail(str(error), EXIT_USAGE)
    except duckdb.Error as error:
        fail(f"{UNREADABLE} {error}")
    if not dry_run:
        failures = send_alerts(
            found, channels, folder=settings.alerts_dir, now=now, echo=click.echo, listed_by="credits digest"
        )
        raise SystemExit(EXIT_FAILED if failures else 0)
    for message in found:
        click.echo(message.html if output_format == "html" else f"{message.title}\n\n{message.text}\n")
    for channel in channels:
        click.echo(f"to be sent by {channel.name}", err=True)
    if not channels:
        click.echo(NO_CHANNEL, err=True)
