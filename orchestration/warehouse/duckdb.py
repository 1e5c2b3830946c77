"""The working warehouse on DuckDB: how tables are read and replaced.

What the tables mean does not belong here, nor Dagster: that is dbt_project/, forecasting/ and defs/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

BATCH_ROWS = 10**12  # more rows than any batch has
DERIVED_ROWS = BATCH_ROWS // 2  # after which the derived rows of a batch are numbered
COMPACTED_ROWS = 500_000  # of smaller tables, deleted rows may stay
VACUUM_TASKS = 100  # DuckDB's default
ROWS_AT_ONCE = 500_000  # of a query whose rows are not held all at once
# what a run compares with what is published, and the types of its columns
_TEXT, _CREDITS = "varchar", "decimal(38, 6)"
_BY_DAY = {"workspace_id": _TEXT, "usage_date": "date", "credits": _CREDITS, "generation_count": "bigint"}
SERVED_COLUMNS = {
    "usage_by_day": _BY_DAY | {"wasted_credits": _CREDITS},
    "usage_daily": _BY_DAY | dict.fromkeys(["member_id", "product_category", "generation_type"], _TEXT),
}


class DuckDBWarehouse:
    """One DuckDB file, opened for each call, or for many after `keep_open`.

    Args:
        path: the file; created on first use.
        memory_limit: what DuckDB may use, such as "6GB"; larger work spills to `tmp/` next to the file.
    """

    def __init__(self, path: Path, *, memory_limit: str = "2GB") -> None:
        self.path = path
        self.memory_limit = memory_limit
        self._kept_open: duckdb.DuckDBPyConnection | None = None
        self._vacuum_tasks = 0

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection in UTC, closed at the end."""
        connection = self._open() if self._kept_open is None else self._kept_open.cursor()
        try:
            connection.execute("set TimeZone = 'UTC'")
            # else each checkpoint rewrites every table of which an increment deleted some rows
            connection.execute(f"set max_vacuum_tasks = {self._vacuum_tasks}")
            yield connection
        finally:
            connection.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        config: dict[str, str | bool | int | float | list[str]]
        config = {"memory_limit": self.memory_limit, "temp_directory": str(self.path.parent / "tmp")}
        return duckdb.connect(str(self.path), config=config)

    def query(self, sql: str, *, frames: Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
        """The rows of a query: decimals as Decimal, never float; dates as datetime64, of any year.

        Args:
            sql: the query; it may read `frames` by their names.
            frames: rows that are no table of the warehouse.
        """
        rows = self.query_arrow(sql, frames=frames)
        return rows.to_pandas(types_mapper=exact_dtype, date_as_object=False)

    def query_arrow(self, sql: str, *, frames: Mapping[str, pd.DataFrame] | None = None) -> pa.Table:
        """The rows of a query as an Arrow table."""
        with self.connect() as connection:
            for name, frame in (frames or {}).items():
                connection.register(name, frame)
            return connection.sql(sql).to_arrow_table()

    def query_parts(self, sql: str) -> Iterator[pa.Table]:
        """The rows of a query as Arrow tables, some at a time: no more of them are held in memory."""
        with self.connect() as connection:
            for batch in connection.sql(sql).to_arrow_reader(ROWS_AT_ONCE):
                yield pa.Table.from_batches([batch])

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query as tuples; the file must exist, and is only read."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def replace(self, table: str, frame: pd.DataFrame, *, select: str) -> int:
        """Replace a table by `select` over the frame, which it reads under the name `frame`.

        Returns:
            The number of rows written.
        """
        with self.connect() as connection:
            connection.register("frame", frame)
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            connection.execute(f"create or replace table {table} as {select}")
            return int(connection.execute(f"select count(*) from {table}").fetchall()[0][0])

    def row_counts(self, tables: Sequence[str]) -> dict[str, int]:
        """Rows of each of the given schema.table."""
        with self.connect() as connection:
            return {
                table: int(connection.execute(f"select count(*) from {table}").fetchall()[0][0])
                for table in tables
            }

    def table_sizes(self) -> dict[str, int]:
        """Rows of each table but those of the state; views are not counted."""
        with self.connect() as connection:
            tables = connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables() "
                "where not temporary and not internal and schema_name <> 'state' order by 1"
            ).fetchall()
        return self.row_counts([table for (table,) in tables])

    def set_aside_if_torn(self) -> str | None:
        """Move an unreadable file out of the way; the warehouse is rebuilt from the lake.

        Returns:
            The damage and the action, or None if there is none. A file that is only locked is left alone.
        """
        if not self.path.exists():
            return None
        try:
            with self.connect() as connection:
                connection.execute("select count(*) from information_schema.tables").fetchall()
        except duckdb.Error as error:
            if is_locked(error):
                raise
            return f"could not be read; it is now {self.set_aside()}"
        return None

    def set_aside(self) -> Path | None:
        """Move the file out of the way; the warehouse is rebuilt from the lake.

        Returns:
            Where it was moved, or None if there was none.
        """
        if not self.path.exists():
            return None
        self.close()
        aside = self.path.with_name(f"{self.path.name}.torn")
        self.path.replace(aside)
        self.path.with_name(f"{self.path.name}.wal").unlink(missing_ok=True)
        return aside

    def has_table(self, table: str) -> bool:
        """Whether the schema.table or view exists."""
        if not self.path.exists():
            return False
        with self.connect() as connection:
            found = connection.execute(
                "select count(*) from information_schema.tables where table_schema || '.' || table_name = ?",
                [table],
            )
            return bool(found.fetchall()[0][0])

    def remove(self) -> None:
        """Delete the working warehouse; it is rebuilt from the lake."""
        self.close()
        for name in (self.path.name, f"{self.path.name}.wal"):
            (self.path.parent / name).unlink(missing_ok=True)

    @contextmanager
    def building(self) -> Iterator[None]:
        """The block in which models are changed; each change is a transaction, so none is left half done.

        dbt opens the file for each model and test, with this configuration (dbt_project/profiles.yml): DuckDB
        would refuse another one.
        """
        self.keep_open()
        self._vacuum_tasks = VACUUM_TASKS if self._is_sparse() else 0
        try:
            yield
        finally:
            self._vacuum_tasks = 0

    def _is_sparse(self) -> bool:
        """Whether a quarter of the rows that some table stores are deleted ones."""
        with self.connect() as connection:
            stored = connection.execute(
                "select schema_name || '.' || table_name, estimated_size from duckdb_tables() "
                "where not temporary and estimated_size >= ?",
                [COMPACTED_ROWS],
            ).fetchall()
            counted = [connection.execute(f"select count(*) from {table}").fetchall() for table, _ in stored]
        return any(rows[0][0] * 4 <= size * 3 for rows, (_, size) in zip(counted, stored, strict=True))

    def keep_open(self) -> None:
        """Keep the file open over the calls to come, each of which would open, check and close it.

        Where it cannot be opened, each call raises why.
        """
        if self._kept_open is None:
            with suppress(duckdb.Error):
                self._kept_open = self._open()

    def close(self) -> None:
        """Close what `keep_open` opened; what was written is then in the file itself."""
        if self._kept_open is not None:
            self._kept_open.close()
            self._kept_open = None

    @contextmanager
    def marts_file(self, marts: Sequence[str]) -> Iterator[Path]:
        """The file itself, closed meanwhile."""
        was_open = self._kept_open is not None
        self.close()
        yield self.path
        if was_open:
            self.keep_open()

    def define(self, view: str, sql: str) -> None:
        """Create or replace a view."""
        with self.connect() as connection:
            connection.execute(f"create schema if not exists {view.split('.')[0]}")
            connection.execute(f"create or replace view {view} as {sql}")

    def expose(self, views: Mapping[str, Sequence[Path]], *, columns: str = "*") -> None:
        """Make each schema.table a view over its Parquet files; `columns` may use file_row_number."""
        with self.connect() as connection:
            for table, files in views.items():
                connection.execute(f"create schema if not exists {table.split('.')[0]}")
                connection.execute(f"create or replace view {table} as {_over(files, columns)}")

    def expose_lake(
        self, tables: Mapping[str, Sequence[Path]], *, derived: Mapping[str, Sequence[Path]] | None = None
    ) -> None:
        """Make each schema.table a view over the files of a lake table, one for each batch.

        The extra column `row_id` is a stable surrogate key of batch and row number: a whole number, unique,
        and constant, since a committed batch never changes.

        Args:
            tables: the files of the batches.
            derived: the files of derived rows, which are numbered apart, for some of the tables.
        """
        with self.connect() as connection:
            for table, files in tables.items():
                parts = [_numbered(files, "file_row_number")]
                if added := (derived or {}).get(table):
                    parts.append(_numbered(added, f"{DERIVED_ROWS} + file_row_number"))
                connection.execute(f"create schema if not exists {table.split('.')[0]}")
                connection.execute(f"create or replace view {table} as {' union all by name '.join(parts)}")

    def expose_served(self, files: Mapping[str, Path]) -> None:
        """Make each served.<table> a view over its file of the published version, or an empty one without."""
        with self.connect() as connection:
            connection.execute("create schema if not exists served")
            for table, kinds in SERVED_COLUMNS.items():
                source = f"(select {', '.join(f'null as {name}' for name in kinds)} where false)"
                if table in files:
                    source = f"read_parquet('{_quoted(files[table])}')"
                columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in kinds.items())
                connection.execute(f"create or replace view served.{table} as select {columns} from {source}")


def says_torn(message: str) -> bool:
    """Whether an error message is about missing or damaged pages of a DuckDB file."""
    is_cut = "Could not read enough bytes from file" in message and '.duckdb"' in message
    return is_cut or "Corrupt database file" in message


def _numbered(files: Sequence[Path], number: str) -> str:
    return _over(files, f"*, batch_id * {BATCH_ROWS} + {number} as row_id")


def _over(files: Sequence[Path], columns: str) -> str:
    listed = ", ".join(f"'{_quoted(file)}'" for file in files)
    return f"select {columns} from read_parquet([{listed}], union_by_name = true)"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def is_locked(error: duckdb.Error) -> bool:
    """Whether another process has the file open."""
    return "lock" in str(error).lower()


def exact_dtype(kind: pa.DataType) -> pd.ArrowDtype | None:
    """Whole numbers that may be null stay whole; the rest converts as pandas does."""
    return pd.ArrowDtype(kind) if pa.types.is_integer(kind) else None
