"""`credits pull`: new rows of databases and APIs, written into the landing directory."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli.options import (
    EXIT_BUSY,
    EXIT_FAILED,
    EXIT_USAGE,
    data_dir_option,
    fail,
    landing_option,
    use_settings,
)
from orchestration.runs.lock import DataDirectoryLocked


@click.command(short_help="Pull new rows of databases and APIs.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@landing_option
@data_dir_option
def pull(names: tuple[str, ...], landing: Path | None, data_dir: Path | None) -> None:
    """Pull the new rows of each source NAME into its folder: all that have a NAME/pull.yml if none is given.

    The file says what to pull, and names the environment variables that hold address and keys.

    Exit codes: 0 done; 1 a source could not be pulled, and the others were; 2 wrong use or configuration;
    3 another pull of the source runs.
    """
    from orchestration.lake.file_names import PULL_FILE
    from orchestration.pull.config import PullConfigError, PullError, configured
    from orchestration.pull.pull import pull_source
    from orchestration.settings import secret

    settings = use_settings(landing_dir=landing, data_dir=data_dir)
    if not (names := names or tuple(configured(settings.landing_dir))):
        fail(
            f"{settings.landing_dir} has no folder with a {PULL_FILE}. Write one: docs/sources/pull.md",
            EXIT_USAGE,
        )
    code = 0
    for name in names:
        try:
            files = pull_source(
                name, landing=settings.landing_dir, state=settings.pull_dir / name, secret=secret
            )
        except DataDirectoryLocked as error:
            fail(str(error), EXIT_BUSY)
        except PullError as error:
            click.echo(f"credits: {error}", err=True)
            code = max(code, EXIT_USAGE if isinstance(error, PullConfigError) else EXIT_FAILED)
            continue
        for file in files:
            where = (
                file.path.relative_to(settings.landing_dir)
                if file.path
                else "nothing: the newest file has them"
            )
            click.echo(f"{file.row_count:>9,}  {name}/{file.table}: {where}")
        if not files:
            click.echo(f"{0:>9,}  {name}: nothing new")
    raise SystemExit(code)
