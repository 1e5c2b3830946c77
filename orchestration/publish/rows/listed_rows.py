"""Rows that a command has in hand, as rows that `rows_out` writes like those of a query.

Not here: rows that are in a file (extract.py), or how any are written (rows_out.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.publish.rows.select import Rows


@contextmanager
def listed_rows(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> Iterator[Rows]:
    """The rows with the columns and types of the schema; a key that a row lacks is null there."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("listed", pa.Table.from_pylist([dict(row) for row in rows], schema))
        yield Rows(connection, "from listed")
