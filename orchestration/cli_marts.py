"""`credits query` and `export`: the published marts by SQL or as files.

How rows are read and written does not belong here: that is publish/extract.py and publish/rows_out.py.
"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from orchestration.cli_options import EXIT_USAGE, data_dir_option, fail, use_settings


@click.command()
@click.argument("sql")
@data_dir_option
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)
def query(sql: str, data_dir: Path | None, form: str) -> None:
    """Rows of one SQL query on the published marts, such as: from marts.credit_summary

    It can only read them: no file, no setting, no other database. CSV and JSON (an array, decimals as texts)
    hold every row, a table the first 1,000. In CSV, text that a spreadsheet would run starts with a '.
    """
    from orchestration.publish.extract import ExtractError, queried
    from orchestration.publish.rows_out import OutError, write_csv, write_json, write_table

    writers = {"table": write_table, "csv": write_csv, "json": write_json}
    settings = use_settings(data_dir=data_dir)
    try:
        with queried(settings.published_dir, sql, memory_limit=settings.memory_limit) as rows:
            writers[form](rows, click.get_binary_stream("stdout"))
    except (ExtractError, OutError) as error:
        fail(str(error), EXIT_USAGE)
    except duckdb.Error as error:
        fail(f"what is published cannot be read; publish it anew with credits run. {error}")


@click.command()
@click.argument("mart")
@data_dir_option
@click.option("--workspace", help="Only rows of this workspace. [default: all]")
@click.option(
    "--format", "form", type=click.Choice(["csv", "json", "parquet"]), default="csv", show_default=True
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="File to write, all or nothing. [default: standard output]"
)
def export(mart: str, data_dir: Path | None, workspace: str | None, form: str, out: Path | None) -> None:
    """One published mart, whole or of one workspace, such as: usage_daily

    CSV is RFC 4180 in UTF-8, with exact decimals, ISO times and empty nulls; text that a spreadsheet would
    run starts with a '. JSON is an array of objects, a row a line, decimals as texts. Parquet needs --out.
    """
    from orchestration.publish.extract import ExtractError, mart_rows
    from orchestration.publish.rows_out import OutError, write_csv, write_json, write_parquet, written_beside

    writers = {"csv": write_csv, "json": write_json, "parquet": write_parquet}
    if form == "parquet" and out is None:
        fail("Parquet is written to a file, not to standard output; name one with --out", EXIT_USAGE)
    target = None if out is None else out.absolute()  # before the working directory changes
    published = use_settings(data_dir=data_dir).published_dir
    try:
        with mart_rows(published, mart, workspace_id=workspace) as rows:
            if target is None:
                writers[form](rows, click.get_binary_stream("stdout"))
            else:
                with written_beside(target) as file:
                    writers[form](rows, file)
    except (ExtractError, OutError) as error:
        fail(str(error), EXIT_USAGE)
    except duckdb.Error as error:
        fail(f"what is published cannot be read; publish it anew with credits run. {error}")
    except OSError as error:
        fail(f"{mart} was not written{'' if target is None else f' to {target}'}: {error}")
