"""The runner fails closed: a check that was not evaluated has not passed."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from expectations.gates import Check, Gate, counts_of
from expectations.library import ExpectationSuite, ExpectColumnMaxToBeBetween
from expectations.runner import GateReport, fill, run_gates, suite_of
from expectations.suites.by_layer import GATES

AS_OF = date(2026, 3, 31)
CHECK = Check(
    name="doors_are_shut",
    rule="every door is shut",
    cases="select 'front' as door",
    found="door {door}",
    why="It is cold.",
    remedy="Shut it",
)
GATE = Gate("house.doors", (CHECK, replace(CHECK, name="doors_are_locked", severity="warning")))


def _report(
    frame: pd.DataFrame | Exception, *, gate: Gate = GATE, found: Sequence[str] = ("door back", "door front")
) -> GateReport:
    def query(sql: str) -> pd.DataFrame:
        if isinstance(frame, Exception):
            raise frame
        return frame if "count(*)" in sql else pd.DataFrame({"found": found})

    return run_gates("house", query=query, as_of=AS_OF, gates={"house": (gate,)})


def _counts(shut: object, locked: object) -> pd.DataFrame:
    return pd.DataFrame({"doors_are_shut": [shut], "doors_are_locked": [locked]})


def _assert_nothing_passed(report: GateReport, reason: str) -> None:
    assert [result.check_name for result in report.failed_critical] == ["doors_are_shut", "doors_are_locked"]
    assert all(reason in result.message for result in report.results)


def test_a_check_without_cases_passes() -> None:
    report = _report(_counts(0, 0))

    assert [(result.passed, result.observed) for result in report.results] == [(True, "0 cases")] * 2
    assert report.failed_critical == report.failed_warnings == ()


def test_a_failed_check_states_rule_value_and_remedy() -> None:
    report = _report(_counts(2, 1))

    critical, warning = report.failed_critical[0], report.failed_warnings[0]
    assert critical.message == "every door is shut; found 2 cases: door back; door front. Shut it."
    assert (critical.asset, critical.check_name) == ("house.doors", "doors_are_shut")
    assert (critical.observed, critical.expected) == (
        "2 cases: door back; door front",
        "every door is shut",
    )
    assert (warning.check_name, warning.severity) == ("doors_are_locked", "warning")


def test_a_very_long_value_is_truncated_in_the_message() -> None:
    report = _report(_counts(1, 0), found=["x" * 100_000])

    assert len(report.failed_critical[0].message) < 1_200


def test_counts_may_be_arrow_integers() -> None:
    frame = _counts(0, 1).astype({"doors_are_shut": "int64[pyarrow]", "doors_are_locked": "int64[pyarrow]"})

    assert [result.passed for result in _report(frame).results] == [True, False]


def test_sql_that_raises_fails_every_check_of_its_gate_as_critical() -> None:
    _assert_nothing_passed(
        _report(RuntimeError("no such table: doors")), "RuntimeError: no such table: doors"
    )


def test_an_empty_frame_fails_every_check() -> None:
    _assert_nothing_passed(_report(_counts(0, 0).head(0)), "returned 0")


def test_a_missing_count_column_fails_every_check() -> None:
    _assert_nothing_passed(_report(_counts(0, 0).drop(columns="doors_are_locked")), "doors_are_locked")


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_a_null_count_fails_every_check(missing: object) -> None:
    _assert_nothing_passed(_report(_counts(0, missing)), "every check is evaluated")


def test_a_null_arrow_count_fails_every_check() -> None:
    frame = _counts(0, None).astype({"doors_are_locked": "int64[pyarrow]"})

    _assert_nothing_passed(_report(frame), "every check is evaluated")


def test_a_gate_without_checks_fails() -> None:
    report = _report(_counts(0, 0), gate=Gate("house.doors", ()))

    assert [result.check_name for result in report.failed_critical] == ["the_gate_has_checks"]


def test_evaluating_fewer_expectations_than_declared_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(gate: Gate) -> ExpectationSuite:
        return suite_of(Gate(gate.asset, gate.checks[:1]))

    monkeypatch.setattr("expectations.runner.suite_of", half)

    _assert_nothing_passed(_report(_counts(0, 0)), "2 checks are declared, 1 were evaluated")


def test_an_expectation_that_raises_fails_every_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object, **__: object) -> None:
        raise ZeroDivisionError("inside the expectation")

    monkeypatch.setattr(ExpectColumnMaxToBeBetween, "_validate", explode)

    report = _report(_counts(0, 0))

    assert [result.severity for result in report.failed_critical] == ["critical", "critical"]


def test_the_verdict_is_that_of_the_expectation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ExpectColumnMaxToBeBetween,
        "_validate",
        lambda *_, **__: {"success": False, "result": {"observed_value": 3}},
    )

    report = _report(_counts(0, 3))

    assert [result.passed for result in report.results] == [False, False]
    assert [result.observed[:7] for result in report.results] == ["3 cases", "3 cases"]


@pytest.mark.parametrize("gates", [{"house": ()}, {"garden": (GATE,)}])
def test_a_layer_without_gates_is_an_error(gates: dict[str, tuple[Gate, ...]]) -> None:
    with pytest.raises(ValueError, match="every layer has gates; 'house' has none"):
        run_gates("house", query=lambda sql: _counts(0, 0), as_of=AS_OF, gates=gates)


def test_a_gate_that_cannot_run_does_not_hide_the_others() -> None:
    def query(sql: str) -> pd.DataFrame:
        if "garden" in sql:
            raise RuntimeError("locked")
        return _counts(1, 0) if "count(*)" in sql else pd.DataFrame({"found": ["door front"]})

    garden = Gate("house.garden", (replace(CHECK, name="gate_is_shut", cases="select 1 from garden"),))
    report = run_gates("house", query=query, as_of=AS_OF, gates={"house": (garden, GATE)})

    assert [result.check_name for result in report.failed_critical] == ["gate_is_shut", "doors_are_shut"]


def test_gates_that_read_the_same_are_counted_by_one_query() -> None:
    asked = []

    def query(sql: str) -> pd.DataFrame:
        asked.append(sql)
        return _counts(0, 0)

    shut, locked = (
        Gate(f"house.{check.name}", (check,), reads="doors as (select 1)") for check in GATE.checks
    )
    report = run_gates("house", query=query, as_of=AS_OF, gates={"house": (shut, locked)})

    assert len(asked) == 1 and asked[0].startswith("with doors as (select 1) select")
    assert [(result.asset, result.passed) for result in report.results] == [
        ("house.doors_are_shut", True),
        ("house.doors_are_locked", True),
    ]


def test_if_what_several_gates_read_cannot_be_read_all_of_them_fail() -> None:
    def query(sql: str) -> pd.DataFrame:
        raise RuntimeError("locked")

    both = tuple(Gate(f"house.{check.name}", (check,), reads="doors as (select 1)") for check in GATE.checks)
    report = run_gates("house", query=query, as_of=AS_OF, gates={"house": both})

    assert [result.asset for result in report.failed_critical] == [gate.asset for gate in both]


def test_a_broken_rule_whose_cases_cannot_be_named_fails_every_check() -> None:
    def query(sql: str) -> pd.DataFrame:
        if "count(*)" in sql:
            return _counts(1, 0)
        raise RuntimeError("no column door")

    report = run_gates("house", query=query, as_of=AS_OF, gates={"house": (GATE,)})

    _assert_nothing_passed(report, "no column door")


def test_as_of_tokens_become_date_literals() -> None:
    assert fill("x > :as_of - 90 and x <= :as_of and x < :as_of + 1", as_of=AS_OF) == (
        "x > cast('2025-12-31' as date) and x <= cast('2026-03-31' as date) "
        "and x < cast('2026-04-01' as date)"
    )


def test_incremental_tokens_restrict_to_rows_of_this_run() -> None:
    sql = (
        "x where :is_new(e.batch_id) and :is_reclassified(e.row_id) "
        "and :is_recomputed(e.workspace_id, e.usage_date)"
    )

    assert fill(sql, as_of=AS_OF) == "x where true and true and true"
    assert fill(sql, as_of=AS_OF, since_batch=0) == (
        "x where e.batch_id > 0 and e.row_id in (select row_id from facts.int_changed_generations) and "
        "(e.workspace_id, e.usage_date) in (select workspace_id, usage_date from facts.int_changed_days)"
    )


@pytest.mark.parametrize("layer", GATES)
def test_every_check_has_a_unique_name_and_says_why_it_exists(layer: str) -> None:
    checks = [check for gate in GATES[layer] for check in gate.checks]

    assert len({check.name for check in checks}) == len(checks)
    for gate in GATES[layer]:
        for check, expectation in zip(gate.checks, suite_of(gate).expectations, strict=True):
            assert expectation.severity == check.severity
            assert expectation.meta == {"rule": check.rule, "why": check.why, "remedy": check.remedy}
            assert check.rule and check.why and check.remedy


@pytest.mark.parametrize("since_batch", [None, 7])
@pytest.mark.parametrize("layer", GATES)
def test_no_token_is_left_unfilled(layer: str, since_batch: int | None) -> None:
    for gate in GATES[layer]:
        sql = fill(counts_of((gate,)), as_of=AS_OF, since_batch=since_batch)
        assert ":" not in sql.replace("'; '", "").replace(": ", "")


def test_running_gates_opens_no_network_connection(
    gate: Callable[[str], GateReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a gate tried to reach the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert gate("forecast").failed_critical == ()
