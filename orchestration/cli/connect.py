"""`credits connect`: a file of another system, from what it is to the landing folder."""

from __future__ import annotations

import secrets
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.options import EXIT_USAGE, fail

if TYPE_CHECKING:
    from orchestration.landing.sources.connect.flat.flat_table import Choices, Question, RateChoice
    from orchestration.landing.sources.connect.source import Seen, Source

_RECENT = timedelta(days=7)


@click.command(
    short_help="Connect a file of another system.",
    epilog="Exit codes: 0 connected, or tried; 1 no record of it loads; 2 wrong use, or something only you "
    "know is missing.",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "name", metavar="NAME", help="Shipped source it is of, or the name of its folder.")
@click.option(
    "--landing",
    type=click.Path(path_type=Path, file_okay=False),
    help="Landing folder to write to; without it nothing is written.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File or folder to write the mapping to.")
@click.option("--zone", metavar="ZONE", help="Time zone of times that name none, such as Europe/Berlin.")
@click.option("--credits", metavar="COLUMN", help="Column that holds the credits.")
@click.option(
    "--rate",
    "rates",
    metavar="AMOUNT/UNIT[:COLUMN]",
    multiple=True,
    help="Credits for each unit, such as 100/usd, 1/generation or 0.5/1000 tokens.",
)
@click.option("--workspace", metavar="ID", help="Workspace of its rows. [default: by a column, or default]")
@click.option("--type", "kind", metavar="TEXT", help="Generation type. [default: by a column, or generation]")
@click.option(
    "--column",
    "columns",
    metavar="OURS=THEIRS",
    multiple=True,
    help="Column of theirs for one of ours; without THEIRS, none.",
)
@click.option(
    "--decimal", type=click.Choice([",", "."]), help="Character before decimals, if it does not show."
)
@click.option(
    "--dates",
    type=click.Choice(["day-first", "month-first"]),
    help="Order of dates such as 01/02/2026, if it does not show.",
)
@click.option("--allow-email-ids", is_flag=True, help="Keep e-mail addresses as member ids, not pseudonyms.")
@click.option("--link", is_flag=True, help="Link the files into the landing folder instead of copying them.")
@click.option("--replace", "is_replaced", is_flag=True, help="Replace the mapping that is there.")
@click.option("--dry-run", is_flag=True, help="Write nothing, even with --landing or --out.")
def connect(
    file: Path,
    name: str | None,
    landing: Path | None,
    out: Path | None,
    zone: str | None,
    credits: str | None,
    rates: tuple[str, ...],
    workspace: str | None,
    kind: str | None,
    columns: tuple[str, ...],
    decimal: str | None,
    dates: str | None,
    allow_email_ids: bool,
    link: bool,
    is_replaced: bool,
    dry_run: bool,
) -> None:
    """Connect a file or folder of another system: recognise or map it, try it, and deliver it.

    Of the first 1,000 records it says how many load, which are refused and why, and what credits add up to.
    Nothing is written without --landing or --out.
    """
    from orchestration.landing.rejects import FileRejected
    from orchestration.landing.sources.connect.flat.flat_table import Choices
    from orchestration.landing.sources.connect.source import look_at
    from orchestration.landing.sources.connect.source_files import UnusableFiles, source_files
    from orchestration.landing.sources.connect.source_text import source_lines
    from orchestration.landing.sources.mapping import MappingError

    choices = Choices(
        zone=_zone(zone),
        credits=credits,
        rates=tuple(map(_rate, rates)),
        workspace=workspace,
        type=kind,
        columns=dict(map(_column, columns)),
        decimal=decimal,
        day_first=None if dates is None else dates == "day-first",
        pseudonym=None if allow_email_ids else secrets.token_hex(16),
    )
    try:
        seen = look_at(source_files(file))
        if name is None and seen.feed and not seen.recognised:
            _deliver_feed(file, seen, None if dry_run else landing)
            return
        source = _source(seen, name, landing, choices, is_replaced=is_replaced)
    except (UnusableFiles, MappingError) as error:
        fail(str(error), EXIT_USAGE)
    except FileRejected as error:
        fail(f"{file}: {error.reject.reason}. {error.reject.remedy}", EXIT_USAGE)
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", EXIT_USAGE)
    for line in source_lines(seen, source):
        click.echo(line)
    if not source.trial.rows:
        fail(f"no record of {file} loads; nothing was written")
    if dry_run or not (landing or out):
        click.echo("nothing was written; to load it, add --landing DIR")
        return
    try:
        _write(seen, source, landing=landing, out=out, is_link=link)
    except OSError as error:
        fail(f"{error.filename or landing or out} cannot be written: {error.strerror}", EXIT_USAGE)


# -- what was asked for -------------------------------------------------------------------------------------


def _zone(name: str | None) -> str | None:
    from zoneinfo import available_timezones

    if name is not None and name not in available_timezones():
        fail(f"--zone: {name!r} is no time zone; name one such as UTC or Europe/Berlin", EXIT_USAGE)
    return name


def _rate(text: str) -> RateChoice:
    from orchestration.landing.sources.connect.rates import read_rate

    try:
        return read_rate(text)
    except ValueError as error:
        fail(f"--rate: {error}", EXIT_USAGE)


def _column(text: str) -> tuple[str, str]:
    ours, equals, theirs = text.partition("=")
    if not equals:
        fail(f"--column: {text!r} is no pair; write OURS=THEIRS, such as member_id=Benutzer", EXIT_USAGE)
    return ours.strip(), theirs.strip()


def is_terminal() -> bool:
    """Whether somebody can answer."""
    return sys.stdin.isatty()


