"""`credits forecast`, `backtest` and `calibrate`: when the credits run out, and how good that was and is.

Not here: the arithmetic (forecasting/), or the words for it (outlook.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli_formats import FORMATS, Output, rows_options, terminal
from orchestration.cli_options import (
    EXIT_BUSY,
    EXIT_USAGE,
    Day,
    data_dir_option,
    fail,
    say_progress,
    use_settings,
    workspace_option,
)

if TYPE_CHECKING:
    from forecasting.depletion import Method
    from orchestration.warehouse.interface import Warehouse


@click.command()
@data_dir_option
@workspace_option("Workspace id; needed where there are several.")
@click.option(
    "--what-if",
    "changes",
    multiple=True,
    metavar="CHANGE",
    help="regeneration-rate=-50%, members=+2, 'bulk=400 products' (on the next day; @DATE for another), "
    "buy=PACK@DATE (ordered on that day). May be given several times: all are made together.",
)
@rows_options(default="text", forms=("text", *FORMATS))
def forecast(data_dir: Path | None, workspace: str | None, changes: tuple[str, ...], output: Output) -> None:
    """When the credits of one workspace run out, and what a change would do to the date.

    As rows: one as it is and, with changes, one after them.
    """
    from forecasting.depletion import forecast_depletion
    from forecasting.what_if import WhatIfError, foretell
    from orchestration.outlook import (
        FORECAST_SCHEMA,
        describe_forecast,
        forecast_record,
        forecast_row,
    )
    from orchestration.warehouse.forecast_inputs import facts_of, history_of

    with _warehouse(data_dir) as (warehouse, as_of, method):
        history = history_of(warehouse)
        known = history.workspaces["workspace_id"].astype("str").tolist()
        if workspace not in known and (workspace is not None or len(known) != 1):
            found = "none was named" if workspace is None else f"{workspace!r} is none of them"
            listed = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
            fail(
                f"a forecast is of one workspace; {found}. Use --workspace with one of: {listed}.", EXIT_USAGE
            )
        chosen = workspace or known[0]
        history = history.of_workspace(chosen)
        before, after = forecast_depletion(history, as_of=as_of, method=method), None
        if changes:
            facts = facts_of(warehouse, chosen, as_of=as_of)
            try:
                after = foretell(history, list(changes), facts=facts, as_of=as_of, method=method)
            except WhatIfError as error:
                fail(str(error), EXIT_USAGE)
    as_it_is = forecast_row(before.dates)
    changed = None if after is None else forecast_row(after.dates)
    if output.form == "text":
        for line in describe_forecast(chosen, as_it_is, changed, changes, as_of=as_of):
            click.echo(line)
        return
    told = {"as it is": as_it_is} | ({} if changed is None else {" and ".join(changes): changed})
    rows = [forecast_record(chosen, each, what=what, as_of=as_of) for what, each in told.items()]
    output.write_listed(rows, FORECAST_SCHEMA)


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

    from forecasting.accuracy import origins_to_replay, replay
    from orchestration.outlook import BACKTEST_SCHEMA, backtest_records, describe_backtest, show_backtest
    from orchestration.warehouse.forecast_inputs import history_of

    with _warehouse(data_dir) as (warehouse, as_of, method):
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


@click.command()
@click.option(
    "--series",
    "files",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Daily series: CSV (or .csv.gz) with series, date, value. May be given several times.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@click.option("--label", default="given series", show_default=True, help="What the series are.")
@click.option("--seed", type=int, default=0, show_default=True)
def calibrate(files: tuple[Path, ...], out: Path, label: str, seed: int) -> None:
    """Fit the forecast's ranges on daily series, and write them as JSON.

    The project's own, forecasting/calibration.json, was made by this from public series.
    """
    import numpy as np

    from forecasting.past_depletions import fit_on
    from orchestration.landing.daily_series import SeriesError, read_series

    try:
        series = read_series(files)
        say_progress(f"fitting on {len(series)} series")
        calibration = fit_on([one.values for one in series], label=label, rng=np.random.default_rng(seed))
    except SeriesError as error:
        fail(str(error), EXIT_USAGE)
    except ValueError as error:
        fail(str(error))
    out.write_text(calibration.to_json(), encoding="utf-8")
    click.echo(f"version {calibration.version}, fitted on {len(series)} series, written to {out}")


@contextmanager
def _warehouse(data_dir: Path | None) -> Iterator[tuple[Warehouse, date, Method]]:
    """The working warehouse, held so that no run changes it meanwhile, and how its forecast is made."""
    from orchestration.defs.resources import Busy, lock
    from orchestration.warehouse.dbt_build import DbtProject
    from orchestration.warehouse.forecast_inputs import method_of, told_on
    from orchestration.warehouse.interface import WarehouseError
    from orchestration.warehouse.targets import warehouse_of

    settings = use_settings(data_dir=data_dir)
    warehouse = warehouse_of(settings)
    try:
        if settings.target == "duckdb" and not settings.warehouse_path.exists():
            fail(f"{settings.data_dir} holds no warehouse; run credits run first", EXIT_USAGE)
        with lock(settings.data_dir):
            as_of = told_on(warehouse)
            if as_of is None:
                fail(f"{settings.data_dir} holds no forecast; run credits run to its end first", EXIT_USAGE)
            variables = DbtProject(settings.dbt_dir, target_dir=settings.dbt_target_dir).variables
            yield warehouse, as_of, method_of(warehouse, variables)
    except Busy as error:
        fail(str(error), EXIT_BUSY)
    except WarehouseError as error:
        fail(str(error))
