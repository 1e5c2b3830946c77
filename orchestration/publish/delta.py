"""Sends a published version to Delta tables, for engines that read a lake: one transaction a table.

Not here: what a version holds (versions/export.py), or when it is sent (defs/sent.py, cli/publish.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from orchestration.publish.rows.read_only import open_published
from orchestration.publish.versions.export import DATABASE_NAME
from orchestration.publish.versions.manifest import read_manifest
from orchestration.visible_text import counted

ROWS_AT_ONCE = 100_000
# readers of a version that was replaced have this long to finish
KEPT_HOURS = 7 * 24
# in the log of each table: the version sent, and the hash of its Parquet file
VERSION, CONTENT = "credits.version", "credits.content"


class DeltaFailed(RuntimeError):
    """A table was not sent; it is as it was, and those before it are of the new version."""


def send(published: Path, folder: Path, *, echo: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """Replace the tables `folder`/<mart> by the published marts, each in one transaction.

    Types are exact; a timestamp, which is in UTC, is one with a zone, since not every reader knows others.
    A table whose mart did not change is left alone. Tables may be of different versions for seconds.

    Args:
        published: the folder of a version, or the link to the served one.
        folder: of the tables; created if missing.
        echo: called with a progress line for each table that is written.

    Returns:
        The number of rows of each mart.

    Raises:
        DeltaFailed: nothing is published, or a table cannot be written.
    """
    version = published.resolve()  # a run may move the link meanwhile
    manifest = read_manifest(version)
    if manifest is None:
        raise DeltaFailed(
            f"only a published version is sent; {published} holds none. Run `credits run` first."
        )
    rows = {}
    with open_published(version / DATABASE_NAME) as marts:
        for name, comment in _marts(marts):
            content = manifest.files.get(f"parquet/{name}.parquet", version.name)
            ((rows[name],),) = marts.execute(f'select count(*) from marts."{name}"').fetchall()
            try:
                if _content_of(folder / name) != content:
                    properties = CommitProperties({VERSION: version.name, CONTENT: content})
                    _replace(folder / name, _reader(marts, name), name, comment, properties)
                    echo(f"{name}: {counted(rows[name], 'row')}")
            except (DeltaError, OSError) as error:
                raise DeltaFailed(
                    f"the mart {name} was not sent to the Delta table {folder / name}: {error}. The table is "
                    "unchanged. Correct the cause, or remove the folder, then run: credits publish delta"
                ) from None
    return rows


def _marts(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str | None]]:
    return connection.execute(
        "select table_name, comment from duckdb_tables() where schema_name = 'marts' order by table_name"
    ).fetchall()


def _content_of(table: Path) -> str | None:
    """What was sent last; None if there is no table."""
    if not DeltaTable.is_deltatable(str(table)):
        return None
    for commit in DeltaTable(table).history():
        if CONTENT in commit:
            return str(commit[CONTENT])
    return None


def _reader(marts: duckdb.DuckDBPyConnection, name: str) -> pa.RecordBatchReader:
    """The rows of a mart, with the comments of its columns in the schema."""
    comments = dict(
        marts.execute(
            "select column_name, comment from duckdb_columns()"
            " where schema_name = 'marts' and table_name = ?",
            [name],
        ).fetchall()
    )
    # a cursor of its own: the rows are fetched while they are written
    found = marts.cursor().sql(f'select * from marts."{name}"').to_arrow_reader(ROWS_AT_ONCE)
    schema = pa.schema(
        [
            pa.field(field.name, _type(field.type), metadata={"comment": comments.get(field.name) or ""})
            for field in found.schema
        ]
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in found:
            yield batch.cast(schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _type(found: pa.DataType) -> pa.DataType:
    return pa.timestamp("us", tz="UTC") if pa.types.is_timestamp(found) else found


def _replace(
    table: Path, rows: pa.RecordBatchReader, name: str, comment: str | None, properties: CommitProperties
) -> None:
    table.mkdir(parents=True, exist_ok=True)
    write_deltalake(
        table,
        rows,
        mode="overwrite",
        schema_mode="overwrite",
        name=name,
        description=comment,
        commit_properties=properties,
    )
    DeltaTable(table).vacuum(KEPT_HOURS, dry_run=False)
