"""A gate: the checks of one table, each a query that lists the cases that break its rule.

The rules do not belong here (suites/), nor how they are run (runner.py).
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning"]
NAMED_CASES = 3


@dataclass(frozen=True)
class Check:
    """One rule about a table.

    Attributes:
        name: stable id, unique within its layer: the rule in snake_case.
        rule: what must be true, as a sentence without its full stop.
        cases: SQL with one row for each case that breaks the rule. It compares credits as decimals, may use
            the tokens of `runner.fill`, and uses only what all engines have.
        found: describes a case by columns of that row: `"file {file_path}: {line_count} lines"`.
        why: what goes wrong for readers of the marts if the rule is broken.
        remedy: what to do about it, as a sentence without its full stop.
        severity: `critical` stops the next layer; `warning` is reported and the run goes on.
    """

    name: str
    rule: str
    cases: str
    found: str
    why: str
    remedy: str
    severity: Severity = "critical"


@dataclass(frozen=True)
class Gate:
    """The checks of one table.

    Attributes:
        asset: schema.table.
        checks: at least one.
        reads: a query that several checks read, as `name as (select ...)`, so that it is run once; gates next
            to each other that read the same are counted together.
    """

    asset: str
    checks: tuple[Check, ...]
    reads: str = ""


def counts_of(gates: Sequence[Gate]) -> str:
    """SQL of one row: for each check of gates that read the same, `<name>` counts its cases."""
    counts = [
        f"(select count(*) from ({check.cases}) as cases) as {check.name}"
        for gate in gates
        for check in gate.checks
    ]
    return f"{_reading(gates[0].reads)} select {', '.join(counts)}"


def first_cases_of(check: Check, reads: str) -> str:
    """SQL of the first NAMED_CASES of the cases that break a rule, each described as `found`."""
    return f"""
        {_reading(reads)}
        select {_sentence(check.found)} as found from ({check.cases}) as cases
        order by found
        limit {NAMED_CASES}
    """


def _reading(reads: str) -> str:
    return f"with {reads}" if reads else ""


def _sentence(template: str) -> str:
    """SQL that fills a template of text and column names."""
    parts = []
    for words, column, _, _ in string.Formatter().parse(template):
        parts.append("'" + words.replace("'", "''") + "'")
        if column:
            parts.append(f"coalesce(cast({column} as string), 'null')")
    return f"concat({', '.join(parts)})"
