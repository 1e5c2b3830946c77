"""The rule about single charges: what the model finds and the gate names, on the real log and against a plain
reading of the rule.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.runner import GateReport, fill
from expectations.suites.by_layer import GATES

AS_OF = date(2026, 3, 31)
REPO = Path(__file__).resolve().parents[2]
REAL_LOG = REPO.parent / "shared/data/real_usage/landing/generation_events"
CASES = next(
    check.cases
    for gate in GATES["facts"]
    for check in gate.checks
    if check.name == "no_single_charge_is_implausible"
)
Charge = tuple[int, str]  # days before as_of, credits


def _find(connection: duckdb.DuckDBPyConnection, *, as_of: date = AS_OF) -> None:
    """Builds the model as dbt would, whose jinja it is, without the seconds dbt takes to start."""
    project = REPO / "dbt_project"
    variables = yaml.safe_load((project / "dbt_project.yml").read_text())["vars"] | {"as_of": str(as_of)}
    sql = (
        jinja2.Environment()
        .from_string((project / "models/facts/fct_implausible_charges.sql").read_text())
        .render(
            var=variables.get,
            ref="facts.{}".format,
        )
    )
    connection.execute(f"create or replace table facts.fct_implausible_charges as {sql}").fetchall()


def _warned(report: GateReport) -> list[str]:
    return [result.message for result in report.failed_warnings if "implausible" in result.check_name]


def _reported(connection: duckdb.DuckDBPyConnection, charges: list[Charge]) -> set[int]:
    connection.execute("delete from facts.int_generations_classified").fetchall()
    if charges:
        rows = ", ".join(
            f"('native', '{number}', 'w1', date '{AS_OF - timedelta(days=days)}', {credits})"
            for number, (days, credits) in enumerate(charges)
        )
        connection.execute(
            "insert into facts.int_generations_classified "
            f"(source, event_id, workspace_id, usage_date, credits) values {rows}"
        ).fetchall()
    _find(connection)
    return _events(connection, fill(CASES, as_of=AS_OF))


def _events(connection: duckdb.DuckDBPyConnection, rows: str) -> set[int]:
    named = connection.execute(f"select cast(event_id as bigint) from ({rows}) as named").fetchall()
    assert len(named) == len(set(named))
    return {number for (number,) in named}


def _plainly_implausible(charges: list[Charge]) -> set[int]:
    """The rule word for word: each event against the P99 of the others in the 90 days up to it."""
    named = set()
    for number, (days, text) in enumerate(charges):
        others = sorted(
            Decimal(other)
            for position, (days_before, other) in enumerate(charges)
            if position != number and days <= days_before < days + 90
        )
        if days >= 90 or Decimal(text) < 100 or not others:
            continue
        p99 = others[-(-99 * len(others) // 100) - 1]
        if Decimal(text) >= 1000 * p99 and (p99 > 0 or len(others) >= 10):
            named.add(number)
    return named


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    usual=st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from(["0", "0.1", "0.100001", "1", "1", "2.5", "150"])),
        max_size=130,
    ),
    outliers=st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from(["99.999999", "100", "1000", "2500", "100001"])),
        max_size=3,
    ),
)
def test_the_gate_agrees_with_a_plain_reading_of_the_rule(
    usual: list[Charge],
    outliers: list[Charge],
    change: Callable[[str], None],
    good_warehouse: duckdb.DuckDBPyConnection,
) -> None:
    charges = [*usual, *outliers]

    assert _reported(good_warehouse, charges) == _plainly_implausible(charges)


@pytest.mark.parametrize(
    ("usual", "charge", "is_reported"),
    [
        ([(5, "1")] * 3, (0, "1000"), True),
        ([(5, "1")] * 3, (0, "999.999999"), False),
        ([(5, "0.01")] * 3, (0, "99.999999"), False),
        ([(5, "20000")] * 3, (0, "20000000"), True),
        ([(5, "0")] * 10, (0, "100"), True),
        ([(5, "0")] * 9, (0, "100"), False),
        ([], (0, "1000000"), False),
        ([(179, "1")] * 3, (90, "1000"), False),
        ([(178, "1")] * 3, (89, "1000"), True),
        ([(179, "1")] * 3, (89, "1000"), False),
    ],
    ids=[
        "1,000 times the P99",
        "just under 1,000 times",
        "just under 100 credits",
        "among large charges",
        "a P99 of 0 and 10 others",
        "a P99 of 0 and 9 others",
        "no other to compare with",
        "older than 90 days",
        "the oldest day, with others 89 days before it",
        "the oldest day, with others 90 days before it",
    ],
)
def test_the_thresholds_of_the_rule(
    usual: list[Charge],
    charge: Charge,
    is_reported: bool,
    change: Callable[[str], None],
    good_warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert _reported(good_warehouse, [*usual, charge]) == ({len(usual)} if is_reported else set())


def test_charges_are_found_over_all_history_and_reported_for_90_days(
    change: Callable[[str], None], good_warehouse: duckdb.DuckDBPyConnection
) -> None:
    usual = [(days, "1") for days in range(500)] * 3
    charges = [(364, "1000"), (365, "1001"), (90, "1002"), (0, "1003")]

    named = _reported(good_warehouse, [*charges, *usual])

    assert named == {3}
    assert _events(good_warehouse, "select event_id from facts.fct_implausible_charges") == {0, 1, 2, 3}


def test_the_oldest_charge_is_compared_with_its_own_90_days(
    change: Callable[[str], None], good_warehouse: duckdb.DuckDBPyConnection
) -> None:
    _reported(good_warehouse, [(453, "2"), (454, "100"), (364, "2000")])

    found = good_warehouse.execute("select event_id, credits, p99_credits from facts.fct_implausible_charges")

    assert found.fetchall() == [("2", Decimal(2000), Decimal(2))]


@pytest.mark.skipif(
    not REAL_LOG.is_dir(), reason="the real usage log is only next to the project's own checkout"
)
def test_the_logging_error_is_the_only_charge_reported_of_the_real_log(
    change: Callable[[str], None], good_warehouse: duckdb.DuckDBPyConnection
) -> None:
    change("delete from facts.int_generations_classified")
    change(f"""insert into facts.int_generations_classified
            (source, event_id, workspace_id, usage_date, credits)
        select source, event_id, workspace_id,
            cast(cast(occurred_at as timestamptz) at time zone 'America/Los_Angeles' as date) as usage_date,
            cast(credits as decimal(18, 6))
        from read_json('{REAL_LOG}/*.jsonl.gz', format = 'newline_delimited', columns = {{
            source: 'varchar', event_id: 'varchar', workspace_id: 'varchar', occurred_at: 'varchar',
            credits: 'varchar'
        }})
        where usage_date <= date '2025-06-30'""")

    _find(good_warehouse, as_of=date(2025, 6, 30))
    cases = good_warehouse.execute(
        "select source, event_id, credits, workspace_id, usage_date from "
        f"({fill(CASES, as_of=date(2025, 6, 30))}) as cases"
    ).fetchall()

    assert cases == [
        ("aider-analytics", "6bd0cf1b5b202ba1", Decimal("999001.252875"), "aider", date(2025, 5, 7))
    ]


def test_three_charges_are_listed_and_the_rest_counted(
    change: Callable[[str], None],
    gate: Callable[[str], GateReport],
    good_warehouse: duckdb.DuckDBPyConnection,
) -> None:
    _reported(good_warehouse, [(day % 80, "0.1") for day in range(600)] + [(0, "5000")] * 5)

    (message,) = _warned(gate("facts"))

    assert "found 5 cases: event native 600: 5000.000000 credits in workspace w1 on 2026-03-31" in message
    assert "event native 602" in message and "event native 603" not in message
