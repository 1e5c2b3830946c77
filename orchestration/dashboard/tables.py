"""Tables whose numbers sort as numbers, with what Streamlit needs to write them.

Not here: which rows a table has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from orchestration.publish.report.i18n import current_language
from orchestration.publish.rows.cells import guarded


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        label: its heading.
        kind: "text", "number", "percent" (of fractions of 1), "date" or "time".
        help: what it means.
        timezone: of times, which are UTC; an IANA name.
    """

    label: str
    kind: str = "number"
    help: str | None = None
    timezone: str = "UTC"


def show_table(columns: Sequence[Column], rows: Sequence[Sequence[Any]], *, title: str) -> None:
    """A table that can be sorted; texts that a spreadsheet would run as a formula are guarded.

    Args:
        columns: their labels differ.
        rows: values in the order of the columns; None is an empty cell.
        title: what it is, for those who do not see it.
    """
    frame = pd.DataFrame(
        {
            column.label: pd.Series([_value(column, row[index]) for row in rows], dtype=_dtype(column))
            for index, column in enumerate(columns)
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        column_config={column.label: _config(column) for column in columns},
        alt=title,
        placeholder="",
    )


def _value(column: Column, value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value * 100 if column.kind == "percent" else value)
    return guarded(value) if column.kind == "text" and isinstance(value, str) else value


def _dtype(column: Column) -> str:
    kinds = {"text": "str", "date": "object", "time": "datetime64[us, UTC]"}
    return kinds.get(column.kind, "float64")


def _config(column: Column) -> Any:
    # the browser knows the names of months in English only
    day = "D MMM YYYY" if current_language() == "en" else "D/M/YYYY"
    match column.kind:
        case "text":
            return st.column_config.TextColumn(help=column.help)
        case "percent":
            return st.column_config.NumberColumn(help=column.help, format="%.1f%%")
        case "date":
            return st.column_config.DateColumn(help=column.help, format=day)
        case "time":
            return st.column_config.DatetimeColumn(
                help=column.help, format=f"{day}, HH:mm:ss", timezone=column.timezone
            )
    return st.column_config.NumberColumn(help=column.help, format="localized")
