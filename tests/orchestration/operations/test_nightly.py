"""How runs are started and reported from the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.definitions import build
from orchestration.runs.history import LastRun, newest_failure
from orchestration.runs.job_tags import DATA_DIR_TAG, JOB_NAME
from orchestration.settings import Settings


def test_the_job_is_tagged_with_its_data_directory(tmp_path: Path) -> None:
    for name in ("first", "second"):
        settings = Settings(landing_dir=tmp_path, data_dir=tmp_path / name)
        job = build(settings).resolve_job_def(JOB_NAME)
        assert job.tags[DATA_DIR_TAG] == str(settings.data_dir)


@pytest.mark.parametrize(
    ("status", "has_failed"),
    [
        ("success", False),
        ("in progress", False),
        ("failure", True),
        ("interrupted", True),
        ("canceled", True),
    ],
)
def test_a_finished_run_without_success_has_failed(status: str, has_failed: bool) -> None:
    run = LastRun(status, datetime(2026, 4, 8, 2, tzinfo=UTC), "abc")
    assert run.has_failed == has_failed
    assert str(run) == f"{status}, started 2026-04-08 02:00 UTC, run abc"


def test_a_report_works_without_run_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dagster.yaml").write_text("storage: {sqlite: {base_dir: file/storage}}")
    (tmp_path / "file").touch()  # where a folder should be made
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert newest_failure(Settings(landing_dir=tmp_path, data_dir=tmp_path)) is None
