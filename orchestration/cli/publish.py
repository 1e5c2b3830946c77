"""`credits publish`: the served version sent once more to where readers have it as well.

How it is sent does not belong here: that is publish/postgres.py.
"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from orchestration.cli.options import data_dir_option, fail, use_settings


@click.command()
@click.argument("target", type=click.Choice(["postgres"]))
@data_dir_option
def publish(target: str, data_dir: Path | None) -> None:
    """Send what is served to PostgreSQL, after a rollback or a night that could not: postgres

    $CREDITS_POSTGRES_URL says where: postgresql://user:<password>@host/database. Readers see a version whole.
    """
    from orchestration.publish.postgres import PostgresError, send

    settings = use_settings(data_dir=data_dir, publish=(target,))
    try:
        rows = send(
            settings.published_dir,
            settings.postgres_url.get_secret_value(),
            echo=lambda told: click.echo(told, err=True),
        )
    except PostgresError as error:
        fail(str(error))
    except duckdb.Error as error:
        fail(f"what is published cannot be read; publish it anew with credits run. {error}")
    click.echo(f"sent {len(rows)} marts, {sum(rows.values()):,} rows")
