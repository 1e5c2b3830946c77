"""Selects rows of the published marts: those of one query, or of one mart.

Not here: how rows are written (write.py), or how the marts are opened read-only (read_only.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.publish.report.formatting import plain
from orchestration.publish.report.load import listed, workspace_ids
from orchestration.publish.rows.read_only import open_published
from orchestration.publish.versions.export import DATABASE_NAME

_READS = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN})


class ExtractError(ValueError):
    """The requested rows cannot be read from the published marts."""


@dataclass(frozen=True)
class Rows:
    """The rows of one query, which runs when they are fetched; they are streamed, never all in memory."""

    connection: duckdb.DuckDBPyConnection
    sql: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def executed(self) -> duckdb.DuckDBPyConnection:
        """Run the query, to fetch tuples."""
        return self.connection.execute(self.sql, self.parameters)

    def as_arrow(self, *, rows_at_once: int) -> pa.RecordBatchReader:
        """Run the query as Arrow batches; an executed result would be copied into memory first."""
        return self.connection.sql(self.sql, params=self.parameters).to_arrow_reader(rows_at_once)


@contextmanager
def query_rows(published: Path, sql: str, *, memory_limit: str | None = None) -> Iterator[Rows]:
    """The rows of one query on the published marts.

    Args:
        published: the folder of a version, or the link to the served one.
        sql: one read-only statement: select, from, with, values, show, describe, summarize, explain.
        memory_limit: of the query, such as "6GB".

    Raises:
        ExtractError: nothing is published, it is not one such statement, or it fails, possibly only while its
            rows are fetched.
    """
    with opened(published, memory_limit=memory_limit) as connection:
        try:
            _require_one_read(connection.extract_statements(sql))
            yield Rows(connection, sql)
        except duckdb.Error as error:
            raise ExtractError(f"the query failed: {error}") from error


@contextmanager
def mart_rows(published: Path, mart: str, *, workspace_id: str | None = None) -> Iterator[Rows]:
    """The rows of one published mart in their published order.

    Args:
        published: the folder of a version, or the link to the served one.
        mart: its name, without the schema.
        workspace_id: only rows of this workspace; all by default.

    Raises:
        ExtractError: nothing is published, the mart or workspace is not, or the mart has no workspaces.
    """
    with opened(published) as connection:
        marts = has_workspaces(connection)
        if mart not in marts:
            raise ExtractError(
                f"only a published mart can be exported; {plain(mart)!r} is none. Use one of: "
                f"{', '.join(sorted(marts))}."
            )
        if workspace_id is None:
            yield Rows(connection, f'select * from marts."{mart}"')
            return
        if not marts[mart]:
            raise ExtractError(
                f"--workspace needs a mart whose rows are of single workspaces; those of {mart} are not. "
                "Leave it out, or export another mart."
            )
        require_workspace(connection, workspace_id)
        yield Rows(connection, f'select * from marts."{mart}" where workspace_id = $id', {"id": workspace_id})


def require_workspace(connection: duckdb.DuckDBPyConnection, workspace_id: str | None) -> None:
    """Raise ExtractError if there is no such workspace; None stands for all of them."""
    known = workspace_ids(connection)
    if workspace_id is not None and workspace_id not in known:
        raise ExtractError(
            f"an export covers a published workspace; {plain(workspace_id)!r} is none. "
            f"Use --workspace with one of: {listed(known)}."
        )


def has_workspaces(connection: duckdb.DuckDBPyConnection) -> dict[str, bool]:
    """Every mart, and whether each of its rows belongs to one workspace."""
    marts = connection.execute(
        "select table_name, bool_or(column_name = 'workspace_id') from duckdb_columns() "
        "where schema_name = 'marts' and not internal group by table_name order by table_name"
    )
    return dict(marts.fetchall())


def opened(published: Path, *, memory_limit: str | None = None) -> duckdb.DuckDBPyConnection:
    """The marts of a version; raises ExtractError if it holds none."""
    database = published / DATABASE_NAME
    if not database.exists():
        raise ExtractError(f"only published marts are read; {published} holds none. Run `credits run` first.")
    return open_published(database, memory_limit=memory_limit)


def _require_one_read(statements: list[duckdb.Statement]) -> None:
    rule = "a query is one statement that reads, such as: from marts.credit_summary"
    if len(statements) != 1:
        raise ExtractError(f"{rule}; found {len(statements)} statements. Give one.")
    kind = statements[0].type
    if kind not in _READS:
        is_pivot = kind == duckdb.StatementType.MULTI
        remedy = "Name the values of a PIVOT: pivot … on … in (…)." if is_pivot else "Use select."
        raise ExtractError(f"{rule}; found {kind.name}. {remedy}")
