"""Types documents: certainly valid ones fast in SQL, all others exactly in Python.

No files and no clock; the connection is only an engine.
"""

from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from zoneinfo import available_timezones

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.landing.contract import ATTRIBUTES, Feed
from orchestration.landing.rejects import Reject
from orchestration.landing.typing.exact_rows import Row, RowRejected, read_extras, read_row, unknown_columns
from orchestration.landing.typing.fast_sql import content_hash_sql, typing_sql

# a larger document is read exactly, whatever it holds
_LARGEST_SCANNED = 1024 * 1024
# small enough that several threads share one chunk
_SCAN_ROWS = 10_000


@dataclass(frozen=True)
class RejectedRow:
    """A document that breaks the contract: its position in the input, and the columns it had."""

    position: int
    reject: Reject
    names: frozenset[str] | None


@dataclass(frozen=True)
class TypedRows:
    """The typed and the rejected rows of a table of documents.

    Attributes:
        accepted: `position`, the feed's typed columns, `attributes`, `content_hash`; by position.
        rejected: the rest, by position.
        unknown: the columns that are not in the contract, by position, where there are any.
    """

    accepted: pa.Table
    rejected: list[RejectedRow]
    unknown: dict[int, tuple[str, ...]]


@cache
def _python_timezones() -> Set[str]:
    return available_timezones()  # lists hundreds of files


class RowTyper:
    """Types the documents of one feed.

    Args:
        connection: a DuckDB connection of its own; the session is set to UTC.
        feed: the contract.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, feed: Feed) -> None:
        self._connection = connection
        self._feed = feed
        connection.execute("set TimeZone = 'UTC'")

    @cached_property
    def _timezones(self) -> Set[str]:
        known = self._connection.execute("select name from pg_timezone_names()").fetchall()
        return _python_timezones() & {name for (name,) in known}

    @cached_property
    def _sql(self) -> str:
        return typing_sql(self._feed, timezones=self._timezones, source="documents")

    @cached_property
    def _schema(self) -> pa.Schema:
        position, content_hash = pa.field("position", pa.int64()), pa.field("content_hash", pa.string())
        return pa.schema([position, *self._feed.typed_schema, content_hash])

    def read(self, documents: pa.ChunkedArray) -> TypedRows:
        """Type documents (JSON texts, one row each); `position` in the result counts them from 0."""
        scanned = self._scan(documents)
        rejected: list[RejectedRow] = []
        unknown: dict[int, tuple[str, ...]] = {}
        fast = self._with_extras(scanned.filter(scanned["is_good"]), documents, rejected, unknown)
        unsure = scanned["position"].filter(pc.invert(scanned["is_good"]))
        exact = [self._read_exactly(unsure, documents, rejected, unknown)] if len(unsure) else []
        # neither the two ways nor DuckDB's threads keep the order of the file
        accepted = pa.concat_tables([fast, *exact]).sort_by("position")
        return TypedRows(accepted, sorted(rejected, key=lambda row: row.position), unknown)

    def _scan(self, documents: pa.ChunkedArray) -> pa.Table:
        positions = pa.chunked_array([np.arange(len(documents))], pa.int64())
        is_large = pc.greater(pc.binary_length(documents), _LARGEST_SCANNED)
        if pc.any(is_large).as_py():  # DuckDB takes a hundred times the memory of a deeply nested one
            documents = pc.if_else(is_large, "", documents)
        table = pa.Table.from_arrays([positions, documents], ["position", "document"])
        batches = table.to_batches(max_chunksize=_SCAN_ROWS)
        with _registered(self._connection, "documents", pa.Table.from_batches(batches, table.schema)):
            return self._connection.sql(self._sql).to_arrow_table()

    def _with_extras(
        self,
        good: pa.Table,
        documents: pa.ChunkedArray,
        rejected: list[RejectedRow],
        unknown: dict[int, tuple[str, ...]],
    ) -> pa.Table:
        """Rows with valid contract columns, with their attributes; rows with invalid extras are rejected."""
        texts: list[str | None] = [None] * good.num_rows
        is_kept = np.ones(good.num_rows, dtype=bool)
        indexes = np.flatnonzero(good["has_extras"].to_numpy())
        positions = good["position"].take(pa.array(indexes))
        for index, position, document in zip(
            indexes, positions.to_pylist(), documents.take(positions).to_pylist(), strict=True
        ):
            try:
                texts[index], names = read_extras(self._feed, document)
            except RowRejected as error:
                is_kept[index] = False
                names = unknown_columns(self._feed, error.names or frozenset())
                rejected.append(RejectedRow(position, error.reject, error.names))
            if names:
                unknown[position] = names
        whole = good.append_column(ATTRIBUTES, pa.array(texts, pa.string())).select(self._schema.names)
        whole = whole.cast(self._schema)
        return whole if is_kept.all() else whole.filter(pa.array(is_kept))

    def _read_exactly(
        self,
        positions: pa.ChunkedArray,
        documents: pa.ChunkedArray,
        rejected: list[RejectedRow],
        unknown: dict[int, tuple[str, ...]],
    ) -> pa.Table:
        read_positions: list[int] = []
        rows: list[Row] = []
        for position, document in zip(
            positions.to_pylist(), documents.take(positions).to_pylist(), strict=True
        ):
            try:
                row = read_row(self._feed, document, timezones=self._timezones)
            except RowRejected as error:
                rejected.append(RejectedRow(position, error.reject, error.names))
                if names := unknown_columns(self._feed, error.names or frozenset()):
                    unknown[position] = names
                continue
            read_positions.append(position)
            rows.append(row)
            if row.unknown:
                unknown[position] = row.unknown
        return self._table(read_positions, rows)

    def _table(self, positions: list[int], rows: list[Row]) -> pa.Table:
        """Rows that were read exactly as a typed table, hashed by the same SQL as all others."""
        columns = [pa.array(positions, pa.int64())]
        for column in self._feed.typed_schema:
            values = [
                row.attributes if column.name == ATTRIBUTES else row.values[column.name] for row in rows
            ]
            columns.append(pa.array(values, column.type))
        table = pa.Table.from_arrays(columns, ["position", *self._feed.typed_schema.names])
        with _registered(self._connection, "exact_rows", table):
            query = f"select *, {content_hash_sql(self._feed)} as content_hash from exact_rows"
            return self._connection.sql(query).to_arrow_table().cast(self._schema)


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> Iterator[None]:
    connection.register(name, table)
    try:
        yield
    finally:
        connection.unregister(name)
