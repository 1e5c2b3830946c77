"""Figures of the published marts for a filter that a person chooses; breakdowns add up to the total.

Not here: how they are shown (app.py), or the periods of the report (publish/report/load.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from orchestration.publish.report.formatting import distinct_labels
from orchestration.publish.rows.select import Rows

# columns that a filter can name
DIMENSIONS = ("member_id", "product_category", "generation_type")
REASON = "waste_reason"
DETAILS_SHOWN = 1_000
DETAILS_COLUMNS = (
    *("occurred_at", "member_id", "product_id", "product_category", "generation_type", "locale"),
    *("credits", "disposition", "waste_reason", "attempt_number", "attempt_count", "quality_score"),
    *("ruleset_id", "template_id", "model", "status", "source", "event_id"),
)
# generation_details with the columns of usage_daily
_DETAILS_AS_CUBE = (
    "(select workspace_id, usage_date, member_id, product_category, generation_type, waste_reason, credits,"
    " 1 as generation_count, (attempt_number is not null)::int as attempt_count,"
    " is_regeneration::int as regeneration_count,"
    " case when disposition = 'wasted' then credits else 0 end as wasted_credits"
    " from marts.generation_details)"
)
_MEASURES = (
    "coalesce(sum(credits), 0)::decimal(38, 6) as credits",
    "coalesce(sum(generation_count), 0)::bigint as generation_count",
    "coalesce(sum(attempt_count), 0)::bigint as attempt_count",
    "coalesce(sum(regeneration_count), 0)::bigint as regeneration_count",
    "coalesce(sum(wasted_credits), 0)::decimal(38, 6) as wasted_credits",
)


@dataclass(frozen=True)
class Filter:
    """A workspace, the days from `first` to `last`, and for each dimension only the chosen values.

    Attributes:
        chosen: values by one of `DIMENSIONS`; a dimension that is left out, or empty, means all.
        reasons: waste reasons. With any, only the 90 days of `generation_details` are read.
    """

    workspace_id: str
    first: date
    last: date
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    @property
    def needs_details(self) -> bool:
        """Whether only single generations have the filtered columns."""
        return bool(self.reasons)

    def where(self) -> tuple[str, dict[str, Any]]:
        """The condition in SQL and its parameters; values from outside are only ever parameters."""
        conditions = ["workspace_id = $workspace_id", "usage_date between $first and $last"]
        parameters: dict[str, Any] = {
            "workspace_id": self.workspace_id,
            "first": self.first,
            "last": self.last,
        }
        for name, values in {**self.chosen, REASON: self.reasons}.items():
            if name not in (*DIMENSIONS, REASON):
                raise ValueError(f"a filter names one of {', '.join(DIMENSIONS)}; found {name!r}")
            if values:
                conditions.append(f"{name} in (select unnest(${name}_values))")
                parameters[f"{name}_values"] = list(values)
        return " and ".join(conditions), parameters


@dataclass(frozen=True)
class Figures:
    """Totals over the rows that match a filter. Credits in credits, exact."""

    credits: Decimal
    generation_count: int
    attempt_count: int
    regeneration_count: int
    wasted_credits: Decimal

    @property
    def regeneration_rate(self) -> Decimal | None:
        """Regenerations of all attempts; a fraction of 1."""
        return Decimal(self.regeneration_count) / self.attempt_count if self.attempt_count else None

    @property
    def waste_rate(self) -> Decimal | None:
        """Wasted credits of all; a fraction of 1."""
        return self.wasted_credits / self.credits if self.credits else None


def total(connection: duckdb.DuckDBPyConnection, selection: Filter) -> Figures:
    """Totals over all rows that match."""
    condition, parameters = selection.where()
    query = f"select {', '.join(_MEASURES)} from {_source(selection)} where {condition}"
    return Figures(*connection.execute(query, parameters).fetchall()[0])


def breakdown(connection: duckdb.DuckDBPyConnection, selection: Filter, by: str) -> list[tuple[Any, Figures]]:
    """Totals by a dimension, most credits first, or by "usage_date", oldest first."""
    if by not in (*DIMENSIONS, "usage_date"):
        raise ValueError(f"figures are broken down by one of {', '.join(DIMENSIONS)}; found {by!r}")
    condition, parameters = selection.where()
    order = by if by == "usage_date" else f"credits desc, {by}"
    query = (
        f"select {by}, {', '.join(_MEASURES)} from {_source(selection)} where {condition}"
        f" group by {by} order by {order}"
    )
    return [(key, Figures(*values)) for key, *values in connection.execute(query, parameters).fetchall()]


def choices(connection: duckdb.DuckDBPyConnection, selection: Filter) -> dict[str, list[str]]:
    """Values of each dimension and of waste reasons on the days of the filter, in order."""
    days = Filter(selection.workspace_id, selection.first, selection.last)
    condition, parameters = days.where()
    values = {}
    for name in (*DIMENSIONS, REASON):
        source = "marts.generation_details" if name == REASON else "marts.usage_daily"
        query = f"select distinct {name} from {source} where {condition} and {name} is not null order by 1"
        values[name] = [value for (value,) in connection.execute(query, parameters).fetchall()]
    return values


def details(connection: duckdb.DuckDBPyConnection, selection: Filter, *, limit: int | None) -> Rows:
    """The single generations of the last 90 days that match, newest first."""
    condition, parameters = selection.where()
    limited = "" if limit is None else f" limit {int(limit)}"
    query = (
        f"select {', '.join(DETAILS_COLUMNS)} from marts.generation_details where {condition}"
        f" order by occurred_at desc, source, event_id{limited}"
    )
    return Rows(connection, query, parameters)


def known_names(connection: duckdb.DuckDBPyConnection, workspace_id: str) -> dict[tuple[str, str], str]:
    """Names, by dimension and id, of the members and generation types of the last 90 days that have one.

    Where two have the same, each has its id in it.
    """
    names: dict[tuple[str, str], str] = {}
    for mart, dimension, name in (
        ("usage_by_member", "member_id", "member_name"),
        ("usage_by_generation_type", "generation_type", "generation_type_name"),
    ):
        query = (
            f"select {dimension}, any_value({name}) from marts.{mart}"
            f" where workspace_id = $id and trim({name}) <> '' group by {dimension}"
        )
        rows = connection.execute(query, {"id": workspace_id}).fetchall()
        labels = distinct_labels(rows)
        names |= {(dimension, value): label for (value, _), label in zip(rows, labels, strict=True)}
    return names


def first_and_last_day(connection: duckdb.DuckDBPyConnection, workspace_id: str) -> tuple[date, date] | None:
    """The first and the last day with usage; None without any."""
    query = "select min(usage_date), max(usage_date) from marts.usage_daily where workspace_id = $id"
    first, last = connection.execute(query, {"id": workspace_id}).fetchall()[0]
    return None if first is None else (first, last)


def _source(selection: Filter) -> str:
    return _DETAILS_AS_CUBE if selection.needs_details else "marts.usage_daily"
