"""`credits publish`: the served version sent to PostgreSQL again.

How it is sent does not belong here: that is publish/postgres.py.
"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from orchestration.cli.options import UNREADABLE, data_dir_option, fail, use_settings


@click.command(short_help="Send the served version to PostgreSQL.")
@click.argument("target", type=click.Choice(["postgres"]))
@data_dir_option
def publish(target: str, data_dir: Path | None) -> None:
    """Send the served version to PostgreSQL, after a rollback or a run that failed to: postgres

    Set its address in $CREDITS_POSTGRES_URL: postgresql://user:<password>@host/database. It is atomic.
    """
    from orchestration.publish.postgres import PostgresError, send

    settings = use_settings(data_dir=data_dir, publish=(target,))
    try:
        rows = send(
            settings.published_dir,
            settings.postgres_url.get_secret_value(),
            echo=lambda line: click.echo(line, err=True),
        )
    except PostgresError as error:
        fail(str(error))
    except duckdb.Error as error:
        fail(f"{UNREADABLE} {error}")
    click.echo(f"sent {len(rows)} marts, {sum(rows.values()):,} rows")
