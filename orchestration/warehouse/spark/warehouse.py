"""The working warehouse on Apache Spark, asked through its Thrift server: how tables are read and replaced.

Rows go in and out as Parquet files under one folder that the cluster and this process both reach. What the
tables mean does not belong here: that is dbt_project/ and forecasting/.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.warehouse.duckdb import BATCH_ROWS, DERIVED_ROWS, SERVED_COLUMNS, exact_dtype
from orchestration.warehouse.protocol import WarehouseError
from orchestration.warehouse.spark.cluster_files import ClusterFiles, relation
from orchestration.warehouse.spark.dialect import spark_sql
from orchestration.warehouse.spark.thrift_server import ThriftServer

SCHEMAS = (
    *("state", "raw", "lake", "privacy", "journal", "served"),
    *("staging", "dimensions", "facts", "forecast", "waste", "marts"),
)
_MARKER = "building"
_HERE = "what_is_read"  # stands for a relation that only Spark can read


class SparkWarehouse:
    """Databases of one prefix on a cluster.

    Args:
        url: of the Thrift server.
        prefix: of the names of its databases, so that one cluster can have several warehouses.
        folder: on this machine, where tables and exchanged rows are unless `files` says so.
        files: the folder for tables and exchanged rows as a URI that the cluster reads, such as s3a://bucket/x;
            `folder` if empty, which the machines of the cluster must then see under the same path.
        manifest: where dbt's is, which has the comments of the marts.
    """

    def __init__(
        self, url: str, *, prefix: str, folder: Path, files: str = "", manifest: Callable[[], Path]
    ) -> None:
        self.prefix = prefix
        self._execute = ThriftServer.from_url(url).execute
        self._folder = folder
        # a folder of its own: what belongs to another warehouse is never removed with this one
        uri = f"{files.rstrip('/') or f'file://{folder}'}/{prefix}"
        self._files = ClusterFiles(uri, folder=folder, is_shared=not files)
        self._manifest = manifest
        self._has_databases = False

    def query(self, sql: str, *, frames: Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
        """The rows of a query, as `Warehouse.query` says."""
        return self.query_arrow(sql, frames=frames).to_pandas(types_mapper=exact_dtype, date_as_object=False)

    def query_arrow(self, sql: str, *, frames: Mapping[str, pd.DataFrame] | None = None) -> pa.Table:
        """The rows of a query as an Arrow table: the cluster writes them to files, which are read here."""
        asked = f"exchange/{uuid4().hex}"
        statements = []
        try:
            for number, (name, frame) in enumerate((frames or {}).items()):
                given = f"{asked}/{number}.parquet"
                self._files.write(pa.Table.from_pandas(frame, preserve_index=False), given)
                statements.append(
                    f"create or replace temporary view {name} using parquet "
                    f"options (path {_text(f'{self._files.uri}/{given}')})"
                )
            answer = f"{asked}/answer"
            into = f"insert overwrite directory {_text(f'{self._files.uri}/{answer}')} using parquet"
            self._execute(*statements, f"{into} {self._translated(sql)}")
            return self._files.read(answer)
        finally:
            self._files.delete(asked)

    def query_parts(self, sql: str) -> Iterator[pa.Table]:
        """The rows of a query as one Arrow table: its files are gone when it was read."""
        yield self.query_arrow(sql)

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query as tuples."""
        return [tuple(row.values()) for row in self.query_arrow(sql).to_pylist()]

    def replace(self, table: str, frame: pd.DataFrame, *, select: str) -> int:
        """Replace a table by `select` over the frame: a new file, and a view that changes at once."""
        with closing(duckdb.connect()) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.register("frame", frame)
            rows = connection.sql(select).to_arrow_table()
        self._make_databases()
        folder, name = f"python/{table}", f"{uuid4().hex}.parquet"
        self._files.write(rows, f"{folder}/{name}")
        self._define(table, f"select * from {relation(f'{self._files.uri}/{folder}/{name}')}")
        for other in self._files.names(folder):
            if other != name:
                self._files.delete(f"{folder}/{other}")
        return int(rows.num_rows)

    def row_counts(self, tables: Sequence[str]) -> dict[str, int]:
        """Rows of each of the given schema.table."""
        if not tables:
            return {}
        counted = " union all ".join(
            f"select '{table}' as name, count(*) as found from {table}" for table in tables
        )
        return {name: int(found) for name, found in self._execute(self._translated(counted))}

    def table_sizes(self) -> dict[str, int]:
        """Bytes of the files of each table that a model makes: counting rows would take a job for each."""
        return {name.replace("/", ".", 1): size for name, size in self._files.folder_bytes("tables").items()}

    def has_table(self, table: str) -> bool:
        """Whether the schema.table or view exists."""
        schema, name = table.split(".")
        if (self.prefix + schema,) not in self._execute(f"show databases like '{self.prefix}{schema}'"):
            return False
        return bool(self._execute(f"show tables in {self.prefix}{schema} like '{name}'"))

    def remove(self) -> None:
        """Delete the working warehouse; it is rebuilt from the lake."""
        self._refuse_others()
        self._files.touch(_MARKER)  # a warehouse removed in part is incomplete
        self._execute(*(f"drop database if exists {self.prefix}{schema} cascade" for schema in SCHEMAS))
        self._has_databases = False
        for folder in ("python", "tables", "exchange"):
            self._files.delete(folder)
        self._files.delete_copies()
        self._files.delete("")  # the mark is last

    def set_aside_if_torn(self) -> str | None:
        """Remove a warehouse whose models were being changed when a run was killed or failed.

        Partitions of Parquet are replaced one after the other: an interruption leaves a table of
        unknown content. Rows exchanged by an interrupted run are removed, too.
        """
        self._refuse_others()
        self._files.delete("exchange")
        if self._files.exists(_MARKER):
            self.remove()
            return "was left in the middle of a build; it is removed"
        try:
            if self.has_table("state.runs"):
                self.query("select * from state.runs")
        except WarehouseError:
            self.remove()
            return "could not be read; it is removed"
        return None

    @contextmanager
    def building(self) -> Iterator[None]:
        """The block in which models are changed; its marker file stays if the block fails."""
        self._files.touch(_MARKER)
        yield
        self._files.delete(_MARKER)

    def keep_open(self) -> None:
        """The server keeps its session anyway."""

    def close(self) -> None:
        """There is nothing to close."""

    def define(self, view: str, sql: str) -> None:
        """Create or replace a view."""
        self._make_databases()
        self._define(view, self._translated(sql))

    def expose(self, views: Mapping[str, Sequence[Path]], *, columns: str = "*") -> None:
        """Make each schema.table a view over its Parquet files."""
        self._make_databases()
        for table, files in views.items():
            self._define_over(table, columns, self._files.over(files))

    def expose_lake(
        self, tables: Mapping[str, Sequence[Path]], *, derived: Mapping[str, Sequence[Path]] | None = None
    ) -> None:
        """Make each schema.table a view over the files of a lake table, with `row_id`."""
        self._make_databases()
        for table, files in tables.items():
            row_id = f"batch_id * {BATCH_ROWS} + _metadata.row_index"
            added = (derived or {}).get(table)
            if not added:
                self._define(table, f"select *, {row_id} as row_id from {self._files.over(files)}")
                continue
            # rows of both are matched by position: columns are named, in one order
            names = ", ".join(f"`{name}`" for name in pq.read_schema(added[-1]).names)
            row_ids = [(row_id, files), (f"{row_id} + {DERIVED_ROWS}", added)]
            parts = [
                f"select {names}, {number} as row_id from {self._files.over(each)}"
                for number, each in row_ids
            ]
            self._define(table, " union all ".join(parts))

    def expose_served(self, files: Mapping[str, Path]) -> None:
        """Make each served.<table> a view over its file of the published version, or an empty one without."""
        self._make_databases()
        for table, kinds in SERVED_COLUMNS.items():
            source = f"(select {', '.join(f'null as {name}' for name in kinds)} where false)"
            if table in files:
                source = self._files.over([files[table]])
            columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in kinds.items())
            self._define_over(f"served.{table}", columns, source)

    @contextmanager
    def marts_file(self, marts: Sequence[str]) -> Iterator[Path]:
        """The marts brought here, in a DuckDB file of their own that is gone when the block ends."""
        described = self._described(marts)
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / "brought.duckdb"
        file.unlink(missing_ok=True)
        try:
            with closing(duckdb.connect(str(file))) as connection:
                connection.execute("set TimeZone = 'UTC'; create schema marts")
                for mart in marts:
                    rows = self.query_arrow(f"select * from marts.{mart}")
                    connection.register("rows", rows)
                    connection.execute(f"create table marts.{mart} as select * from rows")
                    connection.unregister("rows")
                    for column, comment in described[mart].items():
                        target = f"column marts.{mart}.{column}" if column else f"table marts.{mart}"
                        quoted = comment.replace("'", "''")
                        connection.execute(f"comment on {target} is '{quoted}'")
            yield file
        finally:
            file.unlink(missing_ok=True)

    def _described(self, marts: Sequence[str]) -> dict[str, dict[str, str]]:
        """The descriptions of the marts and of their columns; that of the mart under an empty name."""
        nodes = json.loads(self._manifest().read_text(encoding="utf-8"))["nodes"].values()
        return {
            node["name"]: {"": node["description"]}
            | {name: column["description"] for name, column in node["columns"].items()}
            for node in nodes
            if node["resource_type"] == "model" and node["name"] in marts
        }

    def _translated(self, sql: str) -> str:
        return spark_sql(sql, schemas=SCHEMAS, prefix=self.prefix)

    def _define(self, view: str, sql: str) -> None:
        self._execute(f"create or replace view {self.prefix}{view} as {sql}")

    def _define_over(self, view: str, columns: str, source: str) -> None:
        """Columns in DuckDB's SQL of a relation in Spark's."""
        self._define(view, self._translated(f"select {columns} from {_HERE}").replace(_HERE, source))

    def _make_databases(self) -> None:
        if not self._has_databases:
            self._refuse_others()
            owner, tables = _text(str(self._folder)), f"{self._files.uri}/tables"
            self._execute(
                *(
                    f"create database if not exists {self.prefix}{schema} "
                    f"comment {owner} location {_text(f'{tables}/{schema}')}"
                    for schema in SCHEMAS
                )
            )
            self._has_databases = True

    def _refuse_others(self) -> None:
        """Raise if the databases of this prefix are another warehouse's: their comment is its folder."""
        name = f"{self.prefix}{SCHEMAS[0]}"
        if (name,) not in self._execute(f"show databases like '{name}'"):
            return
        described = {str(key).lower(): value for key, value in self._execute(f"describe database {name}")}
        if described.get("comment") != str(self._folder):
            raise WarehouseError(
                f"one data directory for each CREDITS_SPARK_PREFIX; the databases {self.prefix}… are of "
                f"{described.get('comment')}, not of {self._folder}. Choose another prefix, or drop them."
            )


def _text(value: str) -> str:
    """A text in Spark's SQL."""
    escaped = value.replace("\\", r"\\").replace("'", r"\'")
    return f"'{escaped}'"
