"""What the shell offers for names of workspaces, members and marts: those of the published file.

It is asked for at every press of a key: quick, read-only, and silent where there is nothing to offer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import click
import duckdb

Complete = Callable[[click.Context, click.Parameter, str], list[str]]
MOST_OFFERED = 500
# that of publish/export.py, whose package takes half a second to import
DATABASE_NAME = "credits.duckdb"
_SAFE_SIGNS = frozenset("_.@%+/-")
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
        from orchestration.settings import Settings, SettingsError

        try:
            data_dir = context.params.get("data_dir") or Settings.load().data_dir
            database = Path(data_dir) / "published" / DATABASE_NAME
            if not database.exists():
                return []
            with duckdb.connect(str(database), read_only=True) as connection:
                names = connection.execute(sql, {"begun": begun, "most": MOST_OFFERED}).fetchall()
        except (duckdb.Error, SettingsError, OSError):
            return []
        return [name for (name,) in names if _is_safe(name)]

    return offered


def _is_safe(name: str) -> bool:
    """Whether a name from outside may stand in a command line as it is: letters, digits, a few signs."""
    return (
        bool(name)
        and name[0] != "-"
        and all(sign in _SAFE_SIGNS or unicodedata.category(sign)[0] in "LMN" for sign in name)
    )


workspaces, members, marts = _offer(_WORKSPACES), _offer(_MEMBERS), _offer(_MARTS)
