"""However the classifier was killed, the next run gives the probabilities of a first one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pandas as pd
import pytest
from support.waste_cases import MATURITY_DAYS, sample_cases

from orchestration.defs.resources import RunContext
from orchestration.defs.waste import waste_classifier
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.run_state import RunState, begin

NOW = RunState(batch_id=3, as_of=date(2026, 4, 10), definitions="d")
VARIABLES = {"waste_history_days": 180, "maturity_days": MATURITY_DAYS, "detail_days": 90}
WRITTEN = ("waste.case_days", "waste.probabilities", "waste.pending_waste", "waste.models")
_CASES = """
    select
        * replace (
            cast(usage_date as date) as usage_date, cast(settled_on as date) as settled_on,
            cast(known_on as date) as known_on, cast(opposite_on as date) as opposite_on
        ),
        hash(row_id, quality_score) as case_hash,
        case when known_on is not null then hash(row_id, is_wasted, known_on) end as known_hash,
        case when settled_on is not null then hash(row_id, is_wasted, settled_on) end as settled_hash,
        case when opposite_on is not null then hash(row_id, opposite_on) end as opposite_hash
    from frame
"""


class Killed(RuntimeError):
    pass


class KilledWarehouse(DuckDBWarehouse):
    """Dies instead of writing a table for the time given, counted over all tables."""

    kill_at = -1
    writes = 0

    def replace(self, table: str, frame: pd.DataFrame, *, select: str) -> int:
        if table in WRITTEN:
            self.writes += 1
            if self.writes - 1 == self.kill_at:
                raise Killed
        return super().replace(table, frame, select=select)


def warehouse_of(folder: Path, cases: pd.DataFrame) -> KilledWarehouse:
    folder.mkdir(exist_ok=True)
    warehouse = KilledWarehouse(folder / "warehouse.duckdb")
    for table in ("facts.ml_waste_cases", "facts.int_generations_classified"):
        warehouse.replace(table, cases, select=_CASES)
    begin(warehouse, NOW)
    return warehouse


def classify(warehouse: KilledWarehouse, folder: Path) -> dict[str, list[str]]:
    """What one step leaves, by table."""
    given: dict[str, Any] = {
        "run": RunContext(data_dir=str(folder), as_of=str(NOW.as_of)),
        "settings": SimpleNamespace(models_dir=folder / "models"),
        "lake": SimpleNamespace(),
        "dbt": SimpleNamespace(variables=VARIABLES),
        "warehouse": warehouse,
    }
    list(waste_classifier(dg.build_asset_context(), **given))
    return {
        table: sorted(repr(row) for row in warehouse.fetch(f"select * from {table}")) for table in WRITTEN
    }


@dataclass(frozen=True)
class Steps:
    """A data directory after a step, other cases than that step had, and what a step leaves of them alone."""

    folder: Path
    now: pd.DataFrame
    expected: dict[str, list[str]]


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steps]:
    """All steps of this module are of one run."""
    root = tmp_path_factory.mktemp("steps")
    before = sample_cases(400, 100, seed=1, signal="group")
    now = before.assign(is_wasted=before["is_wasted"].where(before["row_id"] % 3 > 0, ~before["is_wasted"]))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(RunContext, "run_state", lambda *_: NOW)
        patched.setattr(RunContext, "as_of_date", lambda *_: NOW.as_of)
        expected = classify(warehouse_of(root / "fresh", now), root / "fresh")
        classify(warehouse_of(root / "run", before), root / "run")
        yield Steps(root / "run", now, expected)


@pytest.mark.slow
@pytest.mark.parametrize("kill_at", range(5))
def test_a_classifier_killed_at_any_write_is_made_good_by_the_next_run(
    kill_at: int, steps: Steps, tmp_path: Path
) -> None:
    folder = shutil.copytree(steps.folder, tmp_path / "run")
    killed = warehouse_of(folder, steps.now)
    killed.kill_at = kill_at
    with pytest.raises(Killed):
        classify(killed, folder)

    assert classify(warehouse_of(folder, steps.now), folder) == steps.expected
