"""The event log with open connections keeps what Dagster's own storage reads, in its files."""

import shutil
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from support.product import REPO

from orchestration.runs.event_storage import OpenEventLogStorage


@pytest.mark.parametrize("batch_size", ["0", "1000"])
def test_events_are_read_by_the_storage_of_dagster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_size: str
) -> None:
    @dg.asset(check_specs=[dg.AssetCheckSpec("positive", asset="thing")])
    def thing() -> dg.MaterializeResult:
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])

    shutil.copy(REPO / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", batch_size)
    monkeypatch.chdir(tmp_path)
    job = dg.Definitions(assets=[thing], jobs=[dg.define_asset_job("all")]).resolve_job_def("all")
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, OpenEventLogStorage)
        run = job.execute_in_process(instance=instance)
        kept = [str(event.dagster_event_type) for event in instance.all_logs(run.run_id)]
    plain = SqliteEventLogStorage(str(tmp_path / ".dagster" / "storage" / "history" / "runs"))
    assert [str(event.dagster_event_type) for event in plain.get_logs_for_run(run.run_id)] == kept
    planned = {"ASSET_MATERIALIZATION_PLANNED", "ASSET_CHECK_EVALUATION_PLANNED"}
    assert planned | {"ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", "RUN_SUCCESS"} <= {
        name.rpartition(".")[2] for name in kept
    }
    assert plain.get_latest_materialization_events([dg.AssetKey("thing")])[dg.AssetKey("thing")]


def test_what_a_run_has_stored_of_an_asset_is_what_dagster_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dg.multi_asset(specs=[dg.AssetSpec("first"), dg.AssetSpec("second", deps=["first"])])
    def things():  # type: ignore[no-untyped-def]
        yield dg.MaterializeResult(asset_key="first", metadata={"rows": 1})
        yield dg.MaterializeResult(asset_key="second")

    shutil.copy(REPO / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    keys = [dg.AssetKey("first"), dg.AssetKey("second")]
    with dg.DagsterInstance.get() as instance:
        for _ in range(2):
            dg.materialize([things], instance=instance)
            plain = SqliteEventLogStorage(str(tmp_path / ".dagster" / "storage" / "history" / "runs"))
            for key in keys:
                (ours,), (theirs,) = instance.get_asset_records([key]), plain.get_asset_records([key])
                assert ours.storage_id == theirs.storage_id
                ours_last = ours.asset_entry.last_materialization_record
                assert ours_last == theirs.asset_entry.last_materialization_record
                assert ours.asset_entry.last_run_id == theirs.asset_entry.last_run_id
    pointer = ours.asset_entry.last_materialization.asset_materialization.tags
    assert "dagster/input_event_pointer/first" in pointer
