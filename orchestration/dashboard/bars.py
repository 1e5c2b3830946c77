"""Breakdowns as bars that filter when they are clicked; the bars of one add up to the total.

Not here: the figures (figures/), or the widgets of the filters (sidebar.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import altair as alt
import streamlit as st

from orchestration.dashboard.figures.queries import NONE, Figures
from orchestration.dashboard.sidebar import toggle
from orchestration.dashboard.text import Names, value_label
from orchestration.publish.report import formatting
from orchestration.publish.report.breakdown import LINES_SHOWN, abridge
from orchestration.publish.report.i18n import gettext as _

ROW_HEIGHT, MARGIN = 22, 22
# room at the right of the longest bar for its figures, of the longest bar
ROOM = 0.75
BLUE, SKY = "#0072B2", "#56B4E9"
Lines = Sequence[tuple[str, Figures]]


def colour() -> str:
    """The colour of bars: blue, or sky where the background is dark."""
    return SKY if is_dark() else BLUE


def is_dark() -> bool:
    """Whether the person sees the dark theme."""
    return getattr(st.context.theme, "type", None) == "dark"


def text_colour() -> str:
    """The colour of words on the background of the theme."""
    return "#fafafa" if is_dark() else "#31333F"


def show_bars(by: str, heading: str, lines: Lines, names: Names) -> None:
    """A breakdown, most credits first: the ten largest and all others; a click on a bar filters by it."""
    st.header(heading, anchor=False)
    if not lines:
        st.write(_("No use in these days."))
        return
    rows = bar_rows(by, lines, names)
    key = f"bars {by} {st.session_state.get('clicks', 0)}"
    spoken = ", ".join(f"{row['label']} {row['written']}" for row in rows)
    st.altair_chart(
        _chart(rows),
        key=key,
        on_select=partial(_clicked, by, key),
        selection_mode="picked",
        alt=f"{heading}: {spoken}",
    )


def bar_rows(by: str, lines: Lines, names: Names) -> list[dict[str, Any]]:
    """One row for each bar: id (None of the others), label, credits as a number and as written."""
    labels = formatting.distinct_labels([(key, value_label(by, key, names)) for key, _figures in lines])
    entries = [(label, figures.credits, None) for label, (_key, figures) in zip(labels, lines, strict=True)]
    shown = abridge(entries)
    rows = []
    for index, line in enumerate(shown):
        is_others = index >= LINES_SHOWN
        share = "" if line.percent is None else f" ({line.percent}%)"
        rows.append(
            {
                "id": None if is_others else lines[index][0],
                "label": line.label,
                # the others are no bar: they would be longer than all
                "bar": 0.0 if is_others else float(line.credits),
                "written": f"{line.written}{share}",
            }
        )
    return rows


def _chart(rows: Sequence[dict[str, Any]]) -> Any:
    longest = max(row["bar"] for row in rows) or 1.0
    label = alt.Y(
        "label:N",
        sort=None,
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=150, labelColor=text_colour()),
    )
    picked = alt.selection_point(name="picked", fields=["id"], on="click", empty=True)
    base = alt.Chart(alt.InlineData(values=list(rows)))
    scale = alt.Scale(domain=[0, longest * (1 + ROOM)])
    bars = (
        base.mark_bar(color=colour(), cornerRadius=2, cursor="pointer", minBandSize=6)
        .encode(
            x=alt.X("bar:Q", title=None, axis=None, scale=scale), y=label, tooltip=["label:N", "written:N"]
        )
        .add_params(picked)
    )
    figures = base.mark_text(align="left", dx=4, color=text_colour(), fontSize=13).encode(
        x="bar:Q", y=label, text="written:N"
    )
    return alt.layer(bars, figures).properties(height=ROW_HEIGHT * len(rows) + MARGIN)


def _clicked(by: str, key: str) -> None:
    for point in st.session_state[key].selection.get("picked", []):
        value = point.get("id")
        if value is not None and value != NONE:
            toggle(by, value)
    # a chart with a new key forgets which bar was clicked
    st.session_state["clicks"] = st.session_state.get("clicks", 0) + 1
