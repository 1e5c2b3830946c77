"""Runs the gates of one layer, and fails closed.

SQL evaluates the rules, Great Expectations carries the verdict. Rules compare tables of millions of exact
decimals on DuckDB or Spark; pandas batches would hold all of them in memory as floats, and SQL batches of
GX 1.24 fail on DuckDB. So the warehouse counts the cases that break each rule, one query for each table, and
one suite for each table validates these counts: every count is 0. What GX finds is the result; nothing here
second-guesses it. Only cases of a broken rule are then looked up, to name the first.

What is checked does not belong here (suites/), nor what a failed check stops: the caller decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import pandas as pd

from expectations.gates import NAMED_CASES, Check, Gate, Severity, counts_of, first_cases_of
from expectations.suites.by_layer import GATES

if TYPE_CHECKING:
    from expectations.library import Expectation, ExpectationSuite, ExpectationValidationResult

Query = Callable[[str], pd.DataFrame]

# rows that an incremental run has loaded or recomputed itself; a full run has done so with all of them
_OF_THIS_RUN = {
    r":is_new\(([\w.]+)\)": r"\1 > {since_batch}",
    r":is_reclassified\(([\w.]+)\)": r"\1 in (select row_id from facts.int_changed_generations)",
    r":is_recomputed\(([\w.]+), ([\w.]+)\)": (
        r"(\1, \2) in (select workspace_id, usage_date from facts.int_changed_days)"
    ),
}
_LONGEST_FOUND = 1_000  # characters; delivered ids may be of any length


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Attributes:
        asset: schema.table.
        check_name: stable id, unique within its layer.
        severity: that of the check; `critical` for whatever could not be evaluated.
        passed: whether the rule holds.
        observed: how many cases break the rule, and the first of them.
        expected: the rule.
        message: rule, value found and remedy.
    """

    asset: str
    check_name: str
    severity: Severity
    passed: bool
    observed: str
    expected: str
    message: str


@dataclass(frozen=True)
class GateReport:
    """The results of all checks of one layer."""

    layer: str
    results: tuple[CheckResult, ...]

    @property
    def failed_critical(self) -> tuple[CheckResult, ...]:
        """What must stop the next layer."""
        return tuple(result for result in self.results if not result.passed and result.severity == "critical")

    @property
    def failed_warnings(self) -> tuple[CheckResult, ...]:
        """What is reported while the run goes on."""
        return tuple(result for result in self.results if not result.passed and result.severity == "warning")


def run_gates(
    layer: str,
    *,
    query: Query,
    as_of: date,
    since_batch: int | None = None,
    gates: Mapping[str, tuple[Gate, ...]] = GATES,
) -> GateReport:
    """Evaluate every check of a layer on the warehouse as it is now.

    What cannot be evaluated (SQL or expectation raises, no row is returned, fewer expectations are evaluated
    than declared) is a failed critical check with the reason as its message.

    Args:
        layer: a key of `gates`.
        query: runs SQL on the warehouse and returns all rows.
        as_of: the last local date that is reported.
        since_batch: newest batch of the last complete run; rows that run has checked are not checked again.
        gates: the gates of each layer.

    Raises:
        ValueError: the layer is unknown or has no gate.
    """
    if not gates.get(layer):
        raise ValueError(f"every layer has gates; {layer!r} has none. Use one of {', '.join(gates)}.")

    def filled(sql: str) -> pd.DataFrame:
        return query(fill(sql, as_of=as_of, since_batch=since_batch))

    results: list[CheckResult] = []
    for _, alike in groupby(gates[layer], key=lambda gate: gate.reads or gate.asset):
        together = tuple(alike)
        try:
            results += _evaluate(together, filled)
        except Exception as error:  # a check that did not run has not passed, whatever the reason
            results += [result for gate in together for result in _not_evaluated(gate, error)]
    return GateReport(layer, tuple(results))


