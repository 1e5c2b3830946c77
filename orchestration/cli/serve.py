"""`credits serve`: the Dagster UI, the schedule and the sensors, on this machine only.

What they run does not belong here: that is definitions.py.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from orchestration.cli.options import data_dir_option, landing_option, use_settings


@click.command(short_help="Start the Dagster UI and the schedule.")
@landing_option
@data_dir_option
@click.option(
    "--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port on 127.0.0.1."
)
@click.option(
    "--read-only", is_flag=True, help="Serve only the pages: nothing can be started, no schedule runs."
)
def serve(landing: Path | None, data_dir: Path | None, port: int, read_only: bool) -> None:
    """Start the Dagster UI and the nightly schedule, on this machine only (127.0.0.1).

    The UI has no login; SECURITY.md shows how to put one in front. Interrupted runs are failed first.
    """
    settings = use_settings(landing_dir=landing, data_dir=data_dir)
    from orchestration.runs.home import enter_home
    from orchestration.runs.interrupted import fail_interrupted_runs_before_start

    settings.landing_dir.mkdir(parents=True, exist_ok=True)
    enter_home(settings)
    (settings.dagster_home / ".dagster").mkdir(exist_ok=True)
    if not read_only and (ended := fail_interrupted_runs_before_start(settings, now=datetime.now(UTC))):
        click.echo(f"{ended} interrupted runs were marked as failed", err=True)
    program = "dagster-webserver" if read_only else "dagster"
    arguments = ["--read-only"] if read_only else ["dev"]
    arguments += ["--module-name", "orchestration.definitions", "--host", "127.0.0.1", "--port", str(port)]
    os.execv(Path(sys.executable).with_name(program), [program, *arguments])
