"""What a run may replace: nothing much older, and no version with workspaces by one without."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.defs.resources import RunContext, ShrinkRefused
from orchestration.warehouse.run_state import RunState

SERVED = RunState(1, date(2026, 4, 7), "d")


@pytest.mark.parametrize("as_of", [date(2026, 3, 3), date(2026, 4, 7), date(2030, 1, 1)])
def test_a_run_may_go_back_35_days(as_of: date) -> None:
    RunContext(data_dir="d").refuse_older(as_of, SERVED)


def test_a_run_that_goes_further_back_needs_a_word() -> None:
    as_of = date(2026, 3, 2)
    with pytest.raises(ShrinkRefused, match=r"2026-03-02, and 2026-04-07 is served.*--allow-shrink"):
        RunContext(data_dir="d").refuse_older(as_of, SERVED)
    RunContext(data_dir="d", allow_shrink=True).refuse_older(as_of, SERVED)
    RunContext(data_dir="d").refuse_older(as_of, None)


def test_a_version_without_a_workspace_needs_a_word_if_the_served_one_has_some() -> None:
    with pytest.raises(ShrinkRefused, match="no workspace, and the served one has 3"):
        RunContext(data_dir="d").refuse_empty(0, 3)
    RunContext(data_dir="d", allow_shrink=True).refuse_empty(0, 3)
    RunContext(data_dir="d").refuse_empty(0, 0)
    RunContext(data_dir="d").refuse_empty(1, 3)
