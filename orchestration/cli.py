"""`credits …`: the commands people type. `run` drives the same job as the schedule.

No second pipeline here, and no number is computed: reports read what is published.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import duckdb

from orchestration.cli_alerts import alerts
from orchestration.cli_completion import completion
from orchestration.cli_dashboard import dashboard
from orchestration.cli_doctor import doctor
from orchestration.cli_forecast import backtest, calibrate, forecast
from orchestration.cli_forget import forget
from orchestration.cli_formats import say_lines, text_format_option
from orchestration.cli_marts import export, query
from orchestration.cli_options import (
    EXIT_USAGE,
    LATEST,
    Day,
    Progress,
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
        report = (
            write_load(out, end_date=SAMPLE_AS_OF, on_written=Progress("generations written"), **asked)
            if asked
            else write_sample(out)
        )
    except SampleError as error:
        fail(str(error), EXIT_USAGE)
    for feed, lines in report.lines.items():
        click.echo(f"{lines:>9,}  {feed}")
    click.echo(f"written to {out}; load it with: credits run --landing {out} --as-of {SAMPLE_AS_OF}")


@main.command(
    epilog="Exit codes: 0 published; 1 a step or a critical check failed, what was published before stays "
    "as it is; 2 wrong use or configuration; 3 another run holds the data directory."
)
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
@click.option(
    "--target",
    type=click.Choice(["duckdb", "spark"]),
    help="The engine that builds the warehouse; spark is a cluster, at $CREDITS_SPARK_URL. "
    "[default: $CREDITS_TARGET, or duckdb]",
)
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
    target: str | None,
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
        target=target,
    )
    if not settings.landing_dir.is_dir():
        fail(
            f"there is no landing folder {settings.landing_dir}; make it, or name another with --landing",
            EXIT_USAGE,
        )
    run_and_leave(settings, as_of=as_of, full_refresh=full_refresh)


@main.command()
@data_dir_option
@text_format_option
def status(data_dir: Path | None, form: str) -> None:
    """Last run, freshness, failed checks, and the quarantine by reason."""
    from orchestration.defs.launch import last_run
    from orchestration.status import describe_status, status_as_json

    settings = use_settings(data_dir=data_dir)
    run, now = last_run(settings), datetime.now(UTC)
    try:
        if form == "json":
            click.echo(status_as_json(settings, last_run=run))
        else:
            say_lines(describe_status(settings, now=now, last_run=run))
    except duckdb.Error as error:
        fail(f"what is published cannot be read; publish it anew with credits run. {error}")


COMMANDS = (
    *(report, forecast, backtest, calibrate, query, export, dashboard),
    *(rollback, rebuild, verify, forget, serve, alerts, publish_command, doctor, completion),
)
for command in COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    sys.exit(main(prog_name="credits"))
