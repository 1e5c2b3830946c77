"""docs/warnings.md is generated from the suites."""

from __future__ import annotations

from docs.warnings_document import DOCUMENT, describe_warnings
from expectations.suites.by_layer import GATES


def test_warnings_md_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == describe_warnings(), (
        "docs/warnings.md differs from expectations/suites; run make docs"
    )


def test_warnings_md_has_every_warning_and_no_critical_check() -> None:
    checks = [check for gates in GATES.values() for gate in gates for check in gate.checks]
    listed = [line[4:] for line in describe_warnings().splitlines() if line.startswith("### ")]
    assert sorted(listed) == sorted(check.name for check in checks if check.severity == "warning")
