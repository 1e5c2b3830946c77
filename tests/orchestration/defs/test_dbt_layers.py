"""The dbt command of a run: rebuild everything, build what may have changed, or only test."""

from __future__ import annotations

from datetime import date

import dagster as dg
import pytest

from orchestration.defs.dbt_layers import checked, command_for
from orchestration.warehouse.dbt_build import NodeResult
from orchestration.warehouse.run_state import RunState


@pytest.mark.parametrize(
    ("since_batch", "known_from", "known_to", "command"),
    [
        (None, "2026-04-07", "2026-04-07", "rebuild"),
        (2, "2026-04-07", "2026-04-07", "test"),
        (1, "2026-04-07", "2026-04-07", "build"),
        (2, "2026-04-06", "2026-04-07", "build"),
        (2, "2026-04-07", "2026-04-09", "build"),
    ],
)
def test_a_run_builds_only_what_may_have_changed(
    since_batch: int | None, known_from: str, known_to: str, command: str
) -> None:
    dbt_variables = {"since_batch": since_batch, "known_from": known_from, "known_to": known_to}
    assert (
        command_for(dbt_variables, RunState(batch_id=2, as_of=date(2026, 4, 7), definitions="d")) == command
    )


def test_the_tests_of_a_model_are_one_check_that_names_each() -> None:
    def result(name: str, *, passed: bool, kind: str = "test") -> NodeResult:
        return NodeResult(kind, "facts.fct_doors", name, passed, f"{int(not passed)} failing rows", 0.1)

    results = [
        result("fct_doors", passed=True, kind="table"),
        result("is_shut", passed=True),
        result("is_locked", passed=False),
    ]
    (check,) = checked(results, {dg.AssetKey(["facts", "fct_doors"])})

    assert not check.passed
    assert {name: found.value for name, found in check.metadata.items()} == {
        "is_shut": "0 failing rows",
        "is_locked": "1 failing rows",
    }
    assert list(checked(results, set())) == [], "a test of a model of another layer is no check of this one"
