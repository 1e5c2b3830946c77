"""Figures of the published marts for a filter that a person puts together; every one adds up to the total.

Not here: how they are shown (dashboard.py), or the report's own periods (reading.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from orchestration.publish.rows.select import Rows

# what a filter can name, and the columns that hold it
DIMENSIONS = ("member_id", "product_category", "generation_type")
REASON = "waste_reason"
DETAILS_SHOWN = 1_000
DETAILS_COLUMNS = (
    *("occurred_at", "member_id", "product_id", "product_category", "generation_type", "locale"),
    *("credits", "disposition", "waste_reason", "attempt_number", "attempt_count", "quality_score"),
    *("ruleset_id", "template_id", "model", "status", "source", "event_id"),
)
# a generation as the additive cube counts it
_OF_DETAILS = (
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
    """What is asked about: a workspace and days, both included; of each named dimension only these values.

    Attributes:
        chosen: values by the name of one of `DIMENSIONS`; one that is left out, or empty, means all.
        reasons: waste reasons. With any, only the 90 days of `generation_details` are looked at.
    """

    workspace_id: str
    first: date
    last: date
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    @property
    def is_of_details(self) -> bool:
        """Whether only single generations can tell."""
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
                conditions.append(f"{name} in (select unnest($of_{name}))")
                parameters[f"of_{name}"] = list(values)
        return " and ".join(conditions), parameters


@dataclass(frozen=True)
class Figures:
    """Sums over what a filter lets through. Credits in credits, exact."""

    credits: Decimal
    generation_count: int
    attempt_count: int
    regeneration_count: int
    wasted_credits: Decimal

    @property
    def regeneration_rate(self) -> Decimal | None:
        """Attempts that repeat, of all attempts; a fraction of 1."""
        return Decimal(self.regeneration_count) / self.attempt_count if self.attempt_count else None

    @property
    def waste_rate(self) -> Decimal | None:
        """Wasted credits of all; a fraction of 1."""
        return self.wasted_credits / self.credits if self.credits else None


def total(connection: duckdb.DuckDBPyConnection, asked: Filter) -> Figures:
    """Everything that the filter lets through."""
    condition, parameters = asked.where()
    query = f"select {', '.join(_MEASURES)} from {_source(asked)} where {condition}"
    return Figures(*connection.execute(query, parameters).fetchall()[0])


def breakdown(connection: duckdb.DuckDBPyConnection, asked: Filter, by: str) -> list[tuple[Any, Figures]]:
    """The same by a dimension, most credits first, or by "usage_date", oldest first."""
    if by not in (*DIMENSIONS, "usage_date"):
        raise ValueError(f"figures are broken down by one of {', '.join(DIMENSIONS)}; found {by!r}")
    condition, parameters = asked.where()
    order = by if by == "usage_date" else f"credits desc, {by}"
    query = (
        f"select {by}, {', '.join(_MEASURES)} from {_source(asked)} where {condition}"
        f" group by {by} order by {order}"
    )
    return [(key, Figures(*values)) for key, *values in connection.execute(query, parameters).fetchall()]


def choices(connection: duckdb.DuckDBPyConnection, asked: Filter) -> dict[str, list[str]]:
    """What can be chosen on the days of the filter, of each dimension and of waste reasons, in order."""
    days = Filter(asked.workspace_id, asked.first, asked.last)
    condition, parameters = days.where()
    found = {}
    for name in (*DIMENSIONS, REASON):
        source = "marts.generation_details" if name == REASON else "marts.usage_daily"
        query = f"select distinct {name} from {source} where {condition} and {name} is not null order by 1"
        found[name] = [value for (value,) in connection.execute(query, parameters).fetchall()]
    return found


def details(connection: duckdb.DuckDBPyConnection, asked: Filter, *, limit: int | None) -> Rows:
    """The single generations of the last 90 days that the filter lets through, newest first."""
    condition, parameters = asked.where()
    most = "" if limit is None else f" limit {int(limit)}"
    query = (
        f"select {', '.join(DETAILS_COLUMNS)} from marts.generation_details where {condition}"
        f" order by occurred_at desc, source, event_id{most}"
    )
    return Rows(connection, query, parameters)


def known_names(connection: duckdb.DuckDBPyConnection, workspace_id: str) -> dict[tuple[str, str], str]:
    """Names, by dimension and id, of the members and generation types of the last 90 days that have one."""
    names: dict[tuple[str, str], str] = {}
    for mart, dimension, name in (
        ("usage_by_member", "member_id", "member_name"),
        ("usage_by_generation_type", "generation_type", "generation_type_name"),
    ):
        query = (
            f"select {dimension}, any_value({name}) from marts.{mart}"
            f" where workspace_id = $id and trim({name}) <> '' group by {dimension}"
        )
        found = connection.execute(query, {"id": workspace_id}).fetchall()
        names |= {(dimension, value): called for value, called in found}
    return names


def days_of(connection: duckdb.DuckDBPyConnection, workspace_id: str) -> tuple[date, date] | None:
    """The first and the last day with usage; None without any."""
    query = "select min(usage_date), max(usage_date) from marts.usage_daily where workspace_id = $id"
    first, last = connection.execute(query, {"id": workspace_id}).fetchall()[0]
    return None if first is None else (first, last)


def _source(asked: Filter) -> str:
    return _OF_DETAILS if asked.is_of_details else "marts.usage_daily"
