"""Adds up totals that a source states in parts: rows of one file that differ in nothing but their amounts.

Anthropic has a row for each kind of token of a model, LiteLLM one for each key of a user.
"""

from collections.abc import Sequence
from decimal import Context, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from orchestration.landing.contract import ATTRIBUTES
from orchestration.landing.sources.feed_query import FeedQuery

_MEASURES = ("amount", "credits")
_EXACT = Context(prec=400)
_LONGEST = 150


def added_up(query: FeedQuery, rows: pa.Table, files: pa.ChunkedArray) -> pa.Table:
    """The rows, those that are alike added up into the first of them; what is no number stays apart."""
    names = dict.fromkeys([*query.columns, *(f"={amount.column}" for amount in query.amounts), ATTRIBUTES])
    measures = [name for name in names if name.removeprefix("=") in _MEASURES]
    selected = rows.select(["position", *names])
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in selected.to_pylist():
        is_sum = all(_is_number(row[name]) for name in measures)
        alike = (row[name] for name in names if name not in measures)
        key = (files[row["position"]].as_py(), *alike) if is_sum else (len(found),)
        first = found.setdefault(key, row)
        if first is not row:
            _add(first, row, measures)
    return pa.Table.from_pylist(list(found.values()), selected.schema)


def _add(first: dict[str, Any], row: dict[str, Any], measures: Sequence[str]) -> None:
    for name in measures:
        if row[name] is not None:
            first[name] = f"{_EXACT.add(Decimal(first[name] or 0), Decimal(row[name])):f}"


def _is_number(text: str | None) -> bool:
    if text is None:
        return True
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return len(text) <= _LONGEST and number.is_finite() and abs(number.adjusted()) < _LONGEST
