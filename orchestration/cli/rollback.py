"""`credits rollback`: an earlier published version served again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.options import (
    EXIT_BUSY,
    EXIT_USAGE,
    data_dir_option,
    fail,
    use_settings,
)
from orchestration.cli.output import Output, rows_options

if TYPE_CHECKING:
    from orchestration.publish.versions.history import KeptVersion

_REFUSED = "2 wrong use or nothing to work on; 3 another run holds the data directory."


@click.command(epilog=f"Exit codes: 0 served; 1 that version is damaged; {_REFUSED}")
@data_dir_option
@click.option("--to", type=click.IntRange(1), help="Number of the version. [default: the one served before]")
@click.option("--list", "is_listing", is_flag=True, help="Only show the versions that are kept.")
@rows_options()
def rollback(data_dir: Path | None, to: int | None, is_listing: bool, output: Output) -> None:
    """Serve an older version again, from one moment to the next.

    Nothing is deleted. The next run builds everything anew from what was loaded, and publishes a new version
    on top.
    """
    from orchestration.publish.versions.history import (
        VersionCorrupted,
        VersionNotFound,
        kept_versions,
        roll_back,
    )
    from orchestration.runs.lock import DataDirectoryLocked, lock

    settings = use_settings(data_dir=data_dir)
    kept = kept_versions(settings.data_dir)
    if not kept:
        fail(f"{settings.data_dir} holds no version; publish one with credits run", EXIT_USAGE)
    if is_listing:
        _list(kept, output)
        return
    try:
        with lock(settings.data_dir):
            served = roll_back(settings.data_dir, to=to)
    except DataDirectoryLocked as error:
        fail(str(error), EXIT_BUSY)
    except VersionNotFound as error:
        for version in kept:
            click.echo(_described(version) + (", served" if version.is_served else ""), err=True)
        fail(f"{error}. Name one of these with --to.", EXIT_USAGE)
    except VersionCorrupted as error:
        fail(str(error))
    except OSError as error:
        fail(f"the data directory {settings.data_dir} must be writable: {error}", EXIT_USAGE)
    click.echo(f"served now   {_described(served)}")
    click.echo(f"next run     builds everything anew and publishes version {kept[-1].number + 1}")


def _list(kept: Sequence[KeptVersion], output: Output) -> None:
    import pyarrow as pa

    schema = pa.schema(
        {
            "version": pa.int64(),
            "is_served": pa.bool_(),
            "as_of": pa.date32(),
            "published_at": pa.timestamp("s", tz="UTC"),
            "replaces": pa.int64(),
        }.items()
    )
    output.write_listed([{**vars(version), "version": version.number} for version in kept], schema)


def _described(version: KeptVersion) -> str:
    from orchestration.publish.versions.freshness import format_age

    published_at = version.published_at.astimezone(UTC)
    return (
        f"version {version.number}, up to {version.as_of or 'an unknown day'}, published "
        f"{published_at:%Y-%m-%d %H:%M} UTC ({format_age(published_at, datetime.now(UTC))} ago)"
    )
