"""`credits dashboard`: the published marts in the browser, on this machine only.

What it shows does not belong here: that is dashboard/.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from orchestration.cli.options import data_dir_option, require_free_port, use_settings

# no telemetry, and only requests of this machine are answered
OPTIONS = (
    *("--server.address=127.0.0.1", "--server.headless=true", "--server.fileWatcherType=none"),
    *("--theme.light.primaryColor=#005a8d", "--theme.dark.primaryColor=#56B4E9"),
    *("--browser.gatherUsageStats=false", "--client.toolbarMode=minimal", "--client.showErrorDetails=none"),
)


@click.command(short_help="Start the dashboard on this machine.")
@data_dir_option
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8501, show_default=True, help="Port on 127.0.0.1."
)
def dashboard(data_dir: Path | None, port: int) -> None:
    """Start the dashboard: use, waste, budgets and forecast of any period, filtered and compared.

    It reads the published marts, each view from one version, and never blocks a run; only its what-if
    holds the data directory for some seconds. It has no login; SECURITY.md shows how to put one in front.
    """
    from orchestration.settings import CODE_DIR

    settings = use_settings(data_dir=data_dir)
    require_free_port(port, "the dashboard")
    click.echo(f"dashboard of {settings.data_dir}: http://127.0.0.1:{port} (stop with Ctrl+C)", err=True)
    script = CODE_DIR / "orchestration" / "dashboard" / "app.py"
    arguments = [
        "-m",
        "orchestration.dashboard.server",
        "run",
        str(script),
        f"--server.port={port}",
        *OPTIONS,
    ]
    os.execv(sys.executable, [sys.executable, *arguments])
