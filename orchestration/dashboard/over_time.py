"""Charts over days: credits left with what is to come, and credits used by day.

Not here: the figures (figures/), the forecast (forecasting/), or its sentences (publish/report/page.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import altair as alt
import streamlit as st

from orchestration.dashboard.bars import BLUE, SKY, colour, is_dark, text_colour
from orchestration.dashboard.figures.queries import Figures
from orchestration.dashboard.text import escaped
from orchestration.publish.report import formatting
from orchestration.publish.report.i18n import current_language
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import Report
from orchestration.publish.report.page import burn_down_sentences

LONGEST_DAYS_AHEAD = 120
HEIGHT = 260
VERMILLION, ORANGE = "#D55E00", "#E69F00"


def show_balance(report: Report) -> None:
    """Credits left: measured, the median of what is to come, and its ranges; the sentences say the same."""
    st.header(_("Credits left"), anchor=False)
    described = burn_down_sentences(report)
    if not described:
        st.write(_("There is no credit ledger."))
        return
    st.altair_chart(_balance_chart(report), alt=" ".join(described))
    st.caption(escaped(" ".join(described)))


def show_days(days: Sequence[tuple[date, Figures]]) -> None:
    """Credits used on each day."""
    st.header(_("Credits by day"), anchor=False)
    if not days:
        st.write(_("No use in these days."))
        return
    rows = [{**_dated(day), "credits": float(figures.credits)} for day, figures in days]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(color=colour())
        .encode(x=_day_of(), y=_credits_of("credits"), tooltip=_tooltip())
        .properties(height=HEIGHT)
    )
    most = max(days, key=lambda line: line[1].credits)
    said = _(
        "{credits} credits on {count} days with use, most on {day}: {most}.",
        credits=formatting.credits(sum((figures.credits for _day, figures in days), Decimal(0))),
        count=formatting.count(len(days)),
        day=formatting.day_month_year(most[0]),
        most=formatting.credits(most[1].credits),
    )
    st.altair_chart(chart, alt=said)
    st.caption(escaped(said))


def _balance_chart(report: Report) -> Any:
    last = report.summary.as_of + timedelta(days=LONGEST_DAYS_AHEAD)
    paths = [
        {
            **_dated(path.forecast_date),
            **{f"p{level}": float(getattr(path, f"balance_p{level}")) for level in (10, 25, 50, 75, 90)},
        }
        for path in report.paths
        if path.forecast_date <= last
    ]
    measured = [{**_dated(line.usage_date), "credits": float(line.closing)} for line in report.balances]
    layers: list[Any] = [*_bands(paths)] if paths else []
    layers.append(
        alt.Chart(alt.InlineData(values=measured))
        .mark_line(color=VERMILLION, strokeWidth=2.5)
        .encode(x=_day_of(), y=_credits_of("credits"), tooltip=_tooltip())
    )
    expiries = [_dated(lot.expires_on) for lot in report.expiring if lot.expires_on <= last]
    if expiries:
        marks = alt.Chart(alt.InlineData(values=expiries))
        layers.append(marks.mark_rule(color="#808495", strokeDash=[2, 3]).encode(x=_day_of()))
    return alt.layer(*layers).properties(height=HEIGHT)


def _bands(paths: Sequence[dict[str, Any]]) -> tuple[alt.Chart, ...]:
    base = alt.Chart(alt.InlineData(values=list(paths)))
    median = SKY if is_dark() else BLUE
    return (
        base.mark_area(color=SKY, opacity=0.25).encode(x=_day_of(), y=_credits_of("p10"), y2="p90:Q"),
        base.mark_area(color=SKY, opacity=0.35).encode(x=_day_of(), y=_credits_of("p25"), y2="p75:Q"),
        base.mark_line(color=median, strokeWidth=2.5, strokeDash=[6, 4]).encode(
            x=_day_of(), y=_credits_of("p50")
        ),
    )


def _dated(day: date) -> dict[str, Any]:
    return {"day": f"{day.isoformat()}T00:00:00Z", "written": formatting.day_month_year(day)}


def _day_of() -> alt.X:
    # Vega knows the names of months in English only
    written = "%-d %b" if current_language() == "en" else "%-d/%-m"
    axis = alt.Axis(grid=False, format=written, tickCount=6, labelColor=text_colour())
    return alt.X("utcyearmonthdate(day):T", title=None, axis=axis)


def _credits_of(name: str) -> alt.Y:
    return alt.Y(f"{name}:Q", title=None, axis=alt.Axis(format=",.0f", tickCount=4, labelColor=text_colour()))


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("written:N", title=_("Day")),
        alt.Tooltip("credits:Q", title=_("Credits"), format=",.2~f"),
    ]
