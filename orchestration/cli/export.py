"""`credits export`: one published mart as rows, or the data contract of all."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli import name_completion
from orchestration.cli.options import EXIT_USAGE, data_dir_option, fail, use_settings, workspace_option
from orchestration.cli.output import Output, exit_on_refusal, rows_options

if TYPE_CHECKING:
    from orchestration.settings import Settings


CONTRACT = "contract"


@click.command(short_help="Export one published mart as rows.")
@click.argument("mart", shell_complete=name_completion.marts)
@data_dir_option
@workspace_option("Export only rows of this workspace. [default: all]")
@rows_options(default="csv")
def export(mart: str, data_dir: Path | None, workspace: str | None, output: Output) -> None:
    """Export one published mart, of all workspaces or of one, such as: usage_daily

    CSV is RFC 4180 in UTF-8, with exact decimals, ISO times and empty nulls; text that a spreadsheet would
    execute starts with a '. JSON has one row per line. A table shows the first 1,000 rows.

    contract, in place of a mart: the data contract of all marts by the Open Data Contract Standard, as YAML
    (--format json: as JSON).
    """
    from orchestration.publish.rows.select import mart_rows

    settings = use_settings(data_dir=data_dir)
    if mart == CONTRACT:
        _export_contract(settings, output)
        return
    published = settings.published_dir
    with (
        exit_on_refusal(f"{mart} was not written", output),
        mart_rows(published, mart, workspace_id=workspace) as rows,
    ):
        output.write(rows)


def _export_contract(settings: Settings, output: Output) -> None:
    import yaml

    from orchestration.publish.contract import data_contract
    from orchestration.publish.rows.write import output_file
    from orchestration.runs.warehouse_factory import open_dbt

    if output.format not in ("csv", "json"):
        fail("the contract is YAML, or JSON with --format json", EXIT_USAGE)
    manifest = json.loads(open_dbt(settings).manifest_path.read_bytes())
    contract = data_contract(manifest, version=version("credit-usage-analytics"))
    if output.format == "json":
        text = json.dumps(contract, indent=1) + "\n"
    else:
        text = yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=110)
    if output.path is None:
        click.echo(text, nl=False)
    else:
        with exit_on_refusal("the contract was not written", output), output_file(output.path) as file:
            file.write(text.encode())
