"""`credits backtest`: forecasts of past days, scored against the current-pace rule."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from orchestration.cli.held_warehouse import held_warehouse
from orchestration.cli.options import (
    EXIT_USAGE,
    Day,
    data_dir_option,
    fail,
    say_progress,
    workspace_option,
)
from orchestration.cli.output import Output, rows_options, terminal


@click.command()
@data_dir_option
@workspace_option("Only this workspace. [default: all]")
@click.option("--from", "first", type=Day(), help="Only days from this one on are replayed.")
@click.option("--to", "last", type=Day(), help="Only days up to this one are replayed.")
@rows_options()
def backtest(
    data_dir: Path | None, workspace: str | None, first: date | None, last: date | None, output: Output
) -> None:
    """How good the forecast would have been on past days, beside the current pace.

    Every past day that can be judged by now is foretold again from what came before it, for balances of
    3, 7, 14, 30 and 60 days' use, and held against what was used afterwards.
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

    with held_warehouse(data_dir) as (warehouse, as_of, method):
        history = history_of(warehouse)
    if workspace is not None:
        history = history.of_workspace(workspace)
        if history.workspaces.empty:
            fail(
                f"a backtest is of a workspace that was loaded; {workspace!r} was not. See credits report.",
                EXIT_USAGE,
            )
    earliest = history.usage["usage_date"].min()
    days = 1 if pd.isna(earliest) else max((pd.Timestamp(as_of) - earliest).days, 1)
    origins = origins_to_replay(history, as_of=as_of, days=days, most=20_000)
    say_progress(f"foretelling {len(origins.as_of):,} past days again")
    scores = replay(origins, calibration=method.calibration)
    dates = scores["as_of"]
    is_asked = dates >= pd.Timestamp(first or date.min.replace(year=1970))
    is_asked &= dates <= pd.Timestamp(last or as_of)
    asked, what = scores[is_asked], "Forecasts of past days, made again"
    if not output.is_for_people:
        output.write_listed(backtest_records(asked), BACKTEST_SCHEMA)
        return
    if (console := terminal()) and len(asked):
        show_backtest(asked, console, what=what)
    else:
        for line in describe_backtest(asked, what=what):
            click.echo(line)
    click.echo(f"calibrated on: {method.calibration.facts.get('label', 'unknown')}")
