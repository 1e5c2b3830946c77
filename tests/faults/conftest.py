"""What the fault tests share, made once a process.

What is injected is in the tests.
"""

from __future__ import annotations

import pytest
from faults.awkward_run import AwkwardRun, awkward_run
from support.forked_runs import ForkedRuns


@pytest.fixture(scope="session")
def awkward(runs: ForkedRuns, tmp_path_factory: pytest.TempPathFactory) -> AwkwardRun:
    """A night with something of everything."""
    return awkward_run(runs, tmp_path_factory.mktemp("awkward"))
