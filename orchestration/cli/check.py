"""`credits check`: a file in the contract's own form, before it is delivered."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli.options import EXIT_FAILED, EXIT_USAGE, fail


@click.command(
    short_help="Check a file before it is delivered.",
    epilog="Exit codes: 0 every line loads; 1 a line or the whole file is refused; 2 wrong use, or no feed.",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--feed", metavar="NAME", help="Feed to check it as. [default: by its folder, or its columns]")
@click.option(
    "--faults",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Most faults to list; the others are counted by rule.",
)
def check(file: Path, feed: str | None, faults: int) -> None:
    """Check a file in the contract's own form, and load nothing.

    It says which feed the file is, how many rows load, every fault with its place and remedy, and the columns
    that the contract does not know.
    """
    from orchestration.landing.contract_check import check_file, check_lines, fault_lines
    from orchestration.landing.rejects import FileRejected

    if not file.is_file():
        fail(f"there is no file {file}", EXIT_USAGE)
    try:
        result = check_file(file, _feed(file, feed), most_faults=faults)
    except FileRejected as error:
        fail(f"{file}: refused whole: {error.reject.reason}. {error.reject.remedy}")
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", EXIT_USAGE)
    for line in (*check_lines(result), *fault_lines(result, file.name)):
        click.echo(line)
    raise SystemExit(EXIT_FAILED if result.fault_count or result.whole else 0)


def _feed(file: Path, named: str | None) -> str:
    """The feed by its name, by the file's folder, or by its columns."""
    from orchestration.landing.contract import FEEDS
    from orchestration.landing.contract_check import feed_by_columns, feed_by_place
    from orchestration.landing.sources.connect.recognise import nearest_feed

    if named is not None and named not in FEEDS:
        fail(f"--feed: {named!r} is no feed; feeds are {', '.join(FEEDS)}", EXIT_USAGE)
    feed = named or feed_by_place(file)
    if feed:
        return feed
    feed, columns = feed_by_columns(file)
    if feed is None:
        nearest, missing = nearest_feed(columns)
        fail(
            f"{file} has the required columns of no feed; {nearest} lacks least: {', '.join(missing)}. "
            f"Name the feed with --feed, or map a file of another system with: credits connect {file}",
            EXIT_USAGE,
        )
    return feed