def _ask(questions: Sequence[Question], choices: Choices) -> Choices:
    """The answers on a terminal; elsewhere one error with all questions and the flag of each."""
    if not is_terminal():
        lines = [f"  {question.example}  {question.text}" for question in questions]
        fail("what only you know is missing; add:\n" + "\n".join(lines), EXIT_USAGE)
    for question in questions:
        answer = click.prompt(
            f"{question.text[0].upper()}{question.text[1:]} ({question.example})", err=True
        ).strip()
        choices = _answered(question, answer.removeprefix(question.flag).strip(), choices)
    return choices


def _answered(question: Question, answer: str, choices: Choices) -> Choices:
    if question.flag == "--zone":
        return replace(choices, zone=_zone(answer))
    if question.flag == "--decimal":
        return replace(choices, decimal=answer)
    if question.flag == "--dates":
        return replace(choices, day_first=answer.startswith("d"))
    if question.flag.startswith("--column"):
        ours = question.flag.removeprefix("--column ").partition("=")[0]
        return replace(choices, columns={**choices.columns, ours: answer.removeprefix(f"{ours}=")})
    if question.flag == "--rate" or "/" in answer:
        unit = question.example.partition("/")[2]
        amount = answer.removeprefix("--rate").strip()
        return replace(
            choices, rates=(*choices.rates, _rate(amount if "/" in amount else f"{amount}/{unit}"))
        )
    return replace(choices, credits=answer)


# -- the source ---------------------------------------------------------------------------------------------


def _source(
    seen: Seen, name: str | None, landing: Path | None, choices: Choices, *, is_replaced: bool
) -> Source:
    """The source by its name, by what was recognised, or proposed."""
    from orchestration.landing.sources.connect.landed_cards import landed_cards
    from orchestration.landing.sources.connect.source import given_source, own_source, shipped_source
    from orchestration.landing.sources.connect.source_files import UnusableFiles
    from orchestration.landing.sources.connect.source_folder import mapping_file, name_problem, safe_name
    from orchestration.landing.sources.mapping import shipped

    if name is None and seen.recognised:
        if seen.recognised.others:
            found = ", ".join([seen.recognised.source, *seen.recognised.others])
            raise UnusableFiles(f"the files are of several sources: {found}; connect those of one at a time")
        name = seen.recognised.source
    name = name or safe_name(seen.files[0].path, taken=shipped())
    if problem := name_problem(name):
        raise UnusableFiles(f"--as: {problem}")
    cards = landed_cards(landing)
    existing = mapping_file(landing, name) if landing else None
    if existing and existing.exists() and not is_replaced:
        if choices.zone or choices.credits or choices.columns or choices.workspace or choices.type:
            raise UnusableFiles(
                f"{existing} is there already and says how it is mapped; change it there, name another "
                "source with --as, or add --replace"
            )
        return given_source(seen, name, existing, choices, cards)
    if name in shipped():
        if choices.zone or choices.credits or choices.columns or choices.type:
            raise UnusableFiles(
                f"{name} is a shipped source, whose mapping says that; write it with --out to change it, or "
                "name the source otherwise with --as"
            )
        return shipped_source(seen, name, choices, cards, _ask)
    return own_source(seen, name, choices, _ask)


def _shipped() -> dict[str, Path]:
    from orchestration.landing.sources.mapping import shipped

    return shipped()


# -- writing ------------------------------------------------------------------------------------------------


def _write(seen: Seen, source: Source, *, landing: Path | None, out: Path | None, is_link: bool) -> None:
    from orchestration.landing.sources.connect.source import last_instant
    from orchestration.landing.sources.connect.source_folder import (
        deliver,
        mapping_file,
        write_mapping,
        write_rate_card,
    )

    if out:
        target = out / "mapping.yml" if out.is_dir() or not out.suffix else out
        text = source.text or _shipped()[source.name].read_text(encoding="utf-8")
        click.echo(f"written  {write_mapping(target, text)}")
    if landing is None:
        return
    if source.rate_rows:
        click.echo(f"written  {write_rate_card(landing, source.name, source.rate_rows)}")
    if source.text:
        click.echo(f"written  {write_mapping(mapping_file(landing, source.name), source.text)}")
    for delivered in seen.files:
        target = deliver(delivered, landing / source.name, is_link=is_link)
        click.echo(f"written  {target}")
    _next(landing, last_instant(seen, source), source.trial.workspaces)


def _next(landing: Path, last: datetime | None, workspaces: Sequence[str] = ()) -> None:
    """Name the commands that come next; an old export is reported as of its last day, of one workspace."""
    day = f" --as-of {last:%Y-%m-%d}" if last and last < datetime.now(UTC) - _RECENT else ""
    one = f" --workspace {shlex.quote(workspaces[0])}" if len(workspaces) > 1 else ""
    click.echo(f"next     credits run --landing {shlex.quote(str(landing))}{day}")
    click.echo(f"then     credits report{one}")


def _deliver_feed(file: Path, seen: Seen, landing: Path | None) -> None:
    """A file in the contract's own form needs no mapping: it is put into the folder of its feed."""
    from orchestration.landing.sources.connect.source_folder import deliver

    click.echo(f"{seen.files[0].name}: the contract's own form, feed {seen.feed}; no mapping is needed")
    if landing is None:
        click.echo(f"nothing was written; check it with: credits check {file} --feed {seen.feed}")
        return
    for delivered in seen.files:
        click.echo(f"written  {deliver(delivered, landing / str(seen.feed), is_link=False)}")
    _next(landing, None)
