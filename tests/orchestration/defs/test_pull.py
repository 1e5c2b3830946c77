"""Sources in Dagster: an asset for each pull.yml, without secrets, in the nightly run only if asked for."""

from __future__ import annotations

import importlib
import json
import os
import sqlite3
import sys
import traceback
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions import build
from orchestration.defs.pull import pull_assets
from orchestration.defs.resources import RunContext
from orchestration.runs.job_tags import JOB_NAME
from orchestration.settings import Settings

KEY = dg.AssetKey(["pull", "bil-ling"])
PASSWORD = "hunter2"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "landing" / "bil-ling"
    folder.mkdir(parents=True)
    (folder / "pull.yml").write_text("sql: {url: BILLING_DATABASE_URL}\ntables: {charges: {cursor: id}}\n")
    return Settings(landing_dir=tmp_path / "landing", data_dir=tmp_path / "data")


def materialised(settings: Settings, **run: bool) -> tuple[dg.ExecuteInProcessResult, str]:
    """The result of the asset alone, and the text of all its events."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            pull_assets(settings),
            instance=instance,
            resources={"settings": settings, "run": RunContext(data_dir=str(settings.data_dir), **run)},
        )
        events = instance.all_logs(result.run_id)
        return result, json.dumps([dg.serialize_value(event) for event in events]) + str(result.dagster_run)


def test_an_asset_is_described_and_outside_the_nightly_run_unless_asked_for(settings: Settings) -> None:
    for is_nightly in (False, True):
        definitions = build(settings.model_copy(update={"pull": is_nightly}))
        graph = definitions.resolve_asset_graph()
        node = graph.get(KEY)
        assert node.group_name == "pull" and node.owners and node.description and "dlt" in node.kinds
        raw = graph.get(dg.AssetKey(["raw", "generation_events"]))
        assert (KEY in raw.parent_keys) == is_nightly, "raw waits for what is pulled"
        job = definitions.resolve_job_def(JOB_NAME)
        assert (KEY in job.asset_layer.executable_asset_keys) == is_nightly


def test_a_source_that_cannot_be_pulled_fails_its_check_and_not_the_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_DATABASE_URL", f"postgresql+psycopg://kim:{PASSWORD}@127.0.0.1:1/x")
    result, events = materialised(settings)
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed and "bil-ling: the database refused" in (check.description or "")
    assert PASSWORD not in events and "BILLING" not in events


def test_rows_are_counted(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLING_DATABASE_URL", f"sqlite:///{tmp_path}/{PASSWORD}.sqlite")
    with sqlite3.connect(tmp_path / f"{PASSWORD}.sqlite") as connection:
        connection.execute("create table charges (id integer)")
        connection.executemany("insert into charges values (?)", [(i,) for i in range(4)])
    result, events = materialised(settings)
    (event,) = result.asset_materializations_for_node("pull_bil_2d_ling")
    assert event.metadata["dagster/row_count"].value == 4
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
    assert PASSWORD not in events


def test_a_run_that_only_rebuilds_pulls_nothing(settings: Settings) -> None:
    result, _ = materialised(settings, is_loading=False)
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
    assert not settings.pull_dir.exists()


def test_the_definitions_load_without_dlt(settings: Settings) -> None:
    child = os.fork()  # a process of its own, which imports everything again
    if child == 0:
        code = 1
        try:
            for name in [*sys.modules]:
                if name.partition(".")[0] in ("dlt", "orchestration"):
                    del sys.modules[name]
            sys.modules["dlt"] = None  # type: ignore[assignment]
            module = importlib.import_module("orchestration.definitions")
            graph = module.build(settings).resolve_asset_graph()
            code = 0 if KEY in graph.get_all_asset_keys() else 2
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
