"""A night killed anywhere: readers keep a whole version, and one more run makes up for it.

How a process is killed is in night_runs.py.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from faults.awkward_run import AwkwardRun, recover
from support.fault_table import Faults
from support.forked_runs import ForkedRuns

STEPS, CHANGES, RANDOM_CHAINS, IN_A_ROW = 23, 44, 16, 3
KILLED = -9


@pytest.mark.slow
def test_the_night_has_the_steps_and_changes_that_are_disturbed(awkward: AwkwardRun) -> None:
    # every one of them is looked at by the tests below
    assert len(awkward.steps) <= STEPS
    assert len(awkward.changes) <= CHANGES
    assert {"step ... raw", "step ... published__marts", "step ok  published__marts"} < set(awkward.steps)
    changes = [awkward.events[number] for number in awkward.changes]
    assert any(change.startswith("os.rename raw/.tmp-") for change in changes)
    assert any(change.endswith(" published") for change in changes)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(STEPS))
def test_killed_at_a_step_boundary(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, number: int, tmp_path: Path
) -> None:
    if number >= len(awkward.steps):
        pytest.skip(f"the night has {len(awkward.steps)} steps")
    with faults.injection("killed at a step boundary"):
        kill_and_recover(runs, awkward, tmp_path / "data", kill_at=awkward.steps[number])


@pytest.mark.slow
@pytest.mark.parametrize("number", range(CHANGES))
def test_killed_before_a_change_on_the_disk(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, number: int, tmp_path: Path
) -> None:
    if number >= len(awkward.changes):
        pytest.skip(f"the night makes {len(awkward.changes)} changes")
    with faults.injection("killed before a change on the disk"):
        kill_and_recover(runs, awkward, tmp_path / "data", kill_at=awkward.changes[number])


def kill_and_recover(runs: ForkedRuns, awkward: AwkwardRun, data_dir: Path, *, kill_at: str | int) -> None:
    """Kill the night at one event, look at what readers see, and run it again."""
    awkward.copied(data_dir)
    run = runs.nightly_run(awkward.landing, data_dir, awkward.as_of, kill_at=kill_at)
    assert run.status == KILLED, run.output
    awkward.assert_yesterdays_or_todays(data_dir)
    recover(runs, awkward, data_dir)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(RANDOM_CHAINS))
def test_killed_at_random_times_three_in_a_row(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, seed: int, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    data_dir = awkward.copied(tmp_path / "data")
    with faults.injection("killed at a random time, three in a row", IN_A_ROW):
        killed = 0
        while killed < IN_A_ROW:
            # a run that was quicker than its end is none that was killed: the night begins anew
            after = rng.uniform(0, awkward.seconds)
            run = runs.nightly_run(awkward.landing, data_dir, awkward.as_of, kill_after_seconds=after)
            assert run.status in (KILLED, 0), run.output
            awkward.assert_yesterdays_or_todays(data_dir)
            killed += run.status == KILLED
            if run.status == 0:
                shutil.rmtree(data_dir)
                awkward.copied(data_dir)
                killed = 0
        recover(runs, awkward, data_dir)


@pytest.mark.slow
def test_a_few_kills_in_a_row_are_survived(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, tmp_path: Path
) -> None:
    """The short set: while the batch is committed, between two layers, and before the swap."""
    data_dir = awkward.copied(tmp_path / "data")
    commit = next(event for event in awkward.events if event.startswith("os.rename raw/.tmp-"))
    swap = next(event for event in awkward.events if event.endswith(" published"))
    for fault, event in (
        ("killed before a change on the disk", commit),
        ("killed at a step boundary", "step ... marts"),
        ("killed before a change on the disk", swap),
    ):
        with faults.injection(fault):
            run = runs.nightly_run(awkward.landing, data_dir, awkward.as_of, kill_at=event)
            assert run.status == KILLED, run.output
            awkward.assert_yesterdays_or_todays(data_dir)
    recover(runs, awkward, data_dir)
