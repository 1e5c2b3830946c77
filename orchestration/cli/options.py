"""What the commands share: options, exit codes, refusals, and starting a run.

No command is defined here: each has a module of its own.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn

import click

from orchestration.cli import name_completion
from orchestration.runs.failure_reasons import INTERRUPTED, explain
from orchestration.runs.lock import DataDirectoryLocked

if TYPE_CHECKING:
    from orchestration.settings import Settings

EXIT_FAILED, EXIT_USAGE, EXIT_BUSY, EXIT_INTERRUPTED = 1, 2, 3, 130
LATEST = "newest complete day"
PROGRESS_SECONDS = 3.0
REFUSED = "2 wrong use or nothing to work on; 3 another run holds the data directory."
UNREADABLE = "the published version cannot be read; publish again with credits run."


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
            self.fail(f"a report date must be between 1970 and 9998; found {value!r}", param, ctx)
        return day


class Month(click.ParamType):
    """A calendar month, as its first day."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return datetime.strptime(value, "%Y-%m").date()
        except ValueError:
            self.fail(f"{value!r} is not a month; give it as YYYY-MM, such as 2026-03", param, ctx)


class Interrupted(click.ClickException):
    """Ctrl-C or SIGTERM; the process exits with one sentence instead of a traceback."""

    exit_code = EXIT_INTERRUPTED

    def __init__(self) -> None:
        super().__init__(INTERRUPTED)

    def show(self, file: Any = None) -> None:
        click.echo(f"credits: {self.message}", err=True)


def fail(message: str, code: int = EXIT_FAILED) -> NoReturn:
    """Print the reason on standard error, and exit."""
    click.echo(f"credits: {message}", err=True)
    raise SystemExit(code)


def require_free_port(port: int, what: str) -> None:
    """Exit with the reason if another program has the port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = error.strerror
            fail(f"{what} needs port {port} of this machine: {reason}. Choose one with --port.", EXIT_USAGE)


def echo_progress(text: str) -> None:
    """Show progress on a terminal; never part of a command's output."""
    if sys.stderr.isatty():
        click.echo(text, err=True)


class Progress:
    """Shows the progress of a long task every few seconds.

    Args:
        unit: the plural of what is counted.
    """

    def __init__(self, unit: str) -> None:
        self._unit, self._echoed_at = unit, monotonic()

    def __call__(self, done: int, total: int) -> None:
        if monotonic() - self._echoed_at >= PROGRESS_SECONDS:
            self._echoed_at = monotonic()
            echo_progress(f"{done:,} of {total:,} {self._unit}")


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the lake, the warehouse and the published versions. "
    "[default: $CREDITS_DATA_DIR, or data/warehouse]",
)


landing_option = click.option(
    "--landing",
    type=click.Path(path_type=Path),
    help="Folder of the landing feeds. [default: $CREDITS_LANDING_DIR, or data/landing]",
)


def workspace_option(help: str) -> Callable[[Any], Any]:
    """--workspace ID, which the shell completes from the published marts."""
    return click.option("--workspace", metavar="ID", shell_complete=name_completion.workspaces, help=help)


allow_shrink_option = click.option(
    "--allow-shrink",
    is_flag=True,
    help="Publish also what has no workspace, or ends over 35 days before what is served.",
)


pseudonymise_option = click.option(
    "--pseudonymise",
    is_flag=True,
    help="Show people by keyed hashes of their ids in everything built and published; the key is "
    "$CREDITS_PSEUDONYM_SECRET. [default: $CREDITS_PSEUDONYMISE]",
)


def use_settings(**given: Any) -> Settings:
    """The checked settings, handed to the programs that this process starts."""
    from orchestration.settings import SettingsError, use

    try:
        return use(**given)
    except SettingsError as error:
        fail(str(error), EXIT_USAGE)


def run_and_exit(
    settings: Settings,
    *,
    as_of: date | None,
    full_refresh: bool,
    is_loading: bool = True,
    is_future_refused: bool = False,
    allow_shrink: bool = False,
) -> NoReturn:
    """Run the nightly job once, and exit with the code of its result."""
    click.echo("  ... start", err=True)
    from orchestration.operations.nightly import run_nightly
    from orchestration.runs.home import enter_home
    from orchestration.warehouse.dbt_build import DbtFailed
    from orchestration.warehouse.reporting_date import IncompleteDay

    try:
        enter_home(settings)
        is_published = run_nightly(
            settings,
            as_of=as_of,
            now=datetime.now(UTC),
            full_refresh=full_refresh,
            is_loading=is_loading,
            is_future_refused=is_future_refused,
            allow_shrink=allow_shrink,
            echo=click.echo,
        )
    except DataDirectoryLocked as error:
        fail(str(error), EXIT_BUSY)
    except IncompleteDay as error:
        fail(str(error), EXIT_USAGE)
    except OSError as error:
        fail(f"the data directory {settings.data_dir} must be writable: {explain(str(error))}", EXIT_USAGE)
    except DbtFailed as error:
        fail(str(error))
    raise SystemExit(0 if is_published else EXIT_FAILED)
