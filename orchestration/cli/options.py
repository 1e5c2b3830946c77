"""What the commands share: options, exit codes, how they refuse, and starting a run.

No command is defined here: those are in cli.py and cli_*.py.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

import click

from orchestration.cli import name_completion
from orchestration.settings import Settings, SettingsError, use

EXIT_FAILED, EXIT_USAGE, EXIT_BUSY = 1, 2, 3
LATEST = "newest complete day"
SILENT_SECONDS = 3.0


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


class Interrupted(click.ClickException):
    """The process was asked to end, and leaves with a sentence instead of in the middle of a word."""

    exit_code = EXIT_FAILED

    def __init__(self) -> None:
        super().__init__("told to stop; nothing that was delivered is lost: start it again")

    def show(self, file: Any = None) -> None:
        click.echo(f"credits: {self.message}", err=True)


def exit_on_sigterm() -> None:
    """Make of SIGTERM an orderly end; while steps go on, Dagster does."""

    def stop(*_: object) -> NoReturn:
        raise Interrupted

    signal.signal(signal.SIGTERM, stop)


def fail(message: str, code: int = EXIT_FAILED) -> NoReturn:
    """Echo why on standard error, and leave."""
    click.echo(f"credits: {message}", err=True)
    raise SystemExit(code)


def say_progress(words: str) -> None:
    """What goes on, for whoever waits at a terminal; never part of what a command prints."""
    if sys.stderr.isatty():
        click.echo(words, err=True)


class Progress:
    """Says how far a long piece of work is, once it takes longer than somebody waits without a word.

    Args:
        what: what is counted.
    """

    def __init__(self, what: str) -> None:
        self._what, self._said_at = what, monotonic()

    def __call__(self, done: int, total: int) -> None:
        if monotonic() - self._said_at >= SILENT_SECONDS:
            self._said_at = monotonic()
            say_progress(f"{done:,} of {total:,} {self._what}")


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the lake, the warehouse and what is published. "
    "[default: $CREDITS_DATA_DIR, or data/warehouse]",
)


landing_option = click.option(
    "--landing",
    type=click.Path(path_type=Path),
    help="Folder of the landing feeds. [default: $CREDITS_LANDING_DIR, or data/landing]",
)


def workspace_option(help: str) -> Callable[[Any], Any]:
    """--workspace ID, which the shell completes from what is published."""
    return click.option("--workspace", metavar="ID", shell_complete=name_completion.workspaces, help=help)


pseudonymise_option = click.option(
    "--pseudonymise",
    is_flag=True,
    help="Call people by keyed hashes of their ids in all that is built and published; the key is "
    "$CREDITS_PSEUDONYM_SECRET. [default: $CREDITS_PSEUDONYMISE]",
)


def use_settings(
    *,
    landing_dir: Path | None = None,
    data_dir: Path | None = None,
    pseudonymise: bool = False,
    workspace_files: bool = False,
    publish: tuple[str, ...] = (),
    target: str | None = None,
) -> Settings:
    """Fix the folders, and stand where the relative paths of dagster.yaml are meant from."""
    try:
        settings = use(
            landing_dir=landing_dir,
            data_dir=data_dir,
            pseudonymise=pseudonymise,
            workspace_files=workspace_files,
            publish=publish,
            target=target,
        )
    except SettingsError as error:
        fail(str(error), EXIT_USAGE)
    os.chdir(settings.dagster_home)
    return settings


def run_and_leave(
    settings: Settings, *, as_of: date | None, full_refresh: bool, is_loading: bool = True
) -> NoReturn:
    """One run of the nightly job; leaves with the exit code that says how it went."""
    from orchestration.operations.nightly import run_nightly
    from orchestration.runs.lock import DataDirectoryLocked
    from orchestration.warehouse.dbt_build import DbtFailed

    try:
        is_published = run_nightly(
            settings,
            as_of=as_of,
            now=datetime.now(UTC),
            full_refresh=full_refresh,
            is_loading=is_loading,
            echo=click.echo,
        )
    except DataDirectoryLocked as error:
        fail(str(error), EXIT_BUSY)
    except OSError as error:
        fail(f"the data directory {settings.data_dir} must be writable: {error}", EXIT_USAGE)
    except DbtFailed as error:
        fail(str(error))
    raise SystemExit(0 if is_published else EXIT_FAILED)
