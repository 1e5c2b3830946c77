"""`credits export`: one published mart as rows."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli import name_completion
from orchestration.cli.options import data_dir_option, use_settings, workspace_option
from orchestration.cli.output import Output, exit_on_refusal, rows_options


@click.command(short_help="Export one published mart as rows.")
@click.argument("mart", shell_complete=name_completion.marts)
@data_dir_option
@workspace_option("Export only rows of this workspace. [default: all]")
@rows_options(default="csv")
def export(mart: str, data_dir: Path | None, workspace: str | None, output: Output) -> None:
    """Export one published mart, of all workspaces or of one, such as: usage_daily

    CSV is RFC 4180 in UTF-8, with exact decimals, ISO times and empty nulls; text that a spreadsheet would
    execute starts with a '. JSON has one row per line. A table shows the first 1,000 rows.
    """
    from orchestration.publish.rows.select import mart_rows

    published = use_settings(data_dir=data_dir).published_dir
    with (
        exit_on_refusal(f"{mart} was not written", output),
        mart_rows(published, mart, workspace_id=workspace) as rows,
    ):
        output.write(rows)
