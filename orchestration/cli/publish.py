"""`credits publish`: the served version sent elsewhere again.

How it is sent does not belong here: that is publish/postgres.py and publish/delta.py.
"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from orchestration.cli.options import UNREADABLE, data_dir_option, fail, use_settings
from orchestration.visible_text import counted


@click.command(short_help="Send the version to PostgreSQL or Delta.")
@click.argument("target", type=click.Choice(["postgres", "delta"]))
@data_dir_option
def publish(target: str, data_dir: Path | None) -> None:
    """Send the served version again, after a rollback or a run that failed to: postgres, or delta

    PostgreSQL is at $CREDITS_POSTGRES_URL, postgresql://user:<password>@host/database, and is replaced as a
    whole. Delta tables are in DATA_DIR/delta, and each is replaced as a whole.
    """
    settings = use_settings(data_dir=data_dir, publish=(target,))
    try:
        if target == "delta":
            from orchestration.publish import delta

            rows = delta.send(settings.published_dir, settings.delta_dir, echo=_echo)
        else:
            from orchestration.publish import postgres

            url = settings.postgres_url.get_secret_value()
            rows = postgres.send(settings.published_dir, url, echo=_echo)
    except duckdb.Error as error:
        fail(f"{UNREADABLE} {error}")
    except RuntimeError as error:  # of the sender, whose module is loaded only where it is used
        fail(str(error))
    click.echo(f"sent {counted(len(rows), 'mart')}, {counted(sum(rows.values()), 'row')}")


def _echo(line: str) -> None:
    click.echo(line, err=True)
