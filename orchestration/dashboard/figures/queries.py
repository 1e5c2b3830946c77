"""Figures of the published marts for a filter that a person chooses; breakdowns add up to the total.

Not here: how they are shown (the other modules), the periods (periods.py), or those of the report
(publish/report/load.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from orchestration.publish.report.formatting import distinct_labels
from orchestration.publish.rows.select import Rows

# columns that a filter can name: those of every day, and those of the single generations of 90 days
DAILY = ("team", "member_id", "product_category", "generation_type")
REASON, TAG = "waste_reason", "tag"
DETAILED = ("ruleset_id", "template_id", "model", "locale", "status", REASON)
DIMENSIONS = (*DAILY, *DETAILED, TAG)
NONE = "(none)"
# the days of generation_details
DETAIL_DAYS = 90
DETAILS_SHOWN = 1_000
DETAILS_COLUMNS = (
    *("occurred_at", "team", "member_id", "product_id", "product_category", "generation_type", "locale"),
    *("credits", "cost", "currency", "disposition", "waste_reason", "attempt_number", "attempt_count"),
    *("quality_score", "ruleset_id", "template_id", "model", "status", "tags", "source", "event_id"),
)
# generation_details with the columns of usage_daily
_DETAILS_AS_CUBE = (
    "(select * replace ((attempt_number is not null)::int as attempt_count), 1 as generation_count,"
    " is_regeneration::int as regeneration_count,"
    " case when disposition = 'wasted' then credits else 0 end as wasted_credits,"
    " case when disposition = 'wasted' then cost when cost is not null then 0 end as wasted_cost"
    " from marts.generation_details)"
)
# what several currencies paid for is in no amount
_ONE_CURRENCY = (
    "coalesce(bool_or(cost is null and credits > unpriced_credits), false) = false"
    " and count(distinct currency) = 1"
)
_MEASURES = (
    "coalesce(sum(credits), 0)::decimal(38, 6) as credits",
    "coalesce(sum(generation_count), 0)::bigint as generation_count",
    "coalesce(sum(attempt_count), 0)::bigint as attempt_count",
    "coalesce(sum(regeneration_count), 0)::bigint as regeneration_count",
    "coalesce(sum(wasted_credits), 0)::decimal(38, 6) as wasted_credits",
    f"case when {_ONE_CURRENCY} then sum(cost) end as cost",
    f"case when {_ONE_CURRENCY} then coalesce(sum(wasted_cost), 0) end as wasted_cost",
    f"case when {_ONE_CURRENCY} then min(currency) end as currency",
    "coalesce(sum(unpriced_credits), 0)::decimal(38, 6) as unpriced_credits",
)


@dataclass(frozen=True)
class Filter:
    """A workspace, the days from `first` to `last`, and for each dimension only the chosen values.

    Attributes:
        chosen: values by one of `DIMENSIONS`, those of tags as "key=value"; a dimension that is left out, or
            empty, means all. With one of `DETAILED`, or a tag, only the days of generation_details are read.
    """

    workspace_id: str
    first: date
    last: date
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def days(self) -> int:
        """How many days, both ends included."""
        return (self.last - self.first).days + 1

    @property
    def needs_details(self) -> bool:
        """Whether only single generations have the filtered columns."""
        return any(values and name not in DAILY for name, values in self.chosen.items())

    @property
    def is_narrowed(self) -> bool:
        """Whether any value is chosen."""
        return any(self.chosen.values())

    def at(self, first: date, last: date) -> Filter:
        """The same choice on other days."""
        return replace(self, first=first, last=last)

    def where(self) -> tuple[str, dict[str, Any]]:
        """The condition in SQL and its parameters; values from outside are only ever parameters."""
        conditions = ["workspace_id = $workspace_id", "usage_date between $first and $last"]
        parameters: dict[str, Any] = {
            "workspace_id": self.workspace_id,
            "first": self.first,
            "last": self.last,
        }
        for name, values in self.chosen.items():
            if name not in DIMENSIONS:
                raise ValueError(f"a filter names one of {', '.join(DIMENSIONS)}; found {name!r}")
            if values and name != TAG:
                conditions.append(f"{name} in (select unnest(${name}_values))")
                parameters[f"{name}_values"] = list(values)
        for index, (key, some) in enumerate(_by_key(self.chosen.get(TAG, ())).items()):
            conditions.append(f"tags ->> $tag_{index} in (select unnest($tag_{index}_values))")
            parameters |= {f"tag_{index}": f'$."{key}"', f"tag_{index}_values": some}
        return " and ".join(conditions), parameters


@dataclass(frozen=True)
class Figures:
    """Totals over the rows that match a filter. Credits in credits, cost in `currency`, exact.

    `cost`, `wasted_cost` and `currency` are None where no price is known, or several currencies are in it;
    `unpriced_credits` are in no cost.
    """

    credits: Decimal
    generation_count: int
    attempt_count: int
    regeneration_count: int
    wasted_credits: Decimal
    cost: Decimal | None
    wasted_cost: Decimal | None
    currency: str | None
    unpriced_credits: Decimal

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
    """Totals by a dimension, most credits first, or by "usage_date", oldest first.

    Of what is not delivered, as a locale, the value is `NONE`. By a dimension of `DETAILED` only the days of
    generation_details are read.
    """
    if by not in (*DAILY, *DETAILED, "usage_date"):
        raise ValueError(f"figures are broken down by one of {', '.join(DIMENSIONS)}; found {by!r}")
    condition, parameters = selection.where()
    is_by_day = by == "usage_date"
    value, order = (by, "value") if is_by_day else (f"coalesce({by}, '{NONE}')", "credits desc, value")
    source = _DETAILS_AS_CUBE if by in DETAILED else _source(selection)
    query = (
        f"select {value} as value, {', '.join(_MEASURES)} from {source} where {condition}"
        f" group by value order by {order}"
    )
    return [(key, Figures(*values)) for key, *values in connection.execute(query, parameters).fetchall()]


def waste_by_reason(
    connection: duckdb.DuckDBPyConnection, selection: Filter, *, wasted: Decimal
) -> list[tuple[str | None, Decimal, int | None]]:
    """Reason, wasted credits and generations, most credits first; they add up to `wasted`.

    What was wasted on days before those of generation_details, of which no reason is kept, is in a last line
    without a reason.
    """
    condition, parameters = selection.where()
    query = (
        "select waste_reason, sum(credits)::decimal(38, 6) as credits, count(*) from marts.generation_details"
        f" where {condition} and disposition = 'wasted' group by waste_reason"
        " having sum(credits) > 0 order by credits desc, waste_reason"
    )
    lines: list[tuple[str | None, Decimal, int | None]] = list(
        connection.execute(query, parameters).fetchall()
    )
    before = wasted - sum((credits for _, credits, _ in lines), Decimal(0))
    return [*lines, (None, before, None)] if before else lines


def choices(connection: duckdb.DuckDBPyConnection, selection: Filter) -> dict[str, list[str]]:
    """Values of each dimension on the days of the filter, in order."""
    condition, parameters = Filter(selection.workspace_id, selection.first, selection.last).where()
    values: dict[str, list[str]] = {}
    for source, names in (("usage_daily", DAILY), ("generation_details", DETAILED)):
        lists = ", ".join(
            f"list_sort(list(distinct {name}) filter (where {name} is not null))" for name in names
        )
        found = connection.execute(f"select {lists} from marts.{source} where {condition}", parameters)
        values |= {name: list(some or ()) for name, some in zip(names, found.fetchall()[0], strict=True)}
    tags = (
        "select distinct key || '=' || (tags ->> ('$.\"' || key || '\"')) as tag from"
        f" (select tags, unnest(json_keys(tags)) as key from (select distinct tags"
        f" from marts.generation_details where {condition})) order by tag"
    )
    return values | {TAG: [tag for (tag,) in connection.execute(tags, parameters).fetchall()]}


def details(connection: duckdb.DuckDBPyConnection, selection: Filter, *, limit: int | None) -> Rows:
    """The single generations of the last 90 days that match, newest first; their times are UTC."""
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


def _source(selection: Filter) -> str:
    return _DETAILS_AS_CUBE if selection.needs_details else "marts.usage_daily"


def _by_key(tags: Sequence[str]) -> dict[str, list[str]]:
    """The chosen values of each tag key."""
    values: dict[str, list[str]] = {}
    for key, _, value in (tag.partition("=") for tag in tags):
        values.setdefault(key, []).append(value)
    return values
