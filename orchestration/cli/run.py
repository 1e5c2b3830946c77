"""`credits run`: one nightly run, through the job of the schedule."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from orchestration.cli.options import (
    EXIT_USAGE,
    LATEST,
    Day,
    allow_shrink_option,
    data_dir_option,
    fail,
    landing_option,
    pseudonymise_option,
    run_and_exit,
    use_settings,
)


@click.command(
    short_help="Load, check, build, forecast and publish.",
    epilog="Exit codes: 0 published; 1 a step or a critical check failed, and the served version stays as it "
    "is; 2 wrong use or configuration; 3 another run holds the data directory; 130 interrupted.",
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
    help="Last local date to report. Without a value: the newest complete day.",
)
@click.option("--allow-future", is_flag=True, help="Report an --as-of that has not ended yet.")
@click.option("--full-refresh", is_flag=True, help="Rebuild the working warehouse from the lake.")
@click.option(
    "--target",
    type=click.Choice(["duckdb", "spark"]),
    help="Engine that builds the warehouse; spark is a cluster, at $CREDITS_SPARK_URL. "
    "[default: $CREDITS_TARGET, or duckdb]",
)
@allow_shrink_option
@pseudonymise_option
@click.option(
    "--workspace-files",
    is_flag=True,
    help="Publish each workspace separately as well, in published/workspaces/<id>. "
    "[default: $CREDITS_WORKSPACE_FILES is 1]",
)
@click.option(
    "--publish",
    type=click.Choice(["postgres", "delta"]),
    multiple=True,
    help="Send the version to PostgreSQL as well, at $CREDITS_POSTGRES_URL, or to Delta tables in "
    "DATA_DIR/delta. [default: $CREDITS_PUBLISH]",
)
def run(
    landing: Path | None,
    data_dir: Path | None,
    as_of: date | None,
    allow_future: bool,
    allow_shrink: bool,
    full_refresh: bool,
    target: str | None,
    pseudonymise: bool,
    workspace_files: bool,
    publish: tuple[str, ...],
) -> None:
    """Load what is new, check, build, forecast and publish: one nightly run."""
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
            f"there is no landing folder {settings.landing_dir}; create it, or name another with --landing",
            EXIT_USAGE,
        )
    run_and_exit(
        settings,
        as_of=as_of,
        full_refresh=full_refresh,
        is_future_refused=not allow_future,
        allow_shrink=allow_shrink,
    )
