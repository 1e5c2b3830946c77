"""DuckDB in memory: one instance for all of a process, since each takes 15 ms of CPU to start.

Not here: databases in files (warehouse/duckdb.py, publish/rows/read_only.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache

import duckdb


@contextmanager
def in_memory(*, reads_files: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to DuckDB in memory, closed at the end.

    Its session is in UTC. What is registered on it, and its temporary tables, only it and its cursors see.

    Args:
        reads_files: whether statements may read and write files, for SQL that is all ours.
    """
    with closing(_instance(reads_files).cursor()) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


@cache
def _instance(reads_files: bool) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"enable_external_access": reads_files})
