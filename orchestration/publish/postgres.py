"""Sends a published version to PostgreSQL, for tools that read no files, in one transaction.

Not here: what a version holds (versions/export.py), or when it is sent (defs/sent.py, cli/publish.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, cast

import duckdb
import psycopg
from psycopg import sql

from orchestration.publish.rows.read_only import open_published
from orchestration.publish.versions.export import DATABASE_NAME, MART_KEYS
from orchestration.visible_text import counted

SCHEMA = "marts"
READER = "credits_reader"
VERSION_TABLE = "published_version"
# of an advisory lock: concurrent senders wait for each other
_LOCK = 4_271_203_811
ROWS_AT_ONCE = 5_000
# parts of these keys may be empty, which a primary key does not allow
_WITHOUT_KEY = frozenset({"data_quality"})
_TYPES = {
    **{"VARCHAR": "text", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp"},
    **{"BIGINT": "bigint", "INTEGER": "integer", "SMALLINT": "smallint", "TINYINT": "smallint"},
    **{"HUGEINT": "numeric(38,0)", "DOUBLE": "double precision", "FLOAT": "real"},
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}


class PostgresError(RuntimeError):
    """The version was not sent; the previous one is unchanged. The message holds no secret."""


@dataclass(frozen=True)
class Mart:
    """A mart to send: its columns with their types in PostgreSQL, and the comments on it and on them."""

    name: str
    columns: dict[str, str]
    comment: str | None
    column_comments: dict[str, str]

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(SCHEMA, self.name)


def send(published: Path, url: str, *, echo: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """Replace schema `marts` of a database by the published marts, atomically.

    Every mart is a table with the same exact types and the same comments, with its key as primary key, and
    `published_version` holds the number of the version. Rows are deleted and inserted in one transaction:
    concurrent readers see the previous version, complete, and never wait. Tables are created or altered only
    when their columns change. A NUL, which PostgreSQL cannot store, becomes U+FFFD. The role
    `credits_reader` may read all of it, if the user may create roles.

    Args:
        published: the folder of a version, or the link to the served one.
        url: `postgresql://user:<password>@host:port/database`.
        echo: called with a progress line for each mart.

    Returns:
        The number of rows of each mart.

    Raises:
        PostgresError: nothing is published, or the server refuses.
    """
    version = published.resolve()  # a run may move the link meanwhile
    if not (version / DATABASE_NAME).exists():
        raise PostgresError(
            f"only a published version is sent; {published} holds none. Run `credits run` first."
        )
    try:
        with (
            open_published(version / DATABASE_NAME) as marts,
            psycopg.connect(url, connect_timeout=10, application_name="credits") as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
            cursor.execute(_sql("create schema if not exists {}", SCHEMA))
            rows = {mart.name: _replace(mart, marts, cursor, echo) for mart in _marts(marts)}
            _write_version(cursor, version.name, marts)
            _grant(cursor)
            return rows
    except psycopg.Error as error:
        info = psycopg.conninfo.conninfo_to_dict(url) if _is_readable(url) else {}
        where = f"{info.get('host', '?')}, database {info.get('dbname', '?')}"
        raise PostgresError(
            f"the published version was not sent to PostgreSQL on {where}: {_first_line(error)}. The "
            "previous version is unchanged there. Check CREDITS_POSTGRES_URL and the server, then run: "
            "credits publish postgres"
        ) from None


def _marts(connection: duckdb.DuckDBPyConnection) -> list[Mart]:
    tables = connection.execute(
        "select table_name, comment from duckdb_tables() where schema_name = 'marts' order by table_name"
    ).fetchall()
    columns = connection.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns()"
        " where schema_name = 'marts' and not internal order by table_name, column_index"
    ).fetchall()
    return [
        Mart(
            name,
            {column: _type(kind) for mart, column, kind, _ in columns if mart == name},
            comment,
            {column: text for mart, column, _, text in columns if mart == name and text},
        )
        for name, comment in tables
    ]


def _type(duckdb_type: str) -> str:
    if duckdb_type.startswith("DECIMAL("):
        return duckdb_type.replace("DECIMAL", "numeric")
    return _TYPES.get(duckdb_type, "text")


def _replace(
    mart: Mart, marts: duckdb.DuckDBPyConnection, cursor: psycopg.Cursor[Any], echo: Callable[[str], None]
) -> int:
    _migrate(mart, cursor)
    cursor.execute(_sql("delete from {}", mart.table))
    columns = sql.SQL(", ").join(map(sql.Identifier, mart.columns))
    copying = sql.SQL("copy {} ({}) from stdin").format(mart.table, columns)
    result = marts.execute(f'select * from marts."{mart.name}"')
    rows = 0
    with cursor.copy(copying) as copy:
        while batch := result.fetchmany(ROWS_AT_ONCE):
            for row in batch:
                copy.write_row([_value(value) for value in row])
            rows += len(batch)
    echo(f"{mart.name}: {counted(rows, 'row')}")
    return rows


def _migrate(mart: Mart, cursor: psycopg.Cursor[Any]) -> None:
    """Give the table the mart's columns; nothing is locked if it has them already."""
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        [f'{SCHEMA}."{mart.name}"'],
    )
    existing = {name: _type_of_catalog(kind) for name, kind in cursor.fetchall()}
    if existing == mart.columns:
        return
    missing = {name: kind for name, kind in mart.columns.items() if name not in existing}
    if existing and all(existing.get(name, kind) == kind for name, kind in mart.columns.items()):
        # columns of a later version stay, and are null meanwhile
        for name, kind in missing.items():
            cursor.execute(_sql(f"alter table {{}} add column {{}} {kind}", mart.table, name))
    else:
        cursor.execute(_sql("drop table if exists {}", mart.table))
        listed = sql.SQL(", ").join(_sql(f"{{}} {kind}", name) for name, kind in mart.columns.items())
        key = () if mart.name in _WITHOUT_KEY else MART_KEYS.get(mart.name, ())
        if key:
            names = sql.SQL(", ").join(map(sql.Identifier, key))
            listed = sql.SQL("{}, primary key ({})").format(listed, names)
        cursor.execute(sql.SQL("create table {} ({})").format(mart.table, listed))
    _comment(mart, cursor)


