"""`credits …`: the commands people type. `run` drives the same job as the schedule.

No second pipeline here, and no number is computed: reports read what is published.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import duckdb

from orchestration.cli_alerts import alerts
from orchestration.cli_dashboard import dashboard
from orchestration.cli_forget import forget
from orchestration.cli_marts import export, query
from orchestration.cli_options import (
    EXIT_BUSY,
    EXIT_USAGE,
    LATEST,
    Day,
    data_dir_option,
    fail,
    landing_option,
    pseudonymise_option,
    run_and_leave,
    stop_when_told,
    use_settings,
)
from orchestration.cli_publish import publish as publish_command
from orchestration.cli_report import report
from orchestration.cli_serve import serve
from orchestration.cli_versions import rebuild, rollback, verify

if TYPE_CHECKING:
    from forecasting.depletion import Method
    from orchestration.warehouse.duckdb_warehouse import DuckDBWarehouse

SAMPLE_AS_OF = date(2026, 4, 7)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="credit-usage-analytics", prog_name="credits")
def main() -> None:
    """Where the AI-generation credits go, and when they run out.

    Exit codes: 0 done; 1 failed, or a critical check failed and nothing was published; 2 wrong use or
    configuration; 3 busy, another run holds the data directory.
    """
    stop_when_told()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal cannot show is no reason to stop


@main.command()
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Landing folder to write."
)
@click.option(
    "--workspaces", type=click.IntRange(1), help="Write a load with this many workspaces. [default: 1]"
)
@click.option("--days", type=click.IntRange(1), help="Days of the load, up to 2026-04-07. [default: 30]")
@click.option(
    "--events", type=click.IntRange(1), help="Generations of the load. [default: 100 a workspace and day]"
)
@click.option("--seed", type=int, help="Seed of the load. [default: 0]")
def sample(out: Path, **load: int | None) -> None:
    """Write sample landing files: a team of 5 over 30 days, or a load of any size.

    Without options, the team. With any of --workspaces, --days, --events, --seed, a load with planted flaws,
    which truth.json beside the feeds lists.
    """
    from orchestration.landing.sample import SampleError, write_load, write_sample

    asked: dict[str, Any] = {name: value for name, value in load.items() if value is not None}
    try:
        report = write_load(out, end_date=SAMPLE_AS_OF, **asked) if asked else write_sample(out)
    except SampleError as error:
        fail(str(error), EXIT_USAGE)
    for feed, lines in report.lines.items():
        click.echo(f"{lines:>9,}  {feed}")
    click.echo(f"written to {out}; load it with: credits run --landing {out} --as-of {SAMPLE_AS_OF}")


@main.command()
@landing_option
@data_dir_option
@click.option(
    "--as-of",
    type=Day(),
    is_flag=False,
    flag_value=LATEST,
    default=LATEST,
    show_default=True,
    help="Last local date to report. Without it or without a value: the newest complete day.",
)
@click.option("--full-refresh", is_flag=True, help="Rebuild the working warehouse from the lake.")
@pseudonymise_option
@click.option(
    "--workspace-files",
    is_flag=True,
    help="Publish each workspace alone as well, in published/workspaces/<id>. "
    "[default: $CREDITS_WORKSPACE_FILES is 1]",
)
@click.option(
    "--publish",
    type=click.Choice(["postgres"]),
    multiple=True,
    help="Send it to PostgreSQL as well, at $CREDITS_POSTGRES_URL. [default: $CREDITS_PUBLISH]",
)
def run(
    landing: Path | None,
    data_dir: Path | None,
    as_of: date | None,
    full_refresh: bool,
    pseudonymise: bool,
    workspace_files: bool,
    publish: tuple[str, ...],
) -> None:
    """One whole nightly run: load what is new, check, build, forecast, publish."""
    settings = use_settings(
        landing_dir=landing,
        data_dir=data_dir,
        pseudonymise=pseudonymise,
        workspace_files=workspace_files,
        publish=publish,
    )
    if not settings.landing_dir.is_dir():
        fail(
            f"there is no landing folder {settings.landing_dir}; make it, or name another with --landing",
            EXIT_USAGE,
        )
    run_and_leave(settings, as_of=as_of, full_refresh=full_refresh)


@main.command()
@data_dir_option
@click.option("--workspace", help="Workspace id; needed where there are several.")
@click.option(
    "--what-if",
    "changes",
    multiple=True,
    metavar="CHANGE",
    help="regeneration-rate=-50%, members=+2, 'bulk=400 products' (on the next day; @DATE for another), "
    "buy=PACK@DATE (ordered on that day). May be given several times: all are made together.",
)
def forecast(data_dir: Path | None, workspace: str | None, changes: tuple[str, ...]) -> None:
    """When the credits of one workspace run out, and what a change would do to the date."""
    from forecasting.depletion import forecast_depletion
    from forecasting.what_if import WhatIfError, foretell
    from orchestration.outlook import describe_forecast, forecast_row
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
    changed = None if after is None else forecast_row(after.dates)
    for line in describe_forecast(chosen, forecast_row(before.dates), changed, changes, as_of=as_of):
        click.echo(line)


@main.command()
@data_dir_option
@click.option("--workspace", help="Only this workspace. [default: all]")
@click.option("--from", "first", type=Day(), help="Only days from this one on are replayed.")
@click.option("--to", "last", type=Day(), help="Only days up to this one are replayed.")
def backtest(data_dir: Path | None, workspace: str | None, first: date | None, last: date | None) -> None:
    """How good the forecast would have been on past days, beside the current pace.

    Every past day that can be judged by now is foretold again from what came before it, for balances of
    3, 7, 14, 30 and 60 days' use, and held against what was used afterwards.
    """
    import pandas as pd

    from forecasting.accuracy import origins_to_replay, replay
    from orchestration.outlook import describe_backtest
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
    scores = replay(origins, calibration=method.calibration)
    dates = scores["as_of"]
    is_asked = dates >= pd.Timestamp(first or date.min.replace(year=1970))
    is_asked &= dates <= pd.Timestamp(last or as_of)
    for line in describe_backtest(scores[is_asked], what="Forecasts of past days, made again"):
        click.echo(line)
    click.echo(f"calibrated on: {method.calibration.facts.get('label', 'unknown')}")


@main.command()
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
        calibration = fit_on([one.values for one in series], label=label, rng=np.random.default_rng(seed))
    except SeriesError as error:
        fail(str(error), EXIT_USAGE)
    except ValueError as error:
        fail(str(error))
    out.write_text(calibration.to_json(), encoding="utf-8")
    click.echo(f"version {calibration.version}, fitted on {len(series)} series, written to {out}")


@contextmanager
def _warehouse(data_dir: Path | None) -> Iterator[tuple[DuckDBWarehouse, date, Method]]:
    """The working warehouse, held so that no run changes it meanwhile, and how its forecast is made."""
    from orchestration.defs.resources import Busy, lock
    from orchestration.warehouse.dbt_build import DbtProject
    from orchestration.warehouse.duckdb_warehouse import DuckDBWarehouse
    from orchestration.warehouse.forecast_inputs import method_of, told_on

    settings = use_settings(data_dir=data_dir)
    warehouse = DuckDBWarehouse(settings.warehouse_path, memory_limit=settings.memory_limit)
    try:
        if not settings.warehouse_path.exists():
            fail(f"{settings.data_dir} holds no warehouse; run credits run first", EXIT_USAGE)
        with lock(settings.data_dir):
            as_of = told_on(warehouse)
            if as_of is None:
                fail(f"{settings.data_dir} holds no forecast; run credits run to its end first", EXIT_USAGE)
            variables = DbtProject(settings.dbt_dir, target_dir=settings.data_dir / "dbt").variables
            yield warehouse, as_of, method_of(warehouse, variables)
    except Busy as error:
        fail(str(error), EXIT_BUSY)


@main.command()
@data_dir_option
def status(data_dir: Path | None) -> None:
    """Last run, freshness, failed checks, and the quarantine by reason."""
    from orchestration.defs.launch import last_run
    from orchestration.status import describe_status

    settings = use_settings(data_dir=data_dir)
    try:
        for line in describe_status(settings, now=datetime.now(UTC), last_run=last_run(settings)):
            click.echo(line)
    except duckdb.Error as error:
        fail(f"what is published cannot be read; publish it anew with credits run. {error}")


for command in (
    report,
    query,
    export,
    rollback,
    rebuild,
    verify,
    forget,
    serve,
    dashboard,
    alerts,
    publish_command,
):
    main.add_command(command)


if __name__ == "__main__":
    sys.exit(main())
