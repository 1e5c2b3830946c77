"""`credits query` and `export`: the published marts by SQL or as files.

How rows are read and written does not belong here: that is publish/extract.py, and cli_formats.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import duckdb

from orchestration import completing
from orchestration.cli_formats import Output, rows_options
from orchestration.cli_options import EXIT_USAGE, data_dir_option, fail, use_settings, workspace_option


@click.command()
@click.argument("sql")
@data_dir_option
@rows_options()
def query(sql: str, data_dir: Path | None, output: Output) -> None:
    """Rows of one SQL query on the published marts, such as: from marts.credit_summary

    It can only read them: no file, no setting, no other database. CSV, JSON and Parquet hold every row, a
    table the first 1,000. In CSV, text that a spreadsheet would run starts with a '.
    """
    from orchestration.publish.extract import queried

    settings = use_settings(data_dir=data_dir)
    with (
        _refusals("the rows were not written", output),
        queried(settings.published_dir, sql, memory_limit=settings.memory_limit) as rows,
    ):
        output.write(rows)


@click.command()
@click.argument("mart", shell_complete=completing.marts)
@data_dir_option
@workspace_option("Only rows of this workspace. [default: all]")
@rows_options(default="csv")
def export(mart: str, data_dir: Path | None, workspace: str | None, output: Output) -> None:
    """One published mart, whole or of one workspace, such as: usage_daily

    CSV is RFC 4180 in UTF-8, with exact decimals, ISO times and empty nulls; text that a spreadsheet would
    run starts with a '. JSON has a row a line. A table holds the first 1,000 rows.
    """
    from orchestration.publish.extract import mart_rows

    published = use_settings(data_dir=data_dir).published_dir
    with (
        _refusals(f"{mart} was not written", output),
        mart_rows(published, mart, workspace_id=workspace) as rows,
    ):
        output.write(rows)


@contextmanager
def _refusals(what_failed: str, output: Output) -> Iterator[None]:
    """Whatever keeps the rows from being read or written, as a sentence and an exit code."""
    from orchestration.publish.extract import ExtractError
    from orchestration.publish.rows_out import OutError

    try:
        yield
    except (ExtractError, OutError) as error:
        fail(str(error), EXIT_USAGE)
    except duckdb.Error as error:
        fail(f"what is published cannot be read; publish it anew with credits run. {error}")
    except BrokenPipeError:
        raise  # whoever read has enough; click ends the command
    except OSError as error:
        fail(f"{what_failed}{'' if output.path is None else f' to {output.path}'}: {error}")
