"""What the shell offers for names of workspaces, members and marts: those of the published file.

It is asked for at every press of a key: quick, read-only, and silent where there is nothing to offer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click
import duckdb

Complete = Callable[[click.Context, click.Parameter, str], list[str]]
MOST_OFFERED = 500
# names come from outside, and what is offered is put into a command line as it is
_SAFE = re.compile(r"[\w.@%+/-]+").fullmatch
_WORKSPACES = """
    select distinct workspace_id from marts.credit_summary
    where starts_with(workspace_id, $begun) order by 1 limit $most
"""
_MEMBERS = """
    select distinct member_id from marts.usage_by_member
    where starts_with(member_id, $begun) order by 1 limit $most
"""
_MARTS = """
    select table_name from duckdb_tables()
    where schema_name = 'marts' and starts_with(table_name, $begun) order by 1 limit $most
"""


def _offer(sql: str) -> Complete:
    def offered(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
        from orchestration.publish.export import DATABASE_NAME
        from orchestration.publish.locked import open_published
        from orchestration.settings import Settings, SettingsError

        try:
            data_dir = context.params.get("data_dir") or Settings.load().data_dir
            database = Path(data_dir) / "published" / DATABASE_NAME
            if not database.exists():
                return []
            with open_published(database) as connection:
                names = connection.execute(sql, {"begun": begun, "most": MOST_OFFERED}).fetchall()
        except (duckdb.Error, SettingsError, OSError):
            return []
        return [name for (name,) in names if _SAFE(name) and not name.startswith("-")]

    return offered


workspaces, members, marts = _offer(_WORKSPACES), _offer(_MEMBERS), _offer(_MARTS)
