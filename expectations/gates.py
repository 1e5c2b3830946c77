"""A gate: the checks of one table, each a query that lists the cases that break its rule.

The rules do not belong here (suites/), nor how they are run (runner.py).
"""

from __future__ import annotations

import string
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
    """

    asset: str
    checks: tuple[Check, ...]

    @property
    def sql(self) -> str:
        """One row; for each check, `<name>` counts its cases and `<name>_found` describes the first."""
        columns = [
            f"of_{check.name}.case_count as {check.name}, of_{check.name}.found as {check.name}_found"
            for check in self.checks
        ]
        counted = [f"({_counted(check)}) as of_{check.name}" for check in self.checks]
        return f"select {', '.join(columns)} from {' cross join '.join(counted)}"


def _counted(check: Check) -> str:
    named = ", ".join(
        f"max(case when case_position = {position} then found end)" for position in range(1, NAMED_CASES + 1)
    )
    return f"""
        select count(*) as case_count, concat_ws('; ', {named}) as found
        from (
            select found, row_number() over (order by found) as case_position
            from (select {_sentence(check.found)} as found from ({check.cases}) as cases) as sentences
        ) as numbered
    """


def _sentence(template: str) -> str:
    """SQL that fills a template of text and column names."""
    parts = []
    for words, column, _, _ in string.Formatter().parse(template):
        parts.append("'" + words.replace("'", "''") + "'")
        if column:
            parts.append(f"coalesce(cast({column} as string), 'null')")
    return f"concat({', '.join(parts)})"
