"""`credits rebuild`: the warehouse and a new version, from the raw batches alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from orchestration.cli.options import (
    EXIT_USAGE,
    REFUSED,
    Day,
    allow_shrink_option,
    data_dir_option,
    fail,
    run_and_exit,
    use_settings,
)


@click.command(
    short_help="Rebuild everything from the raw batches.",
    epilog=f"Exit codes: 0 published; 1 a step or a critical check failed; {REFUSED}",
)
@data_dir_option
@click.option(
    "--as-of",
    type=Day(),
    help="Last local date to report. [default: that of the served version, else the newest complete day]",
)
@allow_shrink_option
def rebuild(data_dir: Path | None, as_of: date | None, allow_shrink: bool) -> None:
    """Rebuild and publish everything from the batches loaded before.

    The landing folder is not read, and the working warehouse is deleted: DATA_DIR/raw alone is enough.
    """
    from orchestration.lake.lake import Lake
    from orchestration.publish.versions.history import read_run_state

    settings = use_settings(data_dir=data_dir)
    if not Lake(settings.lake_dir).batches():
        fail(
            f"a rebuild starts from batches loaded before; {settings.lake_dir} holds no batch. "
            "Load landing files with credits run, or name another folder with --data-dir.",
            EXIT_USAGE,
        )
    published = read_run_state(settings.published_dir)
    if as_of is None and published is not None:
        as_of = published.as_of
    run_and_exit(settings, as_of=as_of, full_refresh=True, is_loading=False, allow_shrink=allow_shrink)
