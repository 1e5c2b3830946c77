"""Rows in memory, wrapped so that they are written like those of a query.

Not here: rows in a published file (select.py), or how rows are written (write.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from orchestration.in_memory import in_memory
from orchestration.publish.rows.select import Rows


@contextmanager
def listed_rows(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> Iterator[Rows]:
    """The rows with the columns and types of the schema; a missing key is null."""
    with in_memory() as connection:
        connection.register("listed", pa.Table.from_pylist([dict(row) for row in rows], schema))
        yield Rows(connection, "from listed")
