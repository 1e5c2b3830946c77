"""`credits mcp`: a server that assistants ask by the Model Context Protocol, on this machine only.

What it answers does not belong here: that is ask/.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from orchestration.cli.options import EXIT_USAGE, data_dir_option, fail, require_free_port, use_settings


@click.command(short_help="Start the server for assistants (MCP).")
@data_dir_option
@click.option("--http", "is_http", is_flag=True, help="Serve by HTTP on 127.0.0.1 instead of stdio.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8765, show_default=True, help="Port of --http."
)
def mcp(data_dir: Path | None, is_http: bool, port: int) -> None:
    """Start the server that assistants ask by the Model Context Protocol (MCP).

    It reads the published marts and changes nothing. The program that asks starts it (stdio), or finds it
    with --http at http://127.0.0.1:8765/mcp; docs/ask.md has the configuration of two.
    """
    if find_spec("mcp") is None:
        fail(
            "this server needs the package mcp; it is not installed. Install the extra `mcp` "
            "(pip install '.[mcp]').",
            EXIT_USAGE,
        )
    from orchestration.ask.answers import Answers
    from orchestration.ask.server import make_server, serve_http
    from orchestration.settings import PROJECT_DIR

    settings = use_settings(data_dir=data_dir)
    answers = Answers(settings.data_dir, settings.memory_limit, settings.lang)
    server = make_server(answers, definitions=PROJECT_DIR / "docs" / "definitions.md")
    if not is_http:
        server.run("stdio")
        return
    require_free_port(port, "this server")
    click.echo(f"assistants ask at http://127.0.0.1:{port}/mcp (stop with Ctrl+C)", err=True)
    serve_http(server, port=port)
