"""What Dagster itself keeps of the runs of a data directory, deleted where it mentions erased people.

What else is erased, and when, does not belong here: that is erasing.py.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import serialize_value

from orchestration.runs.job_tags import DATA_DIR_TAG
from orchestration.settings import Settings


def delete_runs(
    instance: dg.DagsterInstance,
    settings: Settings,
    are_mentioned: Callable[[pa.ChunkedArray], pa.ChunkedArray],
    *,
    exclude: str | None = None,
) -> int:
    """Delete the runs of this data directory whose events mention any of the people.

    Args:
        exclude: the run in progress.

    Returns:
        How many were deleted.
    """
    runs = instance.get_runs(dg.RunsFilter(tags={DATA_DIR_TAG: str(settings.data_dir)}))
    mentioning = [
        run.run_id
        for run in runs
        if run.run_id != exclude and pc.any(are_mentioned(_events(instance, run.run_id))).as_py()
    ]
    for run_id in mentioning:
        _delete(instance, run_id)
    # even if none is left: an interrupted call may have deleted them without this
    _shred(instance, mentioning)
    return len(mentioning)


def _events(instance: dg.DagsterInstance, run_id: str) -> pa.ChunkedArray:
    return pa.chunked_array(
        [pa.array([serialize_value(event) for event in instance.all_logs(run_id)], pa.string())]
    )


def _delete(instance: dg.DagsterInstance, run_id: str) -> None:
    instance.delete_run(run_id)
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage) and storage.has_table("asset_check_executions"):
        # deleting a run leaves its check evaluations
        with storage.index_connection() as connection:
            of_run = AssetCheckExecutionsTable.c.run_id == run_id
            connection.execute(AssetCheckExecutionsTable.delete().where(of_run))


def _shred(instance: dg.DagsterInstance, run_ids: list[str]) -> None:
    """Overwrite the pages of deleted rows, which SQLite would keep."""
    storage = instance.event_log_storage
    if not isinstance(storage, SqliteEventLogStorage):
        return
    for shard in [*run_ids, "index"]:
        if not Path(storage.path_for_shard(shard)).exists():
            continue
        with closing(sqlite3.connect(storage.path_for_shard(shard), timeout=60)) as connection:
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")
