"""Shell completion of workspace, member and mart names from the published file.

It runs at every key press: fast, read-only, and silent on errors.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import click
import duckdb

Complete = Callable[[click.Context, click.Parameter, str], list[str]]
MOST_OFFERED = 500
# a copy of the name in publish/versions/export.py, which takes half a second to import
DATABASE_NAME = "credits.duckdb"
_SAFE_CHARACTERS = frozenset("_.@%+/-")
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
    """Whether a name from outside is safe unquoted in a shell: letters, digits, a few other characters."""
    return (
        bool(name)
        and name[0] != "-"
        and all(letter in _SAFE_CHARACTERS or unicodedata.category(letter)[0] in "LMN" for letter in name)
    )


workspaces, members, marts = _offer(_WORKSPACES), _offer(_MEMBERS), _offer(_MARTS)
