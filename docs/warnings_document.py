"""Writes docs/warnings.md from the suites: every check of severity warning, why it exists and what to do.

    python docs/warnings_document.py

Not here: what is checked (expectations/suites/).
"""

from __future__ import annotations

from expectations.suites.by_layer import GATES
from orchestration.settings import PROJECT_DIR

DOCUMENT = PROJECT_DIR / "docs" / "warnings.md"
_HEAD = """\
# What a run warns of

Generated from `expectations/suites` by `make docs`; edit those. A warning is reported and the run goes on. It is named at the end of the run, by `credits status`, at the foot of each page, and in `marts.data_quality`, where `observed` says what was found; [alerts](alerts.md) can send it.

Rows dated after `as_of` are loaded and wait for their day. That is no warning: the end of every run says how many wait in each feed and which is the latest. Credits that are booked today and begin later are delivered with `occurred_at` of the booking and `effective_at` of the day they begin; with both in the future, no forecast knows of them.
"""


def describe_warnings() -> str:
    """The document: the warnings of each layer, in the order in which a run comes to them."""
    parts = [_HEAD]
    for layer, gates in GATES.items():
        checks = [
            (gate.asset, check) for gate in gates for check in gate.checks if check.severity == "warning"
        ]
        if checks:
            parts.append(f"\n## After {layer}\n")
        for asset, check in checks:
            parts.append(
                f"\n### {check.name}\n\nOn `{asset}`. The rule: {check.rule}.\n\n{check.why}\n\n"
                f"What to do: {check.remedy}.\n"
            )
    return "".join(parts)


if __name__ == "__main__":
    DOCUMENT.write_text(describe_warnings(), encoding="utf-8")
