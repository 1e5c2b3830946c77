"""`credits sample`: landing files to try the product with."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from orchestration.cli.options import EXIT_USAGE, Progress, fail, use_settings

SAMPLE_AS_OF = date(2026, 4, 7)


@click.command(short_help="Write sample landing files.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Landing folder to write. [default: $CREDITS_LANDING_DIR, or data/landing]",
)
@click.option(
    "--workspaces", type=click.IntRange(1), help="Write a load with this many workspaces. [default: 1]"
)
@click.option("--days", type=click.IntRange(1), help="Days of the load, up to 2026-04-07. [default: 30]")
@click.option(
    "--events", type=click.IntRange(1), help="Generations of the load. [default: 100 a workspace and day]"
)
@click.option("--seed", type=int, help="Seed of the load. [default: 0]")
@click.option("--budgets", is_flag=True, default=None, help="Give each workspace of a load three budgets.")
def sample(out: Path | None, **load: int | None) -> None:
    """Write sample landing files: a team of 5 over 30 days, or a load of any size.

    Without options, the team. With any other than --out, a load with planted flaws, which truth.json next to
    the feeds lists.
    """
    from orchestration.landing.sample.write import SampleError, write_load, write_sample

    is_default = out is None
    out = out or use_settings().landing_dir
    options: dict[str, Any] = {name: value for name, value in load.items() if value is not None}
    try:
        report = (
            write_load(out, end_date=SAMPLE_AS_OF, on_written=Progress("generations written"), **options)
            if options
            else write_sample(out)
        )
    except SampleError as error:
        fail(str(error), EXIT_USAGE)
    for feed, lines in report.lines.items():
        if feed == "budgets" and not lines:
            continue
        click.echo(f"{lines:>9,}  {feed}")
    landing = "" if is_default else f"--landing {out} "
    click.echo(f"written to {out}; load it with: credits run {landing}--as-of {SAMPLE_AS_OF}")
