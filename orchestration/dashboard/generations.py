"""The single generations of what is chosen, and their CSV.

Not here: which they are (figures/).
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

from orchestration.dashboard.figures.queries import DETAILS_COLUMNS, DETAILS_SHOWN, REASON, Filter, details
from orchestration.dashboard.sidebar import Choice
from orchestration.dashboard.tables import Column, show_table
from orchestration.dashboard.text import dimension_label, value_label
from orchestration.publish.report import formatting
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.rows.read_only import open_published
from orchestration.publish.rows.write import write_csv

MOST_IN_CSV = 1_000_000
_NAMED = ("team", "member_id", "product_category", "generation_type", "disposition", "status", REASON)


def show_generations(
    connection: duckdb.DuckDBPyConnection, choice: Choice, *, database: Path, timezone: str
) -> None:
    """The newest generations, at the times of the workspace, and a CSV of all.

    Args:
        database: the published one, which the CSV is read from once it is asked for.
        timezone: of the workspace, an IANA name.
    """
    st.header(_("Generations"), anchor=False)
    rows = details(connection, choice.selection, limit=DETAILS_SHOWN + 1).executed().fetchall()
    if not rows:
        st.write(_("No generation of the last 90 days is in this choice."))
        return
    if len(rows) > DETAILS_SHOWN:
        st.caption(_("The newest {count}; the CSV has all.", count=formatting.count(DETAILS_SHOWN)))
    columns = _columns(timezone)
    shown = [
        [
            value_label(name, value, choice.names) if name in _NAMED and value is not None else value
            for name, value in zip(DETAILS_COLUMNS, row, strict=True)
        ]
        for row in rows[:DETAILS_SHOWN]
    ]
    show_table([columns[name] for name in DETAILS_COLUMNS], shown, title=_("Generations"))
    selection = choice.selection
    st.download_button(
        _("Download as CSV"),
        lambda: generations_csv(database, selection),
        file_name=f"generations-{selection.first.isoformat()}-{selection.last.isoformat()}.csv",
        mime="text/csv",
        on_click="ignore",
    )


def generations_csv(database: Path, selection: Filter) -> bytes:
    """All generations of a choice, exact, with ids and times in UTC."""
    out = BytesIO()
    with open_published(database) as connection:
        write_csv(details(connection, selection, limit=MOST_IN_CSV), out)
    return out.getvalue()


def _columns(timezone: str) -> dict[str, Column]:
    numbers = {
        "credits": _("Credits"),
        "cost": _("Cost"),
        "attempt_number": _("Attempt"),
        "attempt_count": _("of attempts"),
        "quality_score": _("Quality"),
    }
    texts = {
        "product_id": _("Product"),
        "currency": _("Currency"),
        "disposition": _("What became of it"),
        "tags": _("Tags"),
        "source": _("Source"),
        "event_id": _("Event"),
    }
    found: dict[str, Any] = {name: Column(label) for name, label in numbers.items()}
    found |= {name: Column(label, "text") for name, label in texts.items()}
    time = Column(_("Time, {zone}", zone=timezone), "time", timezone=timezone)
    named = {
        name: Column(dimension_label(name), "text")
        for name in DETAILS_COLUMNS
        if name not in found and name != "occurred_at"
    }
    return {**found, **named, "occurred_at": time}
