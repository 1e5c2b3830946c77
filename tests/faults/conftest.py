"""What the fault tests share, made once a process.

What is injected is in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faults.awkward_night import AwkwardNight, awkward_night
from faults.night_runs import NightRuns


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NightRuns]:
    """Runs of `credits` that can be killed."""
    server = NightRuns(tmp_path_factory.mktemp("runs"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def awkward(runs: NightRuns, tmp_path_factory: pytest.TempPathFactory) -> AwkwardNight:
    """A night with something of everything."""
    return awkward_night(runs, tmp_path_factory.mktemp("awkward"))
