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

from expectations import GATES, GateReport, run_gates

AS_OF = date(2026, 3, 31)
GOOD_BATCH = Path(__file__).with_name("good_batch.sql")


def statements(sql: str) -> list[str]:
    return [statement for statement in sql.split(";\n") if statement.strip()]


@pytest.fixture(scope="session")
def good_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'").fetchall()
    for statement in statements(GOOD_BATCH.read_text()):
        connection.execute(statement).fetchall()
    yield connection
    connection.close()


@pytest.fixture
def change(good_warehouse: duckdb.DuckDBPyConnection) -> Iterator[Callable[[str], None]]:
    """Runs SQL on the warehouse for the length of a test."""

    def run(sql: str) -> None:
        for statement in statements(sql):
            good_warehouse.execute(statement).fetchall()

    run("begin")
    yield run
    run("rollback")


@pytest.fixture
def query(good_warehouse: duckdb.DuckDBPyConnection) -> Callable[[str], pd.DataFrame]:
    return lambda sql: good_warehouse.execute(sql).df()


@pytest.fixture
def gate(query: Callable[[str], pd.DataFrame]) -> Callable[[str], GateReport]:
    return lambda layer: run_gates(layer, query=query, as_of=AS_OF)


@pytest.fixture
def assert_named(
    change: Callable[[str], None], query: Callable[[str], pd.DataFrame]
) -> Callable[[str, str, str, str, tuple[str, ...]], None]:
    """Spoils the batch; asserts that the check fails with its severity and the words that name the case."""

    def run(layer: str, check: str, severity: str, spoil: str, words: tuple[str, ...]) -> None:
        change(spoil)
        asked = tuple(gate for gate in GATES[layer] if check in [each.name for each in gate.checks])
        report = run_gates(layer, query=query, as_of=AS_OF, gates={layer: asked})
        failed = {result.check_name: result for result in report.results if not result.passed}
        assert check in failed
        assert failed[check].severity == severity
        assert [word for word in words if word not in failed[check].message] == []

    return run


@pytest.fixture
def assert_all_spoilt() -> Callable[[str, list[str]], None]:
    """Asserts that each check of a layer is among the names, and nothing else is."""

    def run(layer: str, names: list[str]) -> None:
        assert sorted(check.name for gate in GATES[layer] for check in gate.checks) == sorted(set(names))

    return run
