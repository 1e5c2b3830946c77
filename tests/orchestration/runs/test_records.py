"""Runs are read from Dagster's files as Dagster reads them."""

from __future__ import annotations

import shutil
from datetime import UTC
from pathlib import Path

import dagster as dg
import pytest
from support.product import REPO

from orchestration.runs import records
from orchestration.runs.history import newest_failure
from orchestration.runs.job_tags import DATA_DIR_TAG, JOB_NAME
from orchestration.settings import Settings


@dg.op
def opened() -> None:
    pass


@dg.op
def broken() -> None:
    raise ValueError("torn")


@dg.job(name=JOB_NAME)
def nightly() -> None:
    opened()
    broken()


@pytest.mark.parametrize(
    "storage",
    [
        (REPO / "dagster.yaml").read_text(),
        "storage: {sqlite: {base_dir: .dagster/storage}}",
        "storage: {sqlite: {base_dir: {env: RECORDS}}}",
        None,
    ],
    ids=["ours", "sqlite", "elsewhere", "no dagster.yaml"],
)
def test_the_newest_run_of_the_data_directory_and_its_failed_step(
    storage: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    if storage is not None:
        (home / "dagster.yaml").write_text(storage)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("RECORDS", str(home / "records"))
    monkeypatch.chdir(home)
    ours, other, unused = (
        Settings(landing_dir=tmp_path, data_dir=tmp_path / name) for name in ("ours", "other", "unused")
    )
    with dg.DagsterInstance.get() as instance:
        for settings in (other, ours, other):
            tags = {DATA_DIR_TAG: str(settings.data_dir)}
            nightly.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
        (kept,) = instance.get_run_records(dg.RunsFilter(tags={DATA_DIR_TAG: str(ours.data_dir)}))

    found = records.newest_run(ours)
    created_at = kept.create_timestamp.astimezone(UTC)
    assert found == records.RunRecord(kept.dagster_run.run_id, "FAILURE", created_at)
    assert newest_failure(ours) == "step broken"
    assert records.first_failure(ours, found.run_id) == records.Failure("broken", "ValueError: torn")
    assert records.newest_run(unused) is None


def test_records_that_do_not_exist_are_not_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(REPO / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    settings = Settings(landing_dir=tmp_path, data_dir=tmp_path / "data")
    assert records.newest_run(settings) is None
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]
