"""`credits backtest`: forecasts of past days, scored against the current-pace rule."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from orchestration.cli.locked_warehouse import locked_warehouse
from orchestration.cli.options import EXIT_USAGE, Day, data_dir_option, echo_progress, fail, workspace_option
from orchestration.cli.output import Output, rows_options, terminal


@click.command(short_help="Score past forecasts against current pace.")
@data_dir_option
@workspace_option("Only this workspace. [default: all]")
@click.option("--from", "first", type=Day(), help="Replay only days from this one on.")
@click.option("--to", "last", type=Day(), help="Replay only days up to this one.")
@rows_options()
def backtest(
    data_dir: Path | None, workspace: str | None, first: date | None, last: date | None, output: Output
) -> None:
    """Score past forecasts against the current-pace rule.

    Each past day whose outcome is known is forecast again from the history before it, for balances of 3, 7,
    14, 30 and 60 days of use, and compared with the usage that followed.
    """
    import pandas as pd

    from forecasting.depletion.backtest import origins_to_replay, replay
    from orchestration.cli.forecast_text import (
        BACKTEST_SCHEMA,
        backtest_records,
        describe_backtest,
        show_backtest,
    )
    from orchestration.warehouse.forecast_inputs import history_of

    with locked_warehouse(data_dir) as (warehouse, as_of, method):
        history = history_of(warehouse)
    if workspace is not None:
        history = history.for_workspace(workspace)
        if history.workspaces.empty:
            fail(
                f"a backtest needs a workspace that was loaded; found {workspace!r}. Correct --workspace.",
                EXIT_USAGE,
            )
    earliest = history.usage["usage_date"].min()
    days = 1 if pd.isna(earliest) else max((pd.Timestamp(as_of) - earliest).days, 1)
    origins = origins_to_replay(history, as_of=as_of, days=days, most=20_000)
    echo_progress(f"forecasting {len(origins.as_of):,} past days")
    scores = replay(origins, calibration=method.calibration)
    dates = scores["as_of"]
    is_included = dates >= pd.Timestamp(first or date(1970, 1, 1))
    is_included &= dates <= pd.Timestamp(last or as_of)
    scores, title = scores[is_included], "Forecasts of past days"
    if not output.is_for_people:
        output.write_listed(backtest_records(scores), BACKTEST_SCHEMA)
        return
    if (console := terminal()) and len(scores):
        show_backtest(scores, console, title=title)
    else:
        for line in describe_backtest(scores, title=title):
            click.echo(line)
    click.echo(f"calibrated on: {method.calibration.facts.get('label', 'unknown')}")
