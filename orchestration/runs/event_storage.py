"""Dagster's records in SQLite, with connections that stay open: dagster.yaml names this class.

A run of a small team stores some 800 events. Dagster opens a new engine and connection for each of the
several statements of each of them, reads the columns of a table before it writes a row, and reads each
materialization back that it has just stored, which costs a fifth of the CPU time of such a run. What is
stored, and in which files, is Dagster's own; another dagster.yaml may name its own storage instead.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Self

import dagster as dg
from dagster._core.storage.event_log.base import AssetEntry, AssetRecord
from dagster._core.storage.event_log.schema import AssetKeyTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SQLITE_BUSY_TIMEOUT_SECONDS,
    SqliteEventLogStorage,
)
from dagster._core.storage.sqlite_storage import (
    DagsterSqliteStorage,
    _event_logs_directory,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.pool import NullPool, StaticPool

from orchestration.runs.ui_guard import guard_this_webserver

# the webserver loads this module by its dagster.yaml, and nothing else of ours
guard_this_webserver()


class OpenEventLogStorage(SqliteEventLogStorage):
    """The event log with one open connection to the index and one to the newest run; one thread at a time."""

    def __init__(self, base_dir: str) -> None:
        self._engines: dict[str, Engine] = {}
        self._batch = threading.local()
        self._tables: set[str] = set()
        self._columns: set[str] = set()
        self._row_ids: dict[str, int] = {}
        self._stored: dict[dg.AssetKey, dg.EventLogRecord] = {}
        super().__init__(base_dir)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A transaction of its own, or the one of the batch that is being stored."""
        if shard in (connections := getattr(self._batch, "connections", {})):
            yield connections[shard]
            return
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Store the events of a run in one transaction for each file."""
        run_id = events[0].run_id
        with (
            self._db_lock,
            self._engine(run_id).begin() as of_run,
            self._engine(INDEX_SHARD_NAME).begin() as of_index,
        ):
            self._batch.connections = {run_id: of_run, INDEX_SHARD_NAME: of_index}
            try:
                for one in events:
                    self.store_event(one)
            finally:
                self._batch.connections = {}

    def dispose(self) -> None:
        """Close the connections."""
        for shard in list(self._engines):
            self._engines.pop(shard).dispose()
        super().dispose()

    def has_table(self, table_name: str) -> bool:
        """Whether the index has the table; one that it has stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def has_asset_key_col(self, column_name: str) -> bool:
        """Whether the table of assets has the column; one that it has stays."""
        return column_name in self._columns or super().has_asset_key_col(column_name)

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        if column_name not in self._columns and super()._has_asset_key_col_on_connection(conn, column_name):
            self._columns.add(column_name)
        return column_name in self._columns

    def _store_asset_event(self, conn: Connection, event: dg.EventLogEntry, event_id: int) -> None:
        """Store it, and keep the materializations of the run that is being stored: its steps read them."""
        super()._store_asset_event(conn, event, event_id)
        if any(record.run_id != event.run_id for record in islice(self._stored.values(), 1)):
            self._stored.clear()
        if event.dagster_event and event.dagster_event.is_step_materialization:
            self._stored[event.dagster_event.step_materialization_data.materialization.asset_key] = (
                dg.EventLogRecord(storage_id=event_id, event_log_entry=event)
            )

    def get_asset_records(self, asset_keys: Sequence[dg.AssetKey] | None = None) -> Sequence[AssetRecord]:
        """The assets; of those that this process has just materialized, what it has stored."""
        if not asset_keys or any(key not in self._stored for key in asset_keys):
            return super().get_asset_records(asset_keys)
        if any(key.to_string() not in self._row_ids for key in asset_keys):
            with self.index_connection() as connection:
                rows = connection.execute(select(AssetKeyTable.c.asset_key, AssetKeyTable.c.id))
                self._row_ids = {str(row[0]): int(row[1]) for row in rows}
        return [
            AssetRecord(
                storage_id=self._row_ids[key.to_string()],
                asset_entry=AssetEntry(
                    asset_key=key,
                    last_materialization_record=self._stored[key],
                    last_run_id=self._stored[key].run_id,
                ),
            )
            for key in asset_keys
        ]

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            for other in (
                self._engines.keys() - {shard, INDEX_SHARD_NAME} if shard != INDEX_SHARD_NAME else ()
            ):
                self._engines.pop(other).dispose()
            if shard not in self._initialized_dbs:
                self._initdb(create_engine(self.conn_string_for_shard(shard), poolclass=NullPool))
                self._initialized_dbs.add(shard)
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            # with a write-ahead log this can lose the newest events in a power failure, and damages nothing
            event.listen(engine, "connect", lambda opened, _: opened.execute("pragma synchronous = normal"))
            self._engines[shard] = engine
        return self._engines[shard]


class OpenSqliteStorage(DagsterSqliteStorage):
    """All of Dagster's records as `storage: sqlite` keeps them, the event log with open connections.

    Args:
        base_dir: the folder of the databases.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage.dispose()
        self._event_log_storage = OpenEventLogStorage(_event_logs_directory(base_dir))

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """As dagster.yaml has it."""
        return cls.from_local(config_value["base_dir"], inst_data=inst_data)
