"""`credits …`: the commands people type. `run` drives the same job as the schedule.

No second pipeline here, and no number is computed: reports read what is published.
"""

from __future__ import annotations

import io
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import click
import duckdb

from orchestration.settings import Settings, SettingsError, use

EXIT_FAILED, EXIT_USAGE, EXIT_BUSY = 1, 2, 3
LATEST = "newest complete day"
SAMPLE_AS_OF = date(2026, 4, 7)


class Day(click.ParamType):
    """A calendar date, or the newest complete day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date | None:
        if value == LATEST:
            return None
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date; give it as YYYY-MM-DD, such as 2026-04-07", param, ctx)
        if not 1970 <= day.year <= 9998:
            self.fail(f"{value!r} is not between 1970 and 9998, which a report can be about", param, ctx)
        return day


def fail(message: str, code: int = EXIT_FAILED) -> NoReturn:
    """Say why on standard error, and leave."""
    click.echo(f"credits: {message}", err=True)
    raise SystemExit(code)


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the lake, the warehouse and what is published. "
    "[default: $CREDITS_DATA_DIR, or data/warehouse]",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="credit-usage-analytics", prog_name="credits")
def main() -> None:
    """Where the AI-generation credits go, and when they run out.

    Exit codes: 0 done; 1 failed, or a critical check failed and nothing was published; 2 wrong use or
    configuration; 3 busy, another run holds the data directory.
    """
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
@click.option(
    "--landing",
    type=click.Path(path_type=Path),
    help="Folder of the landing feeds. [default: $CREDITS_LANDING_DIR, or data/landing]",
)
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
def run(landing: Path | None, data_dir: Path | None, as_of: date | None, full_refresh: bool) -> None:
    """One whole nightly run: load what is new, check, build, forecast, publish."""
    settings = _use(landing_dir=landing, data_dir=data_dir)
    if not settings.landing_dir.is_dir():
        fail(
            f"there is no landing folder {settings.landing_dir}; make it, or name another with --landing",
            EXIT_USAGE,
        )
    from orchestration.defs.launch import run_nightly
    from orchestration.defs.resources import Busy
    from orchestration.warehouse.dbt_build import DbtFailed

    try:
        is_published = run_nightly(
            settings, as_of=as_of, now=datetime.now(UTC), full_refresh=full_refresh, say=click.echo
        )
    except Busy as error:
        fail(str(error), EXIT_BUSY)
    except OSError as error:
        fail(f"the data directory {settings.data_dir} must be writable: {error}", EXIT_USAGE)
    except DbtFailed as error:
        fail(str(error))
    raise SystemExit(0 if is_published else EXIT_FAILED)


@main.command()
@data_dir_option
@click.option("--workspace", help="Workspace id; needed where there are several.")
@click.option("--days", type=int, default=30, show_default=True, help="Window: 7, 30 or 90 days.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True
)
def report(data_dir: Path | None, workspace: str | None, days: int, form: str) -> None:
    """The report of one workspace, from the published marts."""
    from orchestration.publish import ReportError, load_report, render_json, render_page, render_text

    renderers = {"text": render_text, "json": render_json, "html": render_page}
    try:
        found = load_report(_use(data_dir=data_dir).published_dir, workspace_id=workspace, days=days)
    except ReportError as error:
        fail(str(error), EXIT_USAGE)
    except duckdb.Error as error:
        fail(f"what is published cannot be read; publish it anew with credits run. {error}")
    click.echo(renderers[form](found).rstrip("\n"))


@main.command()
@data_dir_option
def status(data_dir: Path | None) -> None:
    """Last run, freshness, failed checks, and the quarantine by reason."""
    from orchestration.defs.launch import last_run
    from orchestration.status import describe_status

    settings = _use(data_dir=data_dir)
    try:
        for line in describe_status(settings, now=datetime.now(UTC), last_run=last_run(settings)):
            click.echo(line)
    except duckdb.Error as error:
        fail(f"what is published cannot be read; publish it anew with credits run. {error}")


def _use(*, landing_dir: Path | None = None, data_dir: Path | None = None) -> Settings:
    """Fix the folders, and stand where the relative paths of dagster.yaml are meant from."""
    try:
        settings = use(landing_dir=landing_dir, data_dir=data_dir)
    except SettingsError as error:
        fail(str(error), EXIT_USAGE)
    os.chdir(settings.dagster_home)
    return settings


if __name__ == "__main__":
    sys.exit(main())
