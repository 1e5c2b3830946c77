"""The interface of the working warehouse, for any engine.

Not here: an engine. DuckDB is in duckdb.py, Spark in spark/warehouse.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa


class WarehouseError(RuntimeError):
    """The engine cannot be reached, or a statement failed; the message is the engine's."""


class Warehouse(Protocol):
    """Tables by schema.table. SQL is DuckDB's; an implementation translates it for its engine.

    Rows are exact: decimals as Decimal, instants in UTC without zone, to the microsecond.
    """

    def query(self, sql: str, *, frames: Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
        """The rows of a query: decimals as Decimal, never float; dates as datetime64, of any year.

        Args:
            sql: the query; it may read `frames` by their names.
            frames: rows that are no table of the warehouse.
        """
        ...

    def query_arrow(self, sql: str, *, frames: Mapping[str, pd.DataFrame] | None = None) -> pa.Table:
        """The rows of a query as an Arrow table."""
        ...

    def query_parts(self, sql: str) -> Iterator[pa.Table]:
        """The rows of a query as Arrow tables, some at a time."""
        ...

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query as tuples; the warehouse must exist, and is only read."""
        ...

    def replace(self, table: str, frame: pd.DataFrame, *, select: str) -> int:
        """Replace a table by `select` over the frame, which it reads under the name `frame`, at once.

        Returns:
            The number of rows written.
        """
        ...

    def row_counts(self, tables: Sequence[str]) -> dict[str, int]:
        """Rows of each of the given schema.table."""
        ...

    def table_sizes(self) -> dict[str, int]:
        """Rows or bytes of each schema.table that a run builds: another number if anything else wrote."""
        ...

    def has_table(self, table: str) -> bool:
        """Whether the schema.table or view exists."""
        ...

    def remove(self) -> None:
        """Delete the working warehouse; it is rebuilt from the lake."""
        ...

    def set_aside_if_torn(self) -> str | None:
        """Set a damaged or incomplete warehouse aside; it is rebuilt from the lake.

        Returns:
            The damage and the action, as "could not be read; it is removed"; None if there is none.
        """
        ...

    def building(self) -> AbstractContextManager[None]:
        """The block in which models are changed; a warehouse in which it failed may be incomplete."""
        ...

    def keep_open(self) -> None:
        """Keep open what is costly to open, for the calls to come, until `close`."""
        ...

    def close(self) -> None:
        """Close what `keep_open` opened."""
        ...

    def define(self, view: str, sql: str) -> None:
        """Create or replace a view."""
        ...

    def expose(self, views: Mapping[str, Sequence[Path]], *, columns: str = "*") -> None:
        """Make each schema.table a view over its Parquet files."""
        ...

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
        ...

    def expose_served(self, files: Mapping[str, Path]) -> None:
        """Make each served.<table> a view over its file of the published version, or an empty one without."""
        ...

    def marts_file(self, marts: Sequence[str]) -> AbstractContextManager[Path]:
        """A DuckDB file with these marts in its schema `marts`, with comments; it is only read."""
        ...
