"""The run that the fault tests share, done once a process.

The tests inject the faults.
"""

from __future__ import annotations

import pytest
from faults.awkward_run import AwkwardRun, awkward_run
from support.forked_runs import ForkedRuns


@pytest.fixture(scope="session")
def awkward(runs: ForkedRuns, tmp_path_factory: pytest.TempPathFactory) -> AwkwardRun:
    """A nightly run with every kind of delivery."""
    return awkward_run(runs, tmp_path_factory.mktemp("awkward"))
