"""Totals that sources state themselves, next to the sums of our generations.

Which generations count, and which deliveries conflict, is decided in known.py.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from oracle.contract import Row
from oracle.known import local_date

ALL, NONE = "(all)", "(none)"
Key = tuple[str, str, str, str, str, date, date]


def newest_totals(rows: Iterable[Mapping[str, Any]]) -> dict[Key, Row]:
    """One row for each total: the greatest revision, then the newest batch, file and line."""
    newest: dict[Key, tuple[Any, Row]] = {}
    for row in rows:
        total = _total(row)
        age = row.get("revision") or 0, row.get("batch_id", 1), row.get("file_path"), row.get("line_number")
        if total["key"] not in newest or age > newest[total["key"]][0]:
            newest[total["key"]] = age, total
    return {key: total for key, (_, total) in newest.items()}


def _total(row: Mapping[str, Any]) -> Row:
    day: date = row["day"]
    first = last = day
    if row.get("period") == "month":
        first, last = day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    unit = "credits" if row.get("amount") is None else "amount"
    currency = NONE if unit == "credits" else (row.get("currency") or NONE)
    currency = currency if currency == NONE else currency.upper()
    of = row["source"], row.get("workspace_id") or ALL, row.get("model") or ALL, unit, currency
    return {
        "key": (*of, first, last),
        "theirs": row["credits"] if unit == "credits" else row["amount"],
        "zone": row.get("timezone") or "UTC",
    }


def reconciled(
    totals: Mapping[Key, Row],
    *,
    counted: Sequence[Row],
    left_out: Sequence[Row],
    zones: set[str],
    as_of: date,
) -> dict[Key, dict[str, Any]]:
    """The mart reconciliation.

    Args:
        totals: as `newest_totals` returns them.
        counted: the events that are reported.
        left_out: those that were delivered and are not, conflicts included.
        zones: of the reported workspaces.
        as_of: the last day that is known.
    """
    return {
        key: _compared(
            key,
            total,
            [event for event in counted if _is_of(key, total, event)],
            [event for event in left_out if _is_of(key, total, event)],
            is_known=key[-1] < as_of or (key[-1] == as_of and zones == {total["zone"]}),
        )
        for key, total in totals.items()
    }


def _is_of(key: Key, total: Row, event: Row) -> bool:
    source, workspace_id, model, _, _, first, last = key
    return (
        event["source"] == source
        and workspace_id in (ALL, event["workspace_id"])
        and model in (ALL, event["model"])
        and first <= local_date(event["occurred_at"], ZoneInfo(total["zone"])) <= last
    )


def _compared(
    key: Key, total: Row, counted: Sequence[Row], left_out: Sequence[Row], *, is_known: bool
) -> dict[str, Any]:
    ours = sum((_measure(key, event) for event in counted), Decimal(0))
    difference, theirs = ours - total["theirs"], total["theirs"]
    return {
        "timezone": total["zone"],
        "theirs": theirs,
        "ours": ours,
        "difference": difference,
        "share": Fraction(abs(difference)) / Fraction(abs(theirs)) if theirs else None,
        "explained": -sum((_measure(key, event) for event in left_out), Decimal(0)),
        "generation_count": len(counted),
        "is_complete": is_known,
    }


def _measure(key: Key, event: Row) -> Decimal:
    unit, currency = key[3], key[4]
    if unit == "credits":
        return Decimal(event["credits"])
    cost, found = event["provider_cost"], (event["provider_currency"] or NONE).upper()
    is_same = currency == NONE or found == currency
    return Decimal(cost) if cost is not None and is_same else Decimal(0)