def fill(sql: str, *, as_of: date, since_batch: int | None = None) -> str:
    """SQL with its tokens replaced.

    `:as_of`, `:as_of - 6` and `:as_of + 365` become date literals. Where a run builds on an earlier one,
    `:is_new(batch_id)`, `:is_reclassified(row_id)` and `:is_recomputed(workspace_id, usage_date)` become the
    condition that this run has loaded the row, classified it or summed its day; in a full run they are true.
    """

    def day(token: re.Match[str]) -> str:
        days = int(f"{token[1] or '+'}{token[2] or 0}")
        return f"cast('{as_of + timedelta(days=days)}' as date)"

    for token, condition in _OF_THIS_RUN.items():
        sql = re.sub(token, "true" if since_batch is None else condition.format(since_batch=since_batch), sql)
    return re.sub(r":as_of(?: ([+-]) (\d+))?\b", day, sql)


def _evaluate(gates: Sequence[Gate], query: Query) -> list[CheckResult]:
    names = [check.name for gate in gates for check in gate.checks]
    frame = query(counts_of(gates))
    if len(frame) != 1:
        raise ValueError(f"the query of a gate returns one row; it returned {len(frame)}")
    # whole numbers only: the cast raises on null, so a count that is missing never passes
    counts = frame[names].astype("int64").iloc[0]
    verdicts = {
        (column := expectation.configuration.kwargs["column"]): _validate(expectation, int(counts[column]))
        for gate in gates
        for expectation in suite_of(gate).expectations
    }
    if not names or verdicts.keys() != set(names):
        raise ValueError(f"{len(names)} checks are declared, {len(verdicts)} were evaluated")
    return [_result(gate, check, verdicts[check.name], query) for gate in gates for check in gate.checks]


def _validate(expectation: Expectation, case_count: int) -> ExpectationValidationResult:
    """What the expectation finds of a count: the largest of a column of one row.

    Without a batch and its validator, which would compute the same at a hundred times the cost.
    """
    from expectations.library import ExpectationValidationResult

    found = expectation._validate({"column.max": case_count})
    return ExpectationValidationResult(**found, expectation_config=expectation.configuration)


def _result(gate: Gate, check: Check, verdict: ExpectationValidationResult, query: Query) -> CheckResult:
    # an expectation that raised has no observed value: the gate was not evaluated
    case_count = int(verdict.result["observed_value"])
    observed, message = "0 cases", f"{check.rule}."
    if not verdict.success:
        found = "; ".join(query(first_cases_of(check, gate.reads))["found"])
        more = "; …" if case_count > NAMED_CASES or len(found) > _LONGEST_FOUND else ""
        observed = f"{case_count} {'case' if case_count == 1 else 'cases'}: {found[:_LONGEST_FOUND]}{more}"
        message = f"{check.rule}; found {observed}. {check.remedy}."
    passed = bool(verdict.success)
    return CheckResult(gate.asset, check.name, check.severity, passed, observed, check.rule, message)


def _not_evaluated(gate: Gate, error: Exception) -> list[CheckResult]:
    observed = f"{type(error).__name__}: {error}"[:_LONGEST_FOUND]
    rule = "every check is evaluated"
    message = f"{rule}; found {observed}. Fix {gate.asset} or its check; publishing is blocked until then."
    names = [check.name for check in gate.checks] or ["the_gate_has_checks"]
    return [CheckResult(gate.asset, name, "critical", False, observed, rule, message) for name in names]


def suite_of(gate: Gate) -> ExpectationSuite:
    """The suite of a gate, named after its table: for each check in order, that its count of cases is 0."""
    # only a process that runs gates imports GX
    from expectations.library import ExpectationSuite, ExpectColumnMaxToBeBetween, FailureSeverity

    return ExpectationSuite(
        name=gate.asset,
        expectations=[
            ExpectColumnMaxToBeBetween(
                column=check.name,
                min_value=0,
                max_value=0,
                severity=FailureSeverity(check.severity),
                meta={"rule": check.rule, "why": check.why, "remedy": check.remedy},
            )
            for check in gate.checks
        ],
    )
