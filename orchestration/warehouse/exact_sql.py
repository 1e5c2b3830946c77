"""Expressions of SQL that keep values exact between Python and the warehouse."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from forecasting.depletion.schema import CREDITS


def credits_of(name: str) -> str:
    """SQL: whole micro-credits in `name`_micro as exact credits."""
    return f"cast(cast({name}_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as {name}"


def price_of(name: str) -> str:
    """SQL: whole steps of 10^-12 in `name`_steps as an exact price."""
    steps = f"cast({name}_steps as decimal(38, 0))"
    return f"cast({steps} * 0.000000000001 as decimal(24, 12)) as {name}"


def columns_of(row: Mapping[str, pa.DataType]) -> str:
    """SQL: the columns of a frame, each as its declared type."""
    return ", ".join(_cast(name, kind) for name, kind in row.items())


# whole numbers come as they are: to cast one would round what is none
_CASTS = {
    pa.string(): "varchar",
    pa.date32(): "date",
    pa.decimal128(5, 4): "decimal(5, 4)",
    pa.decimal128(24, 12): "decimal(24, 12)",
}


def _cast(name: str, kind: pa.DataType) -> str:
    if kind == CREDITS:
        return credits_of(name)
    return name if kind == pa.int64() else f"cast({name} as {_CASTS[kind]}) as {name}"
