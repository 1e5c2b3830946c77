"""The working warehouse on Apache Spark, asked through its Thrift server: how tables are read and replaced.

Rows go in and out as Parquet files under one folder that the cluster and this process both reach. What the
tables mean does not belong here: that is dbt_project/ and forecasting/.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from orchestration.warehouse.duckdb_warehouse import SERVED_COLUMNS, exact_dtype
from orchestration.warehouse.interface import WarehouseError
from orchestration.warehouse.spark_sql import spark_sql

SCHEMAS = (
    *("state", "raw", "lake", "privacy", "journal", "served"),
    *("staging", "dimensions", "facts", "forecast", "waste", "marts"),
)
# without these the engines disagree; dbt's session has the same, see dbt_project/profiles.yml
SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.parquet.mergeSchema": "true",
}
_LONGEST_ERROR = 2_000
_LAKE = "copied"  # of what lies on this machine, under its paths here
_HERE = "what_is_read"  # stands for a relation that only Spark can read


@dataclass(frozen=True)
class ThriftServer:
    """Where the Thrift server is, and as whom it is asked.

    Attributes:
        host, port: its address.
        user, password: of the account; the password is for auth LDAP or CUSTOM.
        auth: NONE, NOSASL, LDAP, CUSTOM or KERBEROS.
        kerberos_service: the service's name, where auth is KERBEROS.
    """

    host: str
    port: int
    user: str | None
    password: str | None
    auth: str
    kerberos_service: str | None

    @classmethod
    def of(cls, url: str) -> ThriftServer:
        """That of an address such as thrift://user@host:10000?auth=NONE."""
        parts = urlsplit(url)
        options = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return cls(
            parts.hostname or "localhost",
            parts.port or 10000,
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            options.get("auth", "NONE").upper(),
            options.get("kerberos_service"),
        )


