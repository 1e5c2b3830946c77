"""`credits query`: one SQL query on the published marts."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli.options import data_dir_option, use_settings
from orchestration.cli.output import Output, exit_on_refusal, rows_options


@click.command(short_help="Run one SQL query on the published marts.")
@click.argument("sql")
@data_dir_option
@rows_options()
def query(sql: str, data_dir: Path | None, output: Output) -> None:
    """Run one SQL query on the published marts, such as: from marts.credit_summary

    It can only read the marts: no file, no setting, no other database. CSV, JSON and Parquet hold every row,
    a table the first 1,000. In CSV, text that a spreadsheet would execute starts with a '.
    """
    from orchestration.publish.rows.select import query_rows

    settings = use_settings(data_dir=data_dir)
    with (
        exit_on_refusal("the rows were not written", output),
        query_rows(settings.published_dir, sql, memory_limit=settings.memory_limit) as rows,
    ):
        output.write(rows)
