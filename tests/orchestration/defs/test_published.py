"""A run publishes only what it has checked and found correct."""

from __future__ import annotations

import pytest

from expectations.suites.by_layer import GATES
from orchestration.defs.dbt_layers import LAYERS
from orchestration.defs.published import CriticalCheckFailed, refuse_unchecked
from orchestration.warehouse.journal import CheckRow


def check(layer: str, *, passed: bool = True, severity: str = "critical") -> CheckRow:
    return CheckRow(layer, f"{layer}.table", "it_holds", severity, passed, "1", "0", f"{layer} is wrong")


EVERY_LAYER = [check(layer) for layer in {*GATES, *LAYERS}]


def test_a_run_whose_checks_all_passed_may_publish() -> None:
    refuse_unchecked([*EVERY_LAYER, check("raw", passed=False, severity="warning")])


def test_a_critical_failure_is_reported_and_blocks_publishing() -> None:
    with pytest.raises(CriticalCheckFailed, match="it_holds: marts is wrong"):
        refuse_unchecked([*EVERY_LAYER, check("marts", passed=False)])


def test_marts_without_the_checks_of_this_run_are_not_published() -> None:
    with pytest.raises(CriticalCheckFailed, match="has not checked marts"):
        refuse_unchecked([row for row in EVERY_LAYER if row.layer != "marts"])