class SparkWarehouse:
    """Databases of one prefix on a cluster.

    Args:
        url: of the Thrift server.
        prefix: of the names of its databases, so that one cluster can have several warehouses.
        folder: on this machine, for what tells that a build did not end; also where rows are exchanged,
            unless `files` says so.
        files: the folder for tables and exchanged rows as a URI that the cluster reads, such as s3a://bucket/x;
            `folder` if empty, which the machines of the cluster must then see under the same path.
        manifest: dbt's, which has the comments of the marts.
    """

    def __init__(self, url: str, *, prefix: str, folder: Path, files: str = "", manifest: Path) -> None:
        self.prefix = prefix
        self._server = ThriftServer.of(url)
        self._folder = folder
        # a folder of its own: what belongs to another warehouse is never removed with this one
        self._uri = f"{files.rstrip('/') or folder.as_uri()}/{prefix.rstrip('_')}"
        # Spark's name of the scheme is not Arrow's
        self._files, self._root = fs.FileSystem.from_uri(self._uri.replace("s3a://", "s3://", 1))
        self._manifest = manifest
        self._is_local = not files
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
                self._write(pa.Table.from_pandas(frame, preserve_index=False), given)
                statements.append(
                    f"create or replace temporary view {name} using parquet "
                    f"options (path '{self._uri}/{given}')"
                )
            answer = f"{asked}/answer"
            statements.append(
                f"insert overwrite directory '{self._uri}/{answer}' using parquet {self._translated(sql)}"
            )
            self._execute(*statements)
            return self._read(answer)
        finally:
            self._delete(asked)

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
        self._write(rows, f"{folder}/{name}")
        self._define(table, f"select * from {_parquet(f'{self._uri}/{folder}/{name}')}")
        for file in self._files.get_file_info(fs.FileSelector(f"{self._root}/{folder}")):
            if file.base_name != name:
                self._files.delete_file(file.path)
        return int(rows.num_rows)

    def row_counts(self, tables: Sequence[str]) -> dict[str, int]:
        """Rows of each of the given schema.table."""
        if not tables:
            return {}
        counted = " union all ".join(
            f"select '{table}' as name, count(*) as found from {table}" for table in tables
        )
        return {name: int(found) for name, found in self._execute(self._translated(counted))}

    def has_table(self, table: str) -> bool:
        """Whether the schema.table or view exists."""
        schema, name = table.split(".")
        if (self.prefix + schema,) not in self._execute(f"show databases like '{self.prefix}{schema}'"):
            return False
        return bool(self._execute(f"show tables in {self.prefix}{schema} like '{name}'"))

    def remove(self) -> None:
        """Forget the working warehouse; it is rebuilt from the lake."""
        self._refuse_others()
        self._execute(*(f"drop database if exists {self.prefix}{schema} cascade" for schema in SCHEMAS))
        self._has_databases = False
        for folder in ("python", "tables", "exchange", _LAKE):
            self._delete(folder)
        self._record.unlink(missing_ok=True)

    def set_aside_if_torn(self) -> str | None:
        """Remove a warehouse whose models were being changed when a run was killed or failed.

        Partitions of Parquet are replaced one after the other: who is killed in between leaves a table of
        which nobody knows what it has. What a killed run was asking is removed, too.
        """
        self._delete("exchange")
        if self._marker.exists():
            self.remove()
            self._marker.unlink()
            return "was left in the middle of a build; it is removed"
        try:
            if self.has_table("state.runs"):
                self.query("select * from state.runs")
        except WarehouseError:
            self.remove()
            return "could not be read; it is removed"
        return None

    @property
    def _marker(self) -> Path:
        return self._folder / "building"

    @property
    def _record(self) -> Path:
        """What was copied for the cluster, as it was then."""
        return self._folder / "brought.json"

    @contextmanager
    def building(self) -> Iterator[None]:
        """Models are changed within; what tells so stays if that does not end well."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._marker.touch()
        yield
        self._marker.unlink()

    def define(self, view: str, sql: str) -> None:
        """Make or replace a view."""
        self._make_databases()
        self._define(view, self._translated(sql))

    def expose(self, views: Mapping[str, Sequence[Path]], *, columns: str = "*") -> None:
        """Make each schema.table a view over its Parquet files."""
        self._make_databases()
        for table, files in views.items():
            self._define(
                table, self._translated(f"select {columns} from {_HERE}").replace(_HERE, self._over(files))
            )

    def expose_lake(self, tables: Mapping[str, Sequence[Path]]) -> None:
        """Make each schema.table a view over the files of a lake table, with `row_id`."""
        self._make_databases()
        for table, files in tables.items():
            row_id = "batch_id * 1000000000000 + _metadata.row_index"
            self._define(table, f"select *, {row_id} as row_id from {self._over(files)}")

    def expose_served(self, files: Mapping[str, Path]) -> None:
        """Make each served.<table> a view over its file of the published version, or an empty one without."""
        self._make_databases()
        for table, kinds in SERVED_COLUMNS.items():
            source = f"(select {', '.join(f'null as {name}' for name in kinds)} where false)"
            if table in files:
                source = self._over([files[table]])
            columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in kinds.items())
            chosen = self._translated(f"select {columns} from {_HERE}").replace(_HERE, source)
            self._define(f"served.{table}", chosen)

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
        nodes = json.loads(self._manifest.read_text(encoding="utf-8"))["nodes"].values()
        return {
            node["name"]: {"": node["description"]}
            | {name: column["description"] for name, column in node["columns"].items()}
            for node in nodes
            if node["resource_type"] == "model" and node["name"] in marts
        }

    def _over(self, files: Sequence[Path]) -> str:
        """A relation over files of one folder, or of one name in several folders of one folder."""
        self._bring(files)
        folders, names = sorted({file.parent for file in files}), {file.name for file in files}
        if len(folders) == 1:
            path = f"{folders[0]}/{_any_of(names)}"
        else:
            path = f"{folders[0].parent}/{_any_of({folder.name for folder in folders})}/{_any_of(names)}"
        return _parquet(f"file://{path}" if self._is_local else f"{self._uri}/{_LAKE}{path}")

    def _bring(self, files: Iterable[Path]) -> None:
        """Copy what is new or changed to where the cluster reads it, if it does not read it here."""
        if self._is_local:
            return
        known = json.loads(self._record.read_text()) if self._record.exists() else {}
        for gone in [name for name in known if not Path(name).exists()]:
            copy = f"{self._root}/{_LAKE}{gone}"
            if self._files.get_file_info(copy).type != fs.FileType.NotFound:
                self._files.delete_file(copy)
            del known[gone]
        for file in files:
            stamp, target = [file.stat().st_size, file.stat().st_mtime_ns], f"{self._root}/{_LAKE}{file}"
            if known.get(str(file)) != stamp:
                self._files.create_dir(target.rpartition("/")[0], recursive=True)
                fs.copy_files(
                    str(file),
                    target,
                    source_filesystem=fs.LocalFileSystem(),
                    destination_filesystem=self._files,
                )
                known[str(file)] = stamp
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = self._record.with_suffix(".tmp")
        beside.write_text(json.dumps(known))
        beside.replace(self._record)

    def _translated(self, sql: str) -> str:
        return spark_sql(sql, schemas=SCHEMAS, prefix=self.prefix)

    def _define(self, view: str, sql: str) -> None:
        self._execute(f"create or replace view {self.prefix}{view} as {sql}")

    def _make_databases(self) -> None:
        if not self._has_databases:
            self._refuse_others()
            self._execute(
                *(
                    f"create database if not exists {self.prefix}{schema} "
                    f"comment '{self._folder}' location '{self._uri}/tables/{schema}'"
                    for schema in SCHEMAS
                )
            )
            self._has_databases = True

    def _refuse_others(self) -> None:
        """Raise if the databases of this prefix are another warehouse's: their comment is its folder."""
        name = f"{self.prefix}{SCHEMAS[0]}"
        if (name,) not in self._execute(f"show databases like '{name}'"):
            return
        told = {str(key).lower(): value for key, value in self._execute(f"describe database {name}")}
        if told.get("comment") != str(self._folder):
            raise WarehouseError(
                f"one data directory for each CREDITS_SPARK_PREFIX; the databases {self.prefix}… are of "
                f"{told.get('comment')}, not of {self._folder}. Choose another prefix, or drop them."
            )

    def _execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Runs statements in one session and returns the rows of the last."""
        from pyhive import exc, hive
        from thrift.Thrift import TException

        logging.getLogger("thrift").setLevel(logging.CRITICAL)  # what it would say is in the error
        server = self._server
        try:
            connection = hive.connect(
                host=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                auth=server.auth,
                kerberos_service_name=server.kerberos_service,
                configuration={f"set:hiveconf:{name}": value for name, value in SESSION.items()},
            )
        except (TException, OSError) as error:
            raise WarehouseError(
                f"the Thrift server of Spark must answer; {server.host}:{server.port} does not ({error}). "
                "Start it, or correct CREDITS_SPARK_URL."
            ) from None  # who tells of a failed step tells the first cause
        rows: list[tuple[Any, ...]] = []
        with closing(connection), closing(connection.cursor()) as cursor:
            for statement in statements:
                try:
                    cursor.execute(statement)
                    rows = cursor.fetchall() if cursor.description else []
                except (exc.Error, TException, OSError) as error:
                    raise WarehouseError(_said(error)) from None
        return [tuple(row) for row in rows]

    def _write(self, rows: pa.Table, path: str) -> None:
        parent = f"{self._root}/{path}".rpartition("/")[0]
        self._files.create_dir(parent, recursive=True)
        pq.write_table(_in_utc(rows), f"{self._root}/{path}", filesystem=self._files)

    def _read(self, path: str) -> pa.Table:
        selected = self._files.get_file_info(fs.FileSelector(f"{self._root}/{path}"))
        parts = sorted(file.path for file in selected if file.base_name.startswith("part-"))
        tables = [pq.read_table(part, filesystem=self._files) for part in parts]
        return _without_zone(pa.concat_tables(tables))

    def _delete(self, path: str) -> None:
        if self._files.get_file_info(f"{self._root}/{path}").type != fs.FileType.NotFound:
            self._files.delete_dir(f"{self._root}/{path}")


def _parquet(uri: str) -> str:
    return f"parquet.`{uri.replace('`', '``')}`"


def _any_of(names: set[str]) -> str:
    """What matches these names and no other."""
    return next(iter(names)) if len(names) == 1 else "{" + ",".join(sorted(names)) + "}"


def _in_utc(rows: pa.Table) -> pa.Table:
    """Instants without zone as instants in UTC, which Spark reads as its TIMESTAMP."""
    return _retyped(rows, lambda kind: pa.timestamp("us", "UTC") if pa.types.is_timestamp(kind) else kind)


def _without_zone(rows: pa.Table) -> pa.Table:
    return _retyped(rows, lambda kind: pa.timestamp("us") if pa.types.is_timestamp(kind) else kind)


def _retyped(rows: pa.Table, retype: Any) -> pa.Table:
    return rows.cast(pa.schema([field.with_type(retype(field.type)) for field in rows.schema]))


def _said(error: BaseException) -> str:
    """What the server said, without its stack."""
    told = error.args[0] if error.args else error
    words = getattr(getattr(told, "status", None), "errorMessage", None) or str(told)
    return str(words).split("\tat ")[0].strip()[:_LONGEST_ERROR]
