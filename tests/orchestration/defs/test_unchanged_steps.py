"""A step whose tables the last complete run left as they must be reads and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from orchestration.defs.resources import RunContext
from orchestration.defs.spikes import usage_spikes
from orchestration.defs.suggestions import suggestions
from orchestration.defs.version_changes import version_changes
from orchestration.defs.waste import waste_classifier
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.run_state import RunState, begin, complete, is_of, is_unchanged

NOW = RunState(batch_id=3, as_of=date(2026, 4, 7), definitions="d")
_REGISTRY = pd.DataFrame({"model": ["waste_boosting"], "version": "v", "hash": "", "refused": [None]})


class OnlyReadForItsState(DuckDBWarehouse):
    """Refuses every table but those that say whether anything changed."""

    def query(self, sql: str, **options: Any) -> pd.DataFrame:
        assert "state.runs" in sql or "waste.models" in sql, sql
        return super().query(sql, **options)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DuckDBWarehouse:
    warehouse = OnlyReadForItsState(tmp_path / "warehouse.duckdb")
    warehouse.replace("waste.models", _REGISTRY, select="select * from frame")
    begin(warehouse, NOW)
    complete(warehouse, NOW)
    begin(warehouse, NOW)
    monkeypatch.setattr(RunContext, "run_state", lambda *_: NOW)
    return warehouse


def resources(warehouse: DuckDBWarehouse, tmp_path: Path) -> dict[str, Any]:
    return {
        "run": RunContext(data_dir=str(tmp_path), as_of=str(NOW.as_of)),
        "settings": SimpleNamespace(models_dir=tmp_path / "models"),
        "lake": SimpleNamespace(),
        "warehouse": warehouse,
    }


@pytest.mark.parametrize("step", [version_changes, usage_spikes, suggestions])
def test_a_step_without_anything_new_only_says_so(
    step: Callable[..., dg.MaterializeResult], warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    dbt = {"dbt": SimpleNamespace()} if step is suggestions else {}
    assert step(**resources(warehouse, tmp_path), **dbt).metadata == {"unchanged": True}


def test_the_classifier_without_anything_new_neither_trains_nor_scores(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    given = resources(warehouse, tmp_path) | {"dbt": SimpleNamespace()}
    results = list(waste_classifier(dg.build_asset_context(), **given))
    assert [result.asset_key.path for result in results] == [
        ["waste", "models"],
        ["waste", "probabilities"],
        ["waste", "pending_waste"],
    ]
    assert all(result.metadata == {"unchanged": True} for result in results)


def test_a_changed_model_file_is_looked_at_even_if_nothing_is_new(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    warehouse.replace("waste.models", _REGISTRY.assign(hash="of another"), select="select * from frame")
    given = resources(warehouse, tmp_path) | {"dbt": SimpleNamespace(variables={"waste_history_days": 180})}
    with pytest.raises(AssertionError, match="int_generations_classified"):
        list(waste_classifier(dg.build_asset_context(), **given))
    # if this run ends here, the next one builds everything
    assert not is_of(warehouse, definitions=NOW.definitions, newest_batch=NOW.batch_id)


def test_a_step_of_another_day_on_its_own_is_noticed_by_the_next_run(
    warehouse: DuckDBWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunContext, "run_state", lambda *_: replace(NOW, as_of=date(2026, 4, 8)))
    with pytest.raises(AssertionError):
        usage_spikes(**resources(warehouse, tmp_path))
    assert not is_unchanged(warehouse, NOW)
