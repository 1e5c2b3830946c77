"""How commands print rows: --format, --out, and the terminal or the pipe.

Not here: how rows are written (publish/rows/), or which rows.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click
import duckdb

from orchestration.cli.options import EXIT_USAGE, UNREADABLE, fail
from orchestration.visible_text import VisibleBytes

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.publish.rows.select import Rows

FORMATS = ("table", "csv", "json", "parquet")
Command = Callable[..., Any]


@dataclass(frozen=True)
class Output:
    """Destination and format of a command's rows.

    Attributes:
        format: one of `FORMATS`, or "text" if the command has a text output.
        path: the file to write atomically; None for standard output.
    """

    format: str
    path: Path | None = None

    @property
    def is_for_people(self) -> bool:
        """Whether the output is text or a table on standard output, not data for a program."""
        return self.format in ("table", "text") and self.path is None

    def write(self, rows: Rows) -> None:
        """Write all rows; for a table, the first 1,000.

        Raises:
            OutError: they cannot be written in this format or to this path.
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
                writers[self.format](rows, file)
        elif self.format == "table" and (console := terminal()):
            from orchestration.publish.rows.terminal import show_rows

            show_rows(rows, console)
        else:
            out = click.get_binary_stream("stdout")
            is_shown = self.format == "csv" and sys.stdout.isatty()
            writers[self.format](rows, cast(BinaryIO, VisibleBytes(out)) if is_shown else out)

    def write_listed(self, rows: Sequence[dict[str, Any]], schema: Any) -> None:
        """Write rows in memory; exits with the reason if they cannot be written."""
        from orchestration.publish.rows.listed_rows import listed_rows
        from orchestration.publish.rows.write import OutError

        try:
            with listed_rows(rows, schema) as found:
                self.write(found)
        except OutError as error:
            fail(str(error), EXIT_USAGE)
        except BrokenPipeError:
            raise  # the reader closed the pipe; click ends the command
        except OSError as error:
            fail(f"the rows were not written to {self.path or 'standard output'}: {error}")


def rows_options(*, default: str = "table", formats: Sequence[str] = FORMATS) -> Callable[[Command], Command]:
    """The options --format and --out, passed to the command as one argument, `output`."""

    def decorate(command: Command) -> Command:
        @click.option(
            "--format",
            "output_format",
            type=click.Choice(formats),
            default=default,
            show_default=True,
            help=_HELP,
        )
        @click.option(
            "--out",
            type=click.Path(path_type=Path),
            help="File to write atomically. [default: standard output]",
        )
        @functools.wraps(command)
        def with_output(*args: Any, output_format: str, out: Path | None, **options: Any) -> Any:
            if output_format == "text" and out is not None:
                fail("--out takes rows, and the output is text. Name a --format, such as csv.", EXIT_USAGE)
            if output_format == "parquet" and out is None and sys.stdout.isatty():
                fail(
                    "Parquet is binary, and standard output is a terminal; name a file with --out, or pipe",
                    EXIT_USAGE,
                )
            # absolute, since the working directory changes later
            output = Output(output_format, None if out is None else out.absolute())
            return command(*args, output=output, **options)

        return with_output

    return decorate


_HELP = "JSON is an array of objects with decimals as strings; Parquet needs --out or a pipe."


def text_format_option(command: Command) -> Command:
    """--format text|json, for commands whose output is one document, not rows."""
    return click.option(
        "--format", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True
    )(command)


def terminal() -> Console | None:
    """A console if standard output is a terminal; None if it is a pipe, a file or a dumb terminal."""
    if not sys.stdout.isatty():
        return None
    from rich.console import Console

    # its colours pass; the texts it is given are made visible
    file = getattr(sys.stdout, "unfiltered", sys.stdout)
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    return None if console.is_dumb_terminal else console


def echo_lines(lines: Iterable[str]) -> None:
    """Print lines of a label and a text: unchanged to a pipe, wrapped and coloured on a terminal."""
    console = terminal()
    if console is None:
        for line in lines:
            click.echo(line)
        return
    from orchestration.publish.rows.terminal import show_lines

    show_lines(lines, console)


@contextmanager
def exit_on_refusal(failure: str, output: Output) -> Iterator[None]:
    """Turn errors of reading or writing rows into a message and an exit code."""
    from orchestration.publish.rows.select import ExtractError
    from orchestration.publish.rows.write import OutError

    try:
        yield
    except (ExtractError, OutError) as error:
        fail(str(error), EXIT_USAGE)
    except duckdb.Error as error:
        fail(f"{UNREADABLE} {error}")
    except BrokenPipeError:
        raise  # the reader closed the pipe; click ends the command
    except (click.ClickException, click.Abort):
        raise
    except OSError as error:
        fail(f"{failure}{'' if output.path is None else f' to {output.path}'}: {error}")
    except Exception as error:  # a value that no row of the output can hold
        fail(f"{failure}: {type(error).__name__}: {error}", EXIT_USAGE)
