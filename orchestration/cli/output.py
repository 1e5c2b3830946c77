"""How commands print rows: one --format, one --out, and the terminal or the pipe they go to.

Not here: how rows are written (publish/rows_out.py, publish/terminal.py), or which rows.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import duckdb

from orchestration.cli.options import EXIT_USAGE, fail

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.publish.rows.select import Rows

FORMATS = ("table", "csv", "json", "parquet")
Command = Callable[..., Any]


@dataclass(frozen=True)
class Output:
    """Where the rows of a command go, and as what.

    Attributes:
        form: one of `FORMATS`, or "text" where a command has words of its own.
        path: the file to write, all or nothing; None for standard output.
    """

    form: str
    path: Path | None = None

    @property
    def is_for_people(self) -> bool:
        """Whether it is read on a terminal or as the words of the command, not by a program."""
        return self.form in ("table", "text") and self.path is None

    def write(self, rows: Rows) -> None:
        """Write all of the rows; of a table, the first.

        Raises:
            OutError: they cannot be written so or there.
            OSError: the file cannot be written.
        """
        from orchestration.publish.rows.write import (
            output_file,
            write_csv,
            write_json,
            write_parquet,
            write_table,
        )

        writers = {"table": write_table, "csv": write_csv, "json": write_json, "parquet": write_parquet}
        if self.path is not None:
            with output_file(self.path) as file:
                writers[self.form](rows, file)
        elif self.form == "table" and (console := terminal()):
            from orchestration.publish.rows.terminal import show_rows

            show_rows(rows, console)
        else:
            writers[self.form](rows, click.get_binary_stream("stdout"))

    def write_listed(self, rows: Sequence[dict[str, Any]], schema: Any) -> None:
        """The same for rows in hand; leaves with the reason if they cannot be written."""
        from orchestration.publish.rows.listed_rows import listed_rows
        from orchestration.publish.rows.write import OutError

        try:
            with listed_rows(rows, schema) as found:
                self.write(found)
        except OutError as error:
            fail(str(error), EXIT_USAGE)
        except BrokenPipeError:
            raise  # whoever read has enough; click ends the command
        except OSError as error:
            fail(f"the rows were not written to {self.path or 'standard output'}: {error}")


def rows_options(*, default: str = "table", forms: Sequence[str] = FORMATS) -> Callable[[Command], Command]:
    """The options --format and --out, which become one argument of the command: `output`."""

    def decorate(command: Command) -> Command:
        @click.option(
            "--format", "form", type=click.Choice(forms), default=default, show_default=True, help=_HELP
        )
        @click.option(
            "--out",
            type=click.Path(path_type=Path),
            help="File to write, all or nothing. [default: standard output]",
        )
        @functools.wraps(command)
        def with_output(*args: Any, form: str, out: Path | None, **options: Any) -> Any:
            if form == "text" and out is not None:
                fail("--out takes rows; words are none. Name a --format, such as csv.", EXIT_USAGE)
            if form == "parquet" and out is None and sys.stdout.isatty():
                fail(
                    "Parquet is no text, and standard output is a terminal; name a file with --out, or pipe",
                    EXIT_USAGE,
                )
            # before the working directory changes
            return command(*args, output=Output(form, None if out is None else out.absolute()), **options)

        return with_output

    return decorate


_HELP = "JSON is an array of objects, decimals as texts; Parquet needs --out or a pipe."


def text_format_option(command: Command) -> Command:
    """--format text|json, for commands that tell one thing of many parts, not rows."""
    return click.option(
        "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
    )(command)


def terminal() -> Console | None:
    """The terminal that standard output is, or None: a pipe, a file, or a terminal that can only print."""
    if not sys.stdout.isatty():
        return None
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    return None if console.is_dumb_terminal else console


def say_lines(lines: Iterable[str]) -> None:
    """Lines of a label and a text: as they are through a pipe, wrapped and coloured on a terminal."""
    console = terminal()
    if console is None:
        for line in lines:
            click.echo(line)
        return
    from orchestration.publish.rows.terminal import show_lines

    show_lines(lines, console)


@contextmanager
def exit_on_refusal(what_failed: str, output: Output) -> Iterator[None]:
    """Whatever keeps the rows from being read or written, as a sentence and an exit code."""
    from orchestration.publish.rows.select import ExtractError
    from orchestration.publish.rows.write import OutError

    try:
        yield
    except (ExtractError, OutError) as error:
        fail(str(error), EXIT_USAGE)
    except duckdb.Error as error:
        fail(f"what is published cannot be read; publish it anew with credits run. {error}")
    except BrokenPipeError:
        raise  # whoever read has enough; click ends the command
    except OSError as error:
        fail(f"{what_failed}{'' if output.path is None else f' to {output.path}'}: {error}")