def _type_of_catalog(kind: str) -> str:
    return {"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz"}.get(
        kind, kind
    )


def _comment(mart: Mart, cursor: psycopg.Cursor[Any]) -> None:
    if mart.comment:
        text = sql.Literal(mart.comment)
        cursor.execute(sql.SQL("comment on table {} is {}").format(mart.table, text))
    for column, comment in mart.column_comments.items():
        name = sql.Identifier(SCHEMA, mart.name, column)
        cursor.execute(sql.SQL("comment on column {} is {}").format(name, sql.Literal(comment)))


def _write_version(cursor: psycopg.Cursor[Any], number: str, marts: duckdb.DuckDBPyConnection) -> None:
    as_of = marts.execute("select max(as_of) from marts.credit_summary").fetchall()[0][0]
    table = sql.Identifier(SCHEMA, VERSION_TABLE)
    # `create table if not exists` would lock an existing table
    cursor.execute("select to_regclass(%s)", [f"{SCHEMA}.{VERSION_TABLE}"])
    if cursor.fetchall() == [(None,)]:
        cursor.execute(_sql("create table {} (version bigint, as_of date, sent_at timestamptz)", table))
    cursor.execute(_sql("delete from {}", table))
    cursor.execute(_sql("insert into {} values (%s, %s, now())", table), [int(number), as_of])


def _grant(cursor: psycopg.Cursor[Any]) -> None:
    """Let the role of readers read; skipped if the user may not create roles."""
    cursor.execute("select count(*) from pg_roles where rolname = %s", [READER])
    try:
        with cursor.connection.transaction():
            if cursor.fetchall() == [(0,)]:
                cursor.execute(_sql("create role {} nologin", READER))
            cursor.execute(_sql("grant usage on schema {} to {}", SCHEMA, READER))
            cursor.execute(_sql("grant select on all tables in schema {} to {}", SCHEMA, READER))
    except psycopg.errors.InsufficientPrivilege:
        return


def _value(value: object) -> object:
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _sql(query: str, *names: sql.Composable | str) -> sql.Composed:
    """A constant query with names inserted as quoted identifiers."""
    quoted: Sequence[sql.Composable] = [
        sql.Identifier(name) if isinstance(name, str) else name for name in names
    ]
    return sql.SQL(cast(LiteralString, query)).format(*quoted)


def _is_readable(url: str) -> bool:
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error:
        return False
    return True


def _first_line(error: psycopg.Error) -> str:
    """The server's message; psycopg's own may repeat the address with its password."""
    if error.diag.message_primary:
        return error.diag.message_primary
    if isinstance(error, psycopg.OperationalError):
        return "the server cannot be reached, or refused user or password"
    return f"the address cannot be used ({type(error).__name__})"
