"""`credits status`: how the last run went, and what is in quarantine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from orchestration.cli.options import (
    data_dir_option,
    fail,
    use_settings,
)
from orchestration.cli.output import say_lines, text_format_option


@click.command()
@data_dir_option
@text_format_option
def status(data_dir: Path | None, form: str) -> None:
    """Last run, freshness, failed checks, and the quarantine by reason."""
    from orchestration.health.status import describe_status, status_as_json
    from orchestration.runs.history import last_run

    settings = use_settings(data_dir=data_dir)
    run, now = last_run(settings), datetime.now(UTC)
    try:
        if form == "json":
            click.echo(status_as_json(settings, last_run=run))
        else:
            say_lines(describe_status(settings, now=now, last_run=run))
    except duckdb.Error as error:
        fail(f"what is published cannot be read; publish it anew with credits run. {error}")
