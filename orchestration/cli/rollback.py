"""`credits rollback`: an earlier published version, served again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.options import EXIT_BUSY, EXIT_USAGE, REFUSED, data_dir_option, fail, use_settings
from orchestration.cli.output import Output, rows_options
from orchestration.runs.lock import DataDirectoryLocked, lock

if TYPE_CHECKING:
    from orchestration.publish.versions.history import KeptVersion


@click.command(
    short_help="Roll back to an earlier published version.",
    epilog=f"Exit codes: 0 served; 1 that version is damaged; {REFUSED}",
)
@data_dir_option
@click.option("--to", type=click.IntRange(1), help="Number of the version. [default: the one served before]")
@click.option("--list", "is_listing", is_flag=True, help="Only list the versions that are kept.")
@rows_options()
def rollback(data_dir: Path | None, to: int | None, is_listing: bool, output: Output) -> None:
    """Roll back to an earlier published version (atomic).

    Nothing is deleted. The next run rebuilds everything from the raw batches, and publishes a new version.
    """
    from orchestration.publish.versions.history import (
        VersionCorrupted,
        VersionNotFound,
        kept_versions,
        roll_back,
    )

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
            click.echo(_describe(version) + (", served" if version.is_served else ""), err=True)
        fail(f"{error}. Name one of these with --to.", EXIT_USAGE)
    except VersionCorrupted as error:
        fail(str(error))
    except OSError as error:
        fail(f"the data directory {settings.data_dir} must be writable: {error}", EXIT_USAGE)
    click.echo(f"served now   {_describe(served)}")
    click.echo(f"next run     rebuilds everything and publishes version {kept[-1].number + 1}")


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


def _describe(version: KeptVersion) -> str:
    from orchestration.publish.versions.freshness import format_age

    published_at = version.published_at.astimezone(UTC)
    return (
        f"version {version.number}, up to {version.as_of or 'an unknown day'}, published "
        f"{published_at:%Y-%m-%d %H:%M} UTC ({format_age(published_at, datetime.now(UTC))} ago)"
    )
