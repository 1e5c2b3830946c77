"""What the fault tests share, made once a process.

What is injected is in the tests.
"""

from __future__ import annotations

import pytest
from faults.awkward_run import AwkwardNight, awkward_night
from support.forked_runs import NightRuns


@pytest.fixture(scope="session")
def awkward(runs: NightRuns, tmp_path_factory: pytest.TempPathFactory) -> AwkwardNight:
    """A night with something of everything."""
    return awkward_night(runs, tmp_path_factory.mktemp("awkward"))
