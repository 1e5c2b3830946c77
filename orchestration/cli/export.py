"""`credits export`: one published mart as rows, what finance takes from several, or the contract of all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli import name_completion
from orchestration.cli.options import EXIT_USAGE, Month, data_dir_option, fail, use_settings, workspace_option
from orchestration.cli.output import Output, exit_on_refusal, rows_options

if TYPE_CHECKING:
    from orchestration.publish.rows.select import Rows
    from orchestration.settings import Settings

CONTRACT = "contract"

CHARGEBACK, FOCUS = "chargeback", "focus"
FOCUS_VERSIONS = ("1.2",)


@dataclass(frozen=True)
class Wanted:
    """What is exported, and of which workspace and booked month; None stands for all of them."""

    name: str
    workspace: str | None
    month: date | None


@click.command(short_help="Export a mart, chargeback or FOCUS as rows.")
@click.argument("mart", shell_complete=name_completion.marts)
@data_dir_option
@workspace_option("Export only rows of this workspace. [default: all]")
@click.option("--month", type=Month(), help="Booked month of chargeback or focus. [default: all]")
@click.option("--version", type=click.Choice(FOCUS_VERSIONS), help="Version of FOCUS. [default: 1.2]")
@rows_options(default="csv")
def export(
    mart: str,
    data_dir: Path | None,
    workspace: str | None,
    month: date | None,
    version: str | None,
    output: Output,
) -> None:
    """Export one published mart, of all workspaces or of one, such as: usage_daily

    With chargeback instead of a mart: what a month has booked for each team, member and category, corrections
    of earlier months included; once the month is closed, the file stays the same. With focus: purchases,
    draw-down and corrections in the columns of FOCUS.

    CSV is RFC 4180 in UTF-8, with exact decimals, ISO times and empty nulls; text that a spreadsheet would
    execute starts with a '. JSON has one row per line. A table shows the first 1,000 rows.

    contract, in place of a mart: the data contract of all marts by the Open Data Contract Standard, as YAML
    (--format json: as JSON).
    """
    if month and mart not in (CHARGEBACK, FOCUS):
        fail(f"--month is of {CHARGEBACK} and {FOCUS} only; {mart} has all months. Leave it out.", EXIT_USAGE)
    if version and mart != FOCUS:
        fail(f"--version is of {FOCUS} only; {mart} has none. Leave it out.", EXIT_USAGE)
    settings = use_settings(data_dir=data_dir)
    if mart == CONTRACT:
        _export_contract(settings, output)
        return
    wanted = Wanted(mart, workspace, month)
    with exit_on_refusal(f"{mart} was not written", output), _rows(settings, wanted, output) as rows:
        output.write(rows)


@contextmanager
def _rows(settings: Settings, wanted: Wanted, output: Output) -> Iterator[Rows]:
    from orchestration.publish.finance.months import chargeback_rows, focus_rows
    from orchestration.publish.rows.select import mart_rows

    published, workspace = settings.published_dir, wanted.workspace
    is_parquet = output.format == "parquet"
    if wanted.name == CHARGEBACK:
        with chargeback_rows(published, month=wanted.month, workspace_id=workspace, is_exact=is_parquet) as (
            rows,
            is_closed,
        ):
            if wanted.month and not is_closed:
                click.echo(
                    f"credits: {wanted.month:%Y-%m} is open: it is closed by the first run up to day "
                    f"{settings.month_closes_on} of the next month, and until then its rows change.",
                    err=True,
                )
            yield rows
    elif wanted.name == FOCUS:
        with focus_rows(
            published,
            month=wanted.month,
            workspace_id=workspace,
            provider=settings.provider_name,
            is_text=not is_parquet,
        ) as rows:
            yield rows
    else:
        with mart_rows(published, wanted.name, workspace_id=workspace) as rows:
            yield rows


def _export_contract(settings: Settings, output: Output) -> None:
    import yaml

    from orchestration.publish.contract import data_contract
    from orchestration.publish.rows.write import output_file
    from orchestration.runs.warehouse_factory import open_dbt

    if output.format not in ("csv", "json"):
        fail("the contract is YAML, or JSON with --format json", EXIT_USAGE)
    manifest = json.loads(open_dbt(settings).manifest_path.read_bytes())
    contract = data_contract(manifest, version=metadata.version("credit-usage-analytics"))
    if output.format == "json":
        text = json.dumps(contract, indent=1) + "\n"
    else:
        text = yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=110)
    if output.path is None:
        click.echo(text, nl=False)
    else:
        with exit_on_refusal("the contract was not written", output), output_file(output.path) as file:
            file.write(text.encode())
