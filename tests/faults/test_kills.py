"""A run killed anywhere: readers keep a complete version, and one more run recovers.

How a process is killed is in support/fork_server.py.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from faults.awkward_run import AwkwardRun, recover
from support.fault_table import Faults
from support.forked_runs import ForkedRuns

STEPS, CHANGES, RANDOM_CHAINS, IN_A_ROW = 24, 44, 16, 3
KILLED = -9


@pytest.mark.slow
def test_the_run_has_the_steps_and_changes_at_which_it_is_killed(awkward: AwkwardRun) -> None:
    # the tests below kill it at each of them
    assert len(awkward.steps) <= STEPS
    assert len(awkward.changes) <= CHANGES
    assert {"step ... raw", "step ... published__marts", "step ok  published__marts"} < set(awkward.steps)
    changes = [awkward.events[number] for number in awkward.changes]
    assert any(change.startswith("os.rename raw/.tmp-") for change in changes)
    assert any(change.endswith(" published") for change in changes)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(STEPS))
def test_a_run_killed_at_a_step_boundary_recovers(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, number: int, tmp_path: Path
) -> None:
    if number >= len(awkward.steps):
        pytest.skip(f"the run has {len(awkward.steps)} steps")
    with faults.injection("killed at a step boundary"):
        kill_and_recover(runs, awkward, tmp_path / "data", kill_at=awkward.steps[number])


@pytest.mark.slow
@pytest.mark.parametrize("number", range(CHANGES))
def test_a_run_killed_before_a_change_on_disk_recovers(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, number: int, tmp_path: Path
) -> None:
    if number >= len(awkward.changes):
        pytest.skip(f"the run makes {len(awkward.changes)} changes")
    with faults.injection("killed before a change on disk"):
        kill_and_recover(runs, awkward, tmp_path / "data", kill_at=awkward.changes[number])


def kill_and_recover(runs: ForkedRuns, awkward: AwkwardRun, data_dir: Path, *, kill_at: str | int) -> None:
    """Kill the run at one event, check what readers see, and run it again."""
    awkward.copy_before(data_dir)
    run = runs.nightly_run(awkward.landing, data_dir, awkward.as_of, kill_at=kill_at)
    assert run.status == KILLED, run.output
    awkward.assert_serves_one_version(data_dir)
    recover(runs, awkward, data_dir)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(RANDOM_CHAINS))
def test_three_kills_in_a_row_at_random_times_are_recovered(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, seed: int, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    data_dir = awkward.copy_before(tmp_path / "data")
    with faults.injection("killed at a random time, three in a row", IN_A_ROW):
        killed = 0
        while killed < IN_A_ROW:
            # a run that finished before its kill does not count: start over
            after = rng.uniform(0, awkward.seconds)
            run = runs.nightly_run(awkward.landing, data_dir, awkward.as_of, kill_after_seconds=after)
            assert run.status in (KILLED, 0), run.output
            awkward.assert_serves_one_version(data_dir)
            killed += run.status == KILLED
            if run.status == 0:
                shutil.rmtree(data_dir)
                awkward.copy_before(data_dir)
                killed = 0
        recover(runs, awkward, data_dir)


@pytest.mark.slow
def test_kills_at_the_commit_between_layers_and_before_the_swap_are_recovered(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, tmp_path: Path
) -> None:
    """The short set, in a row."""
    data_dir = awkward.copy_before(tmp_path / "data")
    # not the first rename of a batch: that is of a file with a random name
    commit = next(event for event in awkward.events if " raw/batches/" in event)
    swap = next(event for event in awkward.events if event.endswith(" published"))
    for fault, event in (
        ("killed before a change on disk", commit),
        ("killed at a step boundary", "step ... marts"),
        ("killed before a change on disk", swap),
    ):
        with faults.injection(fault):
            run = runs.nightly_run(awkward.landing, data_dir, awkward.as_of, kill_at=event)
            assert run.status == KILLED, run.output
            awkward.assert_serves_one_version(data_dir)
    recover(runs, awkward, data_dir)
