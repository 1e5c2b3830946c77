"""One small warehouse that passes every gate; each test changes it inside a transaction and rolls back.

The story: workspace w1 (UTC, with credits) and w2 (Auckland, without), seen from 2026-03-31. Event e5 is
retracted, e6 is already the next day in Auckland, and e1 was delivered twice.
"""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from expectations import GateReport, run_gates

AS_OF = date(2026, 3, 31)
GOOD_BATCH = Path(__file__).with_name("good_batch.sql")


@pytest.fixture(scope="session")
def good_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'").fetchall()
    for statement in GOOD_BATCH.read_text().split(";\n"):
        connection.execute(statement).fetchall()
    yield connection
    connection.close()


@pytest.fixture
def warehouse(good_warehouse: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    good_warehouse.execute("begin").fetchall()
    yield good_warehouse
    good_warehouse.execute("rollback").fetchall()


@pytest.fixture
def query(warehouse: duckdb.DuckDBPyConnection) -> Callable[[str], pd.DataFrame]:
    return lambda sql: warehouse.execute(sql).df()


@pytest.fixture
def gate(query: Callable[[str], pd.DataFrame]) -> Callable[..., GateReport]:
    return lambda layer, as_of=AS_OF: run_gates(layer, query=query, as_of=as_of)
