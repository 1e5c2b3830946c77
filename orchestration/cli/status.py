"""`credits status`: the last run, freshness, failed checks and the quarantine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from orchestration.cli.options import UNREADABLE, data_dir_option, fail, use_settings
from orchestration.cli.output import echo_lines, text_format_option


@click.command(short_help="Show the last run, checks and quarantine.")
@data_dir_option
@text_format_option
def status(data_dir: Path | None, output_format: str) -> None:
    """Show the last run, freshness, failed checks, and the quarantine by reason."""
    from orchestration.health.status import describe_status, status_as_json
    from orchestration.runs.history import last_run

    settings = use_settings(data_dir=data_dir)
    run, now = last_run(settings), datetime.now(UTC)
    try:
        if output_format == "json":
            click.echo(status_as_json(settings, last_run=run))
        else:
            echo_lines(describe_status(settings, now=now, last_run=run))
    except duckdb.Error as error:
        fail(f"{UNREADABLE} {error}")
