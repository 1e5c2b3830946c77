"""`credits dashboard`: the published marts to look at and to filter, in the browser, on this machine only.

What it shows does not belong here: that is dashboard.py.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import click

from orchestration.cli.options import EXIT_USAGE, data_dir_option, fail, use_settings
from orchestration.settings import PROJECT_DIR

# nothing is sent anywhere, and nobody but this machine is answered
OPTIONS = (
    *("--server.address=127.0.0.1", "--server.headless=true", "--server.fileWatcherType=none"),
    *("--browser.gatherUsageStats=false", "--client.toolbarMode=minimal", "--client.showErrorDetails=none"),
)


@click.command()
@data_dir_option
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
def dashboard(data_dir: Path | None, port: int) -> None:
    """The dashboard on http://127.0.0.1:8501: filter by member, category, type, reason; down to generations.

    It reads what is published, each view from one version, and never makes a run wait. It has no login;
    SECURITY.md shows how to put one in front.
    """
    settings = use_settings(data_dir=data_dir)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            fail(
                f"the dashboard needs port {port} of this machine: {error.strerror}. Use --port.", EXIT_USAGE
            )
    click.echo(f"the dashboard of {settings.data_dir}: http://127.0.0.1:{port} (Ctrl+C ends it)", err=True)
    script = PROJECT_DIR / "orchestration" / "dashboard" / "app.py"
    words = ["-m", "streamlit", "run", str(script), f"--server.port={port}", *OPTIONS]
    os.execv(sys.executable, [sys.executable, *words])
