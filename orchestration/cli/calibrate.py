"""`credits calibrate`: the ranges of the forecast, fitted on daily series."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli.options import EXIT_USAGE, echo_progress, fail


@click.command(short_help="Fit the forecast's ranges on daily series.")
@click.option(
    "--series",
    "files",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Read daily series from a CSV (or .csv.gz) with series, date, value. Repeatable.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@click.option(
    "--label", default="given series", show_default=True, help="Describe the series; kept in the file."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the random generator.")
def calibrate(files: tuple[Path, ...], out: Path, label: str, seed: int) -> None:
    """Fit the forecast's ranges on daily series, and write them as JSON.

    The project's own file, forecasting/depletion/calibration.json, was fitted by this on public series.
    """
    import numpy as np

    from forecasting.depletion.synthetic_cases import fit_on, origins_of
    from orchestration.landing.daily_series import SeriesError, read_series

    try:
        series = read_series(files)
        echo_progress(f"fitting on {len(series)} series")
        values = [each.values for each in series]
        origins = origins_of(values, first_days=[each.first_day for each in series])
        calibration = fit_on(values, label=label, rng=np.random.default_rng(seed), origins=origins)
    except SeriesError as error:
        fail(str(error), EXIT_USAGE)
    except ValueError as error:
        fail(str(error))
    out.write_text(calibration.to_json(), encoding="utf-8")
    click.echo(f"version {calibration.version}, fitted on {len(series)} series, written to {out}")
