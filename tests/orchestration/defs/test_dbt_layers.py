"""The dbt command of a run: rebuild everything, build what may have changed, or only test."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.defs.dbt_layers import command_for
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
