"""A run in which every layer names one person, and the search for that person on disk.

Not here: assertions.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
from support.product import SAMPLE_AS_OF, Credits, NightlyRun, nightly_run

TRACE = "sarah"  # her name, also part of her id
# a later batch of rejected lines, so that quarantine, checks and their messages name her
REJECTED = {
    "occurred_at": "2026-04-07T09:30:00Z",
    "workspace_id": "acme-store",
    "member_id": "m_sarah",
    "product_id": "p1",
    "generation_type": "meta",
    "credits": "m_sarah",
    # unknown column names are reported, too
    "m_sarah": "x",
}

BUDGET = {
    "budget_id": "b1",
    "workspace_id": "acme-store",
    "scope": "member",
    "scope_id": "m_sarah",
    "period": "month",
    "credits": 700,
}


def run_with_rejected_lines(credits_command: Credits, before: NightlyRun, landing: Path) -> NightlyRun:
    """One more run after one of the sample, from a landing folder of its own, with rejected lines."""
    shutil.copytree(before.landing, landing)
    deliver_rejected_lines(landing)
    return nightly_run(credits_command, landing, before.data_dir, SAMPLE_AS_OF)


def deliver_rejected_lines(landing: Path) -> None:
    """Add lines about the person that are rejected, and a budget of hers."""
    lines = "".join(json.dumps(REJECTED | {"event_id": f"bad{n}"}) + "\n" for n in range(3))
    (landing / "generation_events" / "zz.jsonl").write_text(lines)
    (landing / "budgets").mkdir(exist_ok=True)
    (landing / "budgets" / "zz.jsonl").write_text(json.dumps(BUDGET) + "\n")


def contents_under(root: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file's bytes, and the rows of Parquet, DuckDB and SQLite tables that may name the person."""
    with duckdb.connect() as memory:
        for path in sorted(root.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            yield path, path.read_bytes()
            if path.suffix == ".parquet":
                yield path, naming_rows(memory, f"read_parquet('{path}')")
            elif path.suffix == ".duckdb":
                with duckdb.connect(str(path), read_only=True) as connection:
                    tables = connection.execute(
                        "select table_schema, table_name from information_schema.tables "
                        "where table_type = 'BASE TABLE'"
                    ).fetchall()
                    for schema, table in tables:
                        yield path, naming_rows(connection, f'"{schema}"."{table}"')
            elif path.suffix == ".db":
                with sqlite3.connect(path) as sqlite:
                    for (table,) in sqlite.execute("select name from sqlite_master where type = 'table'"):
                        yield path, str(sqlite.execute(f'select * from "{table}"').fetchall()).encode()


def naming_rows(connection: duckdb.DuckDBPyConnection, table: str) -> bytes:
    """The names of its columns, and its rows in which a cell names the person."""
    rows = connection.execute(
        f"select row from {table} as row where contains(lower(row::varchar), '{TRACE}')"
    )
    return str([rows.fetchall(), connection.execute(f"describe from {table}").fetchall()]).encode()


def traces(root: Path) -> set[str]:
    """The files, by their paths below the folder, that name the person."""
    return {
        str(path.relative_to(root))
        for path, content in contents_under(root)
        if TRACE.encode() in content.lower()
    }


def figures_of(marts: dict[str, list[tuple[object, ...]]]) -> list[str]:
    """The rows of usage_by_member without id, name and team, which are its third to fifth column."""
    return sorted(str(row[:2] + row[5:]) for row in marts["usage_by_member"])
