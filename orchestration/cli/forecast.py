"""`credits forecast`: when the credits of one workspace run out, and what a change would do."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli.locked_warehouse import locked_warehouse
from orchestration.cli.options import EXIT_USAGE, data_dir_option, fail, workspace_option
from orchestration.cli.output import FORMATS, Output, rows_options


@click.command(short_help="Predict when the credits run out.")
@data_dir_option
@workspace_option("Id of the workspace; required if there are several.")
@click.option(
    "--what-if",
    "changes",
    multiple=True,
    metavar="CHANGE",
    help="regeneration-rate=-50%, 'saving=120 credits' (in 30 days), members=+2, "
    "'bulk=400 products' (on the next day; @DATE for another), "
    "buy=PACK@DATE (ordered on that day). Repeatable: all changes apply together.",
)
@rows_options(default="text", formats=("text", *FORMATS))
def forecast(data_dir: Path | None, workspace: str | None, changes: tuple[str, ...], output: Output) -> None:
    """Predict when the credits of one workspace run out, and how a change would move that date.

    Rows: one without changes and, with --what-if, one with them.
    """
    from forecasting.depletion.forecast import forecast_depletion
    from forecasting.depletion.what_if import WhatIfError, forecast_with_changes
    from orchestration.cli.forecast_text import (
        FORECAST_SCHEMA,
        describe_forecast,
        forecast_record,
        forecast_row,
        last_day_of,
    )
    from orchestration.warehouse.forecast_inputs import facts_of, history_of

    with locked_warehouse(data_dir) as (warehouse, as_of, method):
        history = history_of(warehouse)
        known = history.workspaces["workspace_id"].astype("str").tolist()
        if workspace not in known and (workspace is not None or len(known) != 1):
            found = "none was named" if workspace is None else f"found {workspace!r}"
            listed = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
            fail(
                f"a forecast needs one workspace; {found}. Use --workspace with one of: {listed}.", EXIT_USAGE
            )
        chosen = workspace or known[0]
        history = history.for_workspace(chosen)
        before, after = forecast_depletion(history, as_of=as_of, method=method), None
        if changes:
            facts = facts_of(warehouse, chosen, as_of=as_of)
            try:
                after = forecast_with_changes(history, list(changes), facts=facts, as_of=as_of, method=method)
            except WhatIfError as error:
                fail(str(error), EXIT_USAGE)
    unchanged = forecast_row(before.dates)
    changed = None if after is None else forecast_row(after.dates)
    if output.format == "text":
        last_usage_date = last_day_of(history.usage["usage_date"])
        for line in describe_forecast(
            chosen, unchanged, changed, changes, as_of=as_of, last_usage_date=last_usage_date
        ):
            click.echo(line)
        return
    cases = {"as it is": unchanged} | ({} if changed is None else {" and ".join(changes): changed})
    rows = [forecast_record(chosen, each, case=case, as_of=as_of) for case, each in cases.items()]
    output.write_listed(rows, FORECAST_SCHEMA)
