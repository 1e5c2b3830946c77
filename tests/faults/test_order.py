"""Any permutation, split, merge and replay of a set of deliveries publishes the same rows.

How deliveries are rearranged is in arrangements.py.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from faults.arrangements import Cases, arrange, cases, write_files, write_in_order
from histories.compare import row_differences
from support.fault_table import Faults
from support.forked_runs import ForkedRuns

RUNS, SEED = 3, 5


def published_in_order(runs: ForkedRuns, chosen: Cases, root: Path) -> Path:
    """The published folder after one run with all deliveries in order."""
    for number in range(len(chosen.runs)):
        write_in_order(chosen, number, root / "landing")
    run = runs.nightly_run(root / "landing", root / "data", chosen.as_of)
    assert run.status == 0, run.output
    return root / "data" / "published"


@pytest.mark.slow
@pytest.mark.parametrize(("count", "arrangements"), [(16, 1), (210, 4)])
def test_the_same_deliveries_in_any_order_and_shape_publish_the_same_rows(
    runs: ForkedRuns, faults: Faults, count: int, arrangements: int, tmp_path: Path
) -> None:
    chosen = cases(count, RUNS, SEED)
    assert len(chosen.workspaces) == count
    usual = published_in_order(runs, chosen, tmp_path / "usual")
    for number in range(arrangements):
        rng = random.Random(f"{SEED}/{number}")
        root = tmp_path / f"other-{number}"
        with faults.injection("permuted, split, merged and replayed deliveries", count):
            for files in arrange(chosen, 2 if arrangements == 1 else rng.randint(1, RUNS), rng):
                write_files(files, root / "landing", rng)
                run = runs.nightly_run(root / "landing", root / "data", chosen.as_of)
                assert run.status == 0, run.output
            other, names = root / "data" / "published", ("in order", f"arrangement {number}")
            found = row_differences(usual, other, names=names, workspaces=chosen.workspaces)
            assert found == [], found[:5]
