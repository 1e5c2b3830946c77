"""A published version sent to PostgreSQL, for tools that read no file: one transaction, readers see it whole.

Not here: what a version holds (export.py), or when it is sent (defs/postgres.py, cli_publish.py).
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

SCHEMA = "marts"
READER = "credits_reader"
VERSION_TABLE = "published_version"
# two who send at the same time wait for each other
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
    """The version was not sent; what was there before is there still. The message holds no secret."""


@dataclass(frozen=True)
class Mart:
    """A mart to be sent; columns with their types in PostgreSQL, and what is said of it and of them."""

    name: str
    columns: dict[str, str]
    comment: str | None
    column_comments: dict[str, str]

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(SCHEMA, self.name)


def send(published: Path, url: str, *, echo: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """Makes schema `marts` of a database what is published, from one moment to the next.

    Every mart is a table with the same exact types and the same comments, with its key as primary key, and
    `published_version` tells which version it is. Rows are deleted and inserted in one transaction: who reads
    meanwhile sees the version before, whole, and waits for nothing. Tables are made or changed only when
    their columns are others. A NUL, which PostgreSQL has no letter for, becomes U+FFFD. The role
    `credits_reader` may read all of it, if the user may make roles.

    Args:
        published: the folder of a version, or the link to the served one.
        url: `postgresql://user:<password>@host:port/database`.
        echo: takes a line for each mart.

    Returns:
        The number of rows of each mart.

    Raises:
        PostgresError: nothing is published, or the server refuses.
    """
    version = published.resolve()  # the link may move meanwhile
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
            _tell_version(cursor, version.name, marts)
            _grant(cursor)
            return rows
    except psycopg.Error as error:
        info = psycopg.conninfo.conninfo_to_dict(url) if _is_readable(url) else {}
        where = f"{info.get('host', '?')}, database {info.get('dbname', '?')}"
        raise PostgresError(
            f"what is published could not be sent to PostgreSQL on {where}: {_first_line(error)}. What was "
            "there before is there still. Look at CREDITS_POSTGRES_URL and the server, then run: "
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
            {column: _type(kind) for of, column, kind, _ in columns if of == name},
            comment,
            {column: said for of, column, _, said in columns if of == name and said},
        )
        for name, comment in tables
    ]


def _type(of_duckdb: str) -> str:
    if of_duckdb.startswith("DECIMAL("):
        return of_duckdb.replace("DECIMAL", "numeric")
    return _TYPES.get(of_duckdb, "text")


def _replace(
    mart: Mart, marts: duckdb.DuckDBPyConnection, cursor: psycopg.Cursor[Any], echo: Callable[[str], None]
) -> int:
    _make_fit(mart, cursor)
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
    echo(f"{mart.name}: {rows:,} rows")
    return rows


def _make_fit(mart: Mart, cursor: psycopg.Cursor[Any]) -> None:
    """The table with the mart's columns; nothing is locked if it has them already."""
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        [f'{SCHEMA}."{mart.name}"'],
    )
    there = {name: _type_of_catalog(kind) for name, kind in cursor.fetchall()}
    if there == mart.columns:
        return
    missing = {name: kind for name, kind in mart.columns.items() if name not in there}
    if there and all(there.get(name, kind) == kind for name, kind in mart.columns.items()):
        # those of a later version stay, and are empty meanwhile
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
        said = sql.Literal(mart.comment)
        cursor.execute(sql.SQL("comment on table {} is {}").format(mart.table, said))
    for column, comment in mart.column_comments.items():
        about = sql.Identifier(SCHEMA, mart.name, column)
        cursor.execute(sql.SQL("comment on column {} is {}").format(about, sql.Literal(comment)))


def _tell_version(cursor: psycopg.Cursor[Any], number: str, marts: duckdb.DuckDBPyConnection) -> None:
    as_of = marts.execute("select max(as_of) from marts.credit_summary").fetchall()[0][0]
    table = sql.Identifier(SCHEMA, VERSION_TABLE)
    # made only once: to make sure that it is there would lock it
    cursor.execute("select to_regclass(%s)", [f"{SCHEMA}.{VERSION_TABLE}"])
    if cursor.fetchall() == [(None,)]:
        cursor.execute(_sql("create table {} (version bigint, as_of date, sent_at timestamptz)", table))
    cursor.execute(_sql("delete from {}", table))
    cursor.execute(_sql("insert into {} values (%s, %s, now())", table), [int(number), as_of])


def _grant(cursor: psycopg.Cursor[Any]) -> None:
    """Lets the role of readers read; a user who may not make roles goes without."""
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
    """SQL of our own words, with names put in as names."""
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
    """What the server said; what psycopg says of an address may repeat it, password and all."""
    if error.diag.message_primary:
        return error.diag.message_primary
    if isinstance(error, psycopg.OperationalError):
        return "the server cannot be reached, or refused user or password"
    return f"the address cannot be used ({type(error).__name__})"
