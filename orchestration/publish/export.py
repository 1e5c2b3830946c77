"""The marts copied out of the working warehouse: one DuckDB file for BI tools, one Parquet file a mart.

Not here: which version is current, or when files reach the disk (versions.py); the report's pages (page.py).
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

DATABASE_NAME = "credits.duckdb"
# the oldest clients that BI tools still ship
STORAGE_VERSION = "v1.2.0"
# Rows are written in this order, so that the same marts give the same files. A mart not listed is ordered by
# all its columns.
MART_KEYS: dict[str, tuple[str, ...]] = {
    "credit_balance_daily": ("workspace_id", "usage_date"),
    "credit_lots": ("workspace_id", "lot_id"),
    "credit_summary": ("workspace_id", "period"),
    "data_quality": ("checked_at", "run_id", "layer", "asset", "check_name"),
    "depletion_forecast": ("workspace_id", "as_of"),
    "depletion_paths": ("workspace_id", "forecast_date"),
    "forecast_accuracy": ("workspace_id", "kind", "horizon_bucket"),
    "generation_details": ("workspace_id", "usage_date", "source", "event_id"),
    "model_registry": ("model", "version"),
    "ruleset_changes": ("workspace_id", "generation_type", "ruleset_id"),
    "template_changes": ("workspace_id", "generation_type", "template_id"),
    "usage_by_category": ("workspace_id", "period", "product_category"),
    "usage_by_generation_type": ("workspace_id", "period", "generation_type"),
    "usage_by_member": ("workspace_id", "period", "member_id"),
    "usage_daily": ("workspace_id", "usage_date", "member_id", "product_category", "generation_type"),
    "usage_spikes": ("workspace_id", "usage_date", "scope"),
    "waste_by_reason": ("workspace_id", "period", "waste_reason"),
    "waste_suggestions": ("workspace_id", "suggestion_rank"),
}


class PublishError(ValueError):
    """The working warehouse does not hold what is to be published."""


def export_marts(
    warehouse: Path, folder: Path, *, marts: Sequence[str] | None = None, required: Sequence[str] = ()
) -> dict[str, int]:
    """Copies marts into `folder`/credits.duckdb and `folder`/parquet/, with types and comments kept.

    Args:
        warehouse: the working DuckDB file; opened read-only, so nothing may hold it open for writing.
        folder: an existing folder without an earlier export.
        marts: the tables and views of schema `marts` to copy; all of them by default.
        required: marts without which nothing may be published.

    Returns:
        The number of rows of each mart.

    Raises:
        PublishError: a mart named in `marts` or `required` is not there.
    """
    (folder / "parquet").mkdir()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        names = _chosen_marts(connection, marts=marts, required=required)
        database = _text(str(folder / DATABASE_NAME))
        connection.execute(
            f"attach {database} as published (read_write, storage_version '{STORAGE_VERSION}')"
        )
        connection.execute("create schema published.marts")
        row_counts = {name: _copy_mart(connection, name, folder=folder) for name in names}
        connection.execute("checkpoint published")
        connection.execute("detach published")
    return row_counts


def _chosen_marts(
    connection: duckdb.DuckDBPyConnection, *, marts: Sequence[str] | None, required: Sequence[str]
) -> list[str]:
    found = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = current_database() and table_schema = 'marts' order by table_name"
    ).fetchall()
    known = [name for (name,) in found]
    chosen = known if marts is None else sorted(set(marts))
    missing = sorted({*chosen, *required} - (set(known) & set(chosen)))
    if missing:
        raise PublishError(
            "every mart that is to be published must be in schema marts of the warehouse;"
            f" missing: {', '.join(missing)}; there: {', '.join(known) or 'none'}."
            " Build the marts, then publish again."
        )
    return chosen


def _copy_mart(connection: duckdb.DuckDBPyConnection, name: str, *, folder: Path) -> int:
    mart = _name(name)
    keys = ", ".join(_name(key) for key in MART_KEYS.get(name, ())) or "all"
    # how many rows the warehouse gave: what was written is counted by the audit, from what was written
    given = connection.execute(
        f"create table published.marts.{mart} as select * from marts.{mart} order by {keys}"
    ).fetchone()
    _copy_comments(connection, name)
    parquet = _text(str(folder / "parquet" / f"{name}.parquet"))
    connection.execute(f"copy published.marts.{mart} to {parquet} (format parquet, compression zstd)")
    assert given is not None
    return int(given[0])


def _copy_comments(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    of_source = "database_name = current_database() and schema_name = 'marts' and comment is not null"
    for (comment,) in connection.execute(
        f"select comment from duckdb_tables() where table_name = $name and {of_source} union all "
        f"select comment from duckdb_views() where view_name = $name and {of_source}",
        {"name": name},
    ).fetchall():
        connection.execute(f"comment on table published.marts.{_name(name)} is {_text(comment)}")
    for column, comment in connection.execute(
        f"select column_name, comment from duckdb_columns() where table_name = $name and {of_source}",
        {"name": name},
    ).fetchall():
        column = f"published.marts.{_name(name)}.{_name(column)}"
        connection.execute(f"comment on column {column} is {_text(comment)}")


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(literal: str) -> str:
    return "'" + literal.replace("'", "''") + "'"
