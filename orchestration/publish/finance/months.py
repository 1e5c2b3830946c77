"""Rows of one booked month of the published marts, for finance.

Not here: what a month has booked (dbt_project/models/marts/), or how rows are written (rows/write.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.rows.select import Rows, opened, require_workspace

# of an exact amount, as few as show all of them
_DECIMALS = """
    select coalesce(greatest(2, max(length(rtrim(split_part(cast(amount as varchar), '.', 2), '0')))), 2)
    from (
        from marts.chargeback_monthly select unnest([cost, refunded_cost]) as amount
        where $month is null or booked_month = $month
    )
"""


@contextmanager
def chargeback_rows(
    published: Path, *, month: date | None, workspace_id: str | None, is_exact: bool
) -> Iterator[tuple[Rows, bool]]:
    """The charges booked in a month, corrections of earlier months included, and whether it is closed.

    Args:
        published: the folder of a version, or the link to the served one.
        month: its first day; every month by default.
        workspace_id: only of this workspace; all by default.
        is_exact: keep the 18 places of the marts; otherwise as few as show every amount of the month in full.

    Raises:
        ExtractError: nothing is published, or not this workspace.
    """
    with opened(published) as connection:
        require_workspace(connection, workspace_id)
        (places,) = (18,) if is_exact else _first(connection, _DECIMALS, {"month": month})
        (is_open,) = _first(
            connection,
            "select count(*) > 0 from marts.chargeback_monthly "
            "where ($month is null or booked_month = $month) and not is_closed",
            {"month": month},
        )
        sql = _read("chargeback").replace("{places}", str(places))
        yield Rows(connection, sql, {"month": month, "workspace_id": workspace_id}), not is_open


@contextmanager
def focus_rows(
    published: Path, *, month: date | None, workspace_id: str | None, provider: str, is_text: bool
) -> Iterator[Rows]:
    """Purchases, grants, draw-down, refunds and corrections as FOCUS 1.2 names them.

    Args:
        published: the folder of a version, or the link to the served one.
        month: first day of the billing period; every period by default.
        workspace_id: only of this workspace; all by default.
        provider: who provides, publishes and invoices the credits.
        is_text: instants as ISO 8601 texts with a Z; as instants by default.

    Raises:
        ExtractError: nothing is published, or not this workspace.
    """
    with opened(published) as connection:
        require_workspace(connection, workspace_id)
        instant = "strftime({}, '%Y-%m-%dT%H:%M:%SZ')" if is_text else "{} at time zone 'UTC'"
        columns = [
            (instant.format(name) if name.endswith(("period_start", "period_end")) else name)
            + f" as {_as_in_focus(name)}"
            for name in _names(connection, _read("focus"))
        ]
        sql = f"select {', '.join(columns)} from ({_read('focus')}) order by all"
        yield Rows(connection, sql, {"month": month, "workspace_id": workspace_id, "provider": provider})


def _as_in_focus(name: str) -> str:
    """The name of a column as the specification writes it; a column of our own begins with x_."""
    prefix, name = ("x_", name[2:]) if name.startswith("x_") else ("", name)
    return prefix + "".join(part.capitalize() for part in name.split("_"))


def _read(name: str) -> str:
    return Path(__file__).with_name("sql").joinpath(f"{name}.sql").read_text(encoding="utf-8").strip()


def _names(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    nothing = {"month": None, "workspace_id": None, "provider": ""}
    return [name for name, *_ in connection.execute(f"describe {sql}", nothing).fetchall()]


def _first(connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any]) -> tuple[Any, ...]:
    (row,) = connection.execute(sql, parameters).fetchall()
    return row
