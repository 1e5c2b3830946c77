"""One small warehouse that passes every gate; each test changes it inside a transaction and rolls back.

The story: workspace w1 (UTC, with credits) and w2 (Auckland, without), seen from 2026-03-31. Event e5 is
retracted, e6 is already the next day in Auckland, and batch 2 delivered e1 again. Ruleset r2 and template
t2 follow r1 and t1 on the last day of w1.
"""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from expectations.runner import CheckResult, GateReport, run_gates
from expectations.suites.by_layer import GATES

AS_OF = date(2026, 3, 31)
NEWEST_BATCH = 2
MARK_ALL_CHANGED = """insert into facts.int_changed_generations select row_id from facts.fct_generations;
insert into facts.int_changed_days select distinct workspace_id, usage_date from facts.fct_generations"""
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
def gate(query: Callable[[str], pd.DataFrame]) -> Callable[..., GateReport]:
    """All gates of a layer, or those asked, in a full run; with `since_batch`, in one after a run with it."""
    return lambda layer, *, since_batch=None, asked=None: run_gates(
        layer, query=query, as_of=AS_OF, since_batch=since_batch, gates={layer: asked or GATES[layer]}
    )


@pytest.fixture
def failed_check(query: Callable[[str], pd.DataFrame]) -> Callable[..., CheckResult | None]:
    """What one check of a layer found; None if it passed."""

    def run(layer: str, check: str, *, since_batch: int | None = None) -> CheckResult | None:
        asked = tuple(gate for gate in GATES[layer] if check in [each.name for each in gate.checks])
        report = run_gates(layer, query=query, as_of=AS_OF, since_batch=since_batch, gates={layer: asked})
        (result,) = [result for result in report.results if result.check_name == check]
        return None if result.passed else result

    return run


@pytest.fixture
def assert_reported(
    change: Callable[[str], None], failed_check: Callable[..., CheckResult | None]
) -> Callable[[str, str, str, str, tuple[str, ...]], None]:
    """Corrupts the batch; asserts that the check fails with its severity and words that describe the case."""

    def run(layer: str, check: str, severity: str, statement: str, words: tuple[str, ...]) -> None:
        change(statement)
        _assert_reported(failed_check(layer, check), severity, words)

    return run


@pytest.fixture
def assert_checked_once(
    change: Callable[[str], None], failed_check: Callable[..., CheckResult | None]
) -> Callable[[str, str, str, str, tuple[str, ...]], None]:
    """Corrupts the batch; asserts that only a run that has computed these rows itself reports them."""

    def run(layer: str, check: str, severity: str, statement: str, words: tuple[str, ...]) -> None:
        change(statement)
        assert failed_check(layer, check, since_batch=NEWEST_BATCH) is None
        change(MARK_ALL_CHANGED)
        _assert_reported(failed_check(layer, check, since_batch=0), severity, words)

    return run


@pytest.fixture
def assert_always_checked(
    change: Callable[[str], None], failed_check: Callable[..., CheckResult | None]
) -> Callable[[str, str, str, str, tuple[str, ...]], None]:
    """Corrupts the batch; asserts that a run that has recomputed nothing reports it all the same."""

    def run(layer: str, check: str, severity: str, statement: str, words: tuple[str, ...]) -> None:
        change(statement)
        _assert_reported(failed_check(layer, check, since_batch=NEWEST_BATCH), severity, words)

    return run


def _assert_reported(found: CheckResult | None, severity: str, words: tuple[str, ...]) -> None:
    assert found is not None
    assert found.severity == severity
    assert [word for word in words if word not in found.message] == []


@pytest.fixture
def assert_all_covered() -> Callable[[str, list[str]], None]:
    """Asserts that each check of a layer is among the names, and nothing else is."""

    def run(layer: str, names: list[str]) -> None:
        assert sorted(check.name for gate in GATES[layer] for check in gate.checks) == sorted(set(names))

    return run
