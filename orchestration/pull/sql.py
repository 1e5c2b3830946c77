"""Tables of a SQL database as resources of dlt: exact decimals, and what Arrow has no type for as text.

Which rows are new is dlt's to know; where they are written is in deliver.py.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import dlt
import sqlalchemy as sa
from dlt.sources.sql_database import sql_table

from orchestration.pull.config import PullError, SqlPull, SqlTable

# what dlt reads as it is; every other type (JSON, intervals, …) is read as the database's own text
_KEPT = (
    *(sa.Numeric, sa.Float, sa.Integer, sa.String, sa.LargeBinary, sa.DateTime, sa.Date, sa.Time, sa.Uuid),
    *(sa.Boolean, sa.ARRAY),
)


def sql_resources(pull: SqlPull, url: str) -> list[Any]:
    """A resource of dlt for each table.

    Raises:
        PullError: a table or its cursor does not exist.
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached or read.
    """
    engine = sa.create_engine(url)
    tables = sa.MetaData(schema=pull.sql.database_schema)
    return [_resource(name, table, engine, tables) for name, table in pull.tables.items()]


def _resource(name: str, table: SqlTable, engine: sa.Engine, tables: sa.MetaData) -> Any:
    try:
        reflected = sa.Table(name, tables, autoload_with=engine, resolve_fks=False)
    except sa.exc.NoSuchTableError:
        raise PullError(f"the database has no table {name}. Correct its name, or `schema`.") from None
    return sql_table(
        engine,
        table=name,
        schema=tables.schema,
        metadata=tables,
        backend="pyarrow",
        reflection_level="full",
        incremental=_incremental(table, reflected),
        type_adapter_callback=_read_as,
        query_adapter_callback=_select,
    )


def _incremental(table: SqlTable, reflected: sa.Table) -> Any:
    if table.cursor is None:
        return None
    if table.cursor not in reflected.c:
        raise PullError(
            f"table {reflected.name} has no column {table.cursor}, which `cursor` names; it has "
            f"{', '.join(reflected.c.keys())}. Name one that grows whenever a row is new or changed."
        )
    kind = reflected.c[table.cursor].type
    return dlt.sources.incremental(
        table.cursor,
        initial_value=_start(table.start, kind),
        lag=table.lag / 86_400 if isinstance(kind, sa.Date) else table.lag or None,
        row_order="asc",
        # rows at the last value are compared whole: one that changed without a later cursor comes again
        primary_key=reflected.c.keys(),
    )


def _start(start: Any, kind: Any) -> Any:
    if isinstance(kind, sa.DateTime) and isinstance(start, date) and not isinstance(start, datetime):
        return datetime.combine(start, time.min)
    return start


def _is_text(kind: Any) -> bool:
    is_unbounded = isinstance(kind, sa.Numeric) and kind.asdecimal and kind.precision is None
    return is_unbounded or not isinstance(kind, _KEPT)


def _read_as(kind: Any) -> Any:
    if isinstance(kind, sa.Float):
        return sa.Numeric(asdecimal=False)
    return sa.Text() if _is_text(kind) else kind


def _select(query: Any, table: sa.Table) -> Any:
    columns = [
        sa.cast(column, sa.Text).label(column.name) if _is_text(column.type) else column for column in table.c
    ]
    return query.with_only_columns(*columns)
