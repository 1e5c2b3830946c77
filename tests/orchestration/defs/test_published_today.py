"""When the hourly sensor starts a run, and when it does not."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from orchestration.defs.published_today import MAX_RETRIES, runs_since, served_since, skip_reason
from orchestration.publish.versions.build import serve
from orchestration.runs.job_tags import DATA_DIR_TAG, JOB_NAME
from orchestration.settings import Settings

DUE = datetime(2026, 4, 8, 2, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(landing_dir=tmp_path / "landing", data_dir=tmp_path / "data")


def served(settings: Settings, number: int, *, at: datetime) -> None:
    (settings.data_dir / "versions" / str(number)).mkdir(parents=True, exist_ok=True)
    serve(number, settings.data_dir)
    os.utime(settings.published_dir, (at.timestamp(), at.timestamp()), follow_symlinks=False)


def reason(settings: Settings, instance: dg.DagsterInstance, *, tries: int = 0) -> str | None:
    return skip_reason(settings, instance, due=DUE, tries=tries)


def test_a_missed_run_is_started_and_a_published_one_is_not(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert "nothing has been published yet" in str(reason(settings, instance))
        served(settings, 1, at=DUE - timedelta(hours=24))
        assert reason(settings, instance) is None
        served(settings, 2, at=DUE + timedelta(minutes=5))
        assert "was published 2026-04-08 02:05 UTC" in str(reason(settings, instance))


def test_a_version_built_but_never_served_does_not_count_as_published(settings: Settings) -> None:
    served(settings, 1, at=DUE - timedelta(hours=24))
    (settings.data_dir / "versions" / "2").mkdir()
    with dg.DagsterInstance.ephemeral() as instance:
        assert reason(settings, instance) is None


def test_a_rollback_stays_until_the_next_scheduled_run(settings: Settings) -> None:
    served(settings, 2, at=DUE + timedelta(minutes=5))
    served(settings, 1, at=DUE + timedelta(hours=1))
    with dg.DagsterInstance.ephemeral() as instance:
        assert reason(settings, instance) is not None
        assert served_since(settings) == DUE + timedelta(hours=1)
        assert skip_reason(settings, instance, due=DUE + timedelta(days=1), tries=0) is None


def test_no_run_is_started_while_one_is_active_or_after_three_failed(settings: Settings) -> None:
    served(settings, 1, at=DUE - timedelta(hours=24))
    with dg.DagsterInstance.ephemeral() as instance:
        assert f"{MAX_RETRIES} runs since" in str(reason(settings, instance, tries=MAX_RETRIES))
        tags = {DATA_DIR_TAG: str(settings.data_dir)}
        assert runs_since(instance, settings, DUE) == 0
        instance.add_run(
            dg.DagsterRun(job_name=JOB_NAME, run_id="r", tags=tags, status=dg.DagsterRunStatus.STARTED)
        )
        assert runs_since(instance, settings, DUE) == 1
        assert reason(settings, instance) == "a run is in progress or queued"


def test_a_run_that_found_nothing_new_is_not_started_again(settings: Settings) -> None:
    served(settings, 1, at=DUE - timedelta(hours=24))
    with dg.DagsterInstance.ephemeral() as instance:
        tags = {DATA_DIR_TAG: str(settings.data_dir)}
        instance.add_run(
            dg.DagsterRun(job_name=JOB_NAME, run_id="r", tags=tags, status=dg.DagsterRunStatus.SUCCESS)
        )
        assert "nothing new" in str(reason(settings, instance, tries=1))
