"""The dashboard: what a person asks of the published marts by choosing, shown with Streamlit.

Started by `credits dashboard`. Not here: figures (publish/filtered.py), the report's sentences and bars
(publish/words.py, templates/bars.html.j2), the chart (publish/charts.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import altair as alt
import duckdb
import streamlit as st

from orchestration.dashboard.queries import (
    DETAILS_COLUMNS,
    DETAILS_SHOWN,
    DIMENSIONS,
    REASON,
    Figures,
    Filter,
    breakdown,
    choices,
    days_of,
    details,
    known_names,
    total,
)
from orchestration.publish.report import charts, formatting, sentences
from orchestration.publish.report.breakdown import abridged
from orchestration.publish.report.i18n import LANGUAGES, say, speaking
from orchestration.publish.report.load import load_report, workspace_ids
from orchestration.publish.report.page import headline, headline_notes, template, workspace_label
from orchestration.publish.rows.cells import guarded, shown_value
from orchestration.publish.rows.read_only import open_published
from orchestration.publish.rows.write import write_csv
from orchestration.publish.versions.export import DATABASE_NAME
from orchestration.settings import Settings

PERIODS_DAYS = (7, 30, 90)
MOST_IN_CSV = 1_000_000
# how ids are called, by the dimension and the id
Names = Mapping[tuple[str, str], str]


def main() -> None:
    """One view, made anew whenever something is chosen; all of it is of one version."""
    settings = Settings.load()
    language = st.query_params.get("lang", settings.lang)
    with speaking(language if language in LANGUAGES else "en"):
        st.set_page_config(page_title=say("Credit usage"), layout="wide", initial_sidebar_state="auto")
        version = settings.published_dir.resolve()
        if not (version / DATABASE_NAME).exists():
            st.title(say("Nothing is published yet"))
            st.write(say("Run this, then reload the page:"))
            st.code("credits run --landing DIR --data-dir DIR", language=None)
            return
        try:
            # opened for this view and closed after it: a version that is no longer kept is let go
            with open_published(version / DATABASE_NAME) as connection:
                _view(connection, settings)
        except duckdb.Error as error:
            st.error(say("What is published cannot be read: {error}", error=_escaped(str(error))))


def _view(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    ids = workspace_ids(connection)
    if not ids:
        st.title(say("No workspace has a generation or a credit entry yet."))
        return
    asked = _asked(connection, ids)
    if asked is None:
        return
    report = load_report(settings.published_dir.resolve(), workspace_id=asked.workspace_id, days=30)
    published = (
        f" · {say('published {at}', at=formatting.instant(report.published_at))}"
        if report.published_at
        else ""
    )
    st.caption(
        _escaped(
            f"{workspace_label(report)} · "
            f"{say('data to {day}', day=formatting.day_month_year(report.summary.as_of))}{published}"
        )
    )
    st.title(_escaped(headline(report)), anchor=False)
    for note in headline_notes(report):
        st.markdown(_escaped(note))
    _figures(total(connection, asked), asked)
    chart = charts.burn_down(report)
    left, right = st.columns(2)
    with left:
        st.subheader(say("Credits left"), anchor=False)
        if chart is None:
            st.write(say("There is no credit ledger."))
        else:
            st.altair_chart(chart.properties(width="container"), theme=None)
    with right:
        st.subheader(say("Credits by day"), anchor=False)
        _by_day(breakdown(connection, asked, "usage_date"))
    names = known_names(connection, asked.workspace_id)
    for column, by in zip(st.columns(len(DIMENSIONS)), DIMENSIONS, strict=True):
        with column:
            _bars(by, breakdown(connection, asked, by), names)
    _details(connection, asked, names)


def _asked(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> Filter | None:
    """What is chosen in the sidebar; the address keeps it, so that it can be shared."""
    told = st.query_params
    with st.sidebar:
        first_shown = told["workspace"] if told.get("workspace") in ids else ids[0]
        if st.session_state.get("workspace") not in ids:
            st.session_state["workspace"] = first_shown
        workspace_id = st.selectbox(say("Workspace"), ids, key="workspace", format_func=formatting.plain)
        days = days_of(connection, workspace_id)
        as_of = _as_of(connection, workspace_id)
        period = _period(told.get("days"))
        if period is None:
            first, last = _dates(told, first=days[0] if days else as_of, last=as_of)
        else:
            first, last = as_of - timedelta(days=period - 1), as_of
        if first is None:
            st.info(say("Choose the last day, too."))
            return None
        asked = Filter(workspace_id, first, last)
        labels = {
            "member_id": say("Team member"),
            "product_category": say("Category"),
            "generation_type": say("Generation type"),
            REASON: say("Reason of waste"),
        }
        names = known_names(connection, workspace_id)
        found = choices(connection, asked)
        chosen = {name: _chosen(told, name, labels[name], found[name], names) for name in labels}
        if chosen[REASON]:
            st.caption(say("Reasons are known of the single generations of the last 90 days."))
    _keep(told, workspace_id, period, first, last, chosen)
    reasons = chosen.pop(REASON)
    return Filter(workspace_id, first, last, chosen, reasons)


def _begun(key: str, told: object) -> str:
    """The key of a widget, which starts with what the address tells and then keeps what is chosen."""
    st.session_state.setdefault(key, told)
    return key


def _period(told: str | None) -> int | None:
    options = [*PERIODS_DAYS, None]
    by_name = {str(days): days for days in PERIODS_DAYS} | {"dates": None}
    return st.radio(
        say("Period"),
        options,
        key=_begun("days", by_name.get(told or "", PERIODS_DAYS[1])),
        format_func=lambda days: say("Other dates") if days is None else say("{days} days", days=days),
        horizontal=True,
    )


def _dates(told: Any, *, first: date, last: date) -> tuple[date | None, date]:
    ends = sorted((_day(told.get("from"), first), _day(told.get("to"), last)))
    picked = st.date_input(say("From and to"), key=_begun("dates", tuple(ends)))
    return (picked[0], picked[1]) if isinstance(picked, tuple) and len(picked) == 2 else (None, last)


def _chosen(told: Any, name: str, label: str, options: Sequence[str], names: Names) -> tuple[str, ...]:
    _begun(name, told.get_all(name))
    # what was chosen for other days or another workspace may not be there
    st.session_state[name] = [value for value in st.session_state[name] if value in options]
    return tuple(
        st.multiselect(
            label,
            options,
            key=name,
            placeholder=say("All"),
            format_func=lambda value: formatting.plain(_label(name, value, names)),
        )
    )


def _keep(
    told: Any,
    workspace_id: str,
    period: int | None,
    first: date,
    last: date,
    chosen: Mapping[str, Sequence[str]],
) -> None:
    address: dict[str, Any] = {"workspace": workspace_id, "days": str(period) if period else "dates"}
    if period is None:
        address |= {"from": first.isoformat(), "to": last.isoformat()}
    if told.get("lang"):
        address["lang"] = told["lang"]
    told.from_dict({**address, **{name: list(values) for name, values in chosen.items() if values}})


def _figures(figures: Figures, asked: Filter) -> None:
    days = (asked.last - asked.first).days + 1
    told = (
        (say("Used in {days} days", days=days), formatting.credits(figures.credits)),
        (say("Generations"), formatting.count(figures.generation_count)),
        (say("Burn per day"), formatting.credits(figures.credits / days)),
        (say("Wasted"), formatting.credits(figures.wasted_credits)),
        (say("Share wasted"), formatting.percent(figures.waste_rate) or "–"),
        (say("Regenerated"), formatting.percent(figures.regeneration_rate) or "–"),
    )
    for column, (label, value) in zip(st.columns(len(told)), told, strict=True):
        column.metric(label, value)


def _by_day(days: Sequence[tuple[date, Figures]]) -> None:
    if not days:
        st.write(say("No use in these days."))
        return
    rows = [
        {
            "day": f"{day.isoformat()}T00:00:00Z",
            "credits": float(of.credits),
            "told": formatting.credits(of.credits),
        }
        for day, of in days
    ]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(color=charts.BLUE)
        .encode(
            x=alt.X("utcyearmonthdate(day):T", title=None, axis=alt.Axis(grid=False, format="%-d %b")),
            y=alt.Y("credits:Q", title=None, axis=alt.Axis(format=",.0f", tickCount=4)),
            tooltip=[
                alt.Tooltip("utcyearmonthdate(day):T", title=say("Day")),
                alt.Tooltip("told:N", title=say("Credits")),
            ],
        )
        .properties(height=charts.HEIGHT)
        .configure(font=charts.FONT)
    )
    st.altair_chart(chart, theme=None)


def _bars(by: str, lines: Sequence[tuple[str, Figures]], names: Names) -> None:
    heading = {
        "member_id": say("By team member"),
        "product_category": say("By category"),
        "generation_type": say("By generation type"),
    }[by]
    st.subheader(heading, anchor=False)
    if not lines:
        st.write(say("No use in these days."))
        return
    entries = [(formatting.plain(_label(by, key, names)), of.credits, None) for key, of in lines]
    layout = template("bars.html.j2").module
    style = f"<style>{layout.bar_styles()}</style>"  # type: ignore[attr-defined]
    st.html(style + str(layout.bars(heading, abridged(entries))))  # type: ignore[attr-defined]


def _details(connection: duckdb.DuckDBPyConnection, asked: Filter, names: Names) -> None:
    st.subheader(say("Generations"), anchor=False)
    rows = details(connection, asked, limit=DETAILS_SHOWN + 1).executed().fetchall()
    if not rows:
        st.write(say("No generation of the last 90 days is in this choice."))
        return
    more = len(rows) > DETAILS_SHOWN
    if more:
        st.caption(say("The newest {count}; the CSV has all.", count=formatting.count(DETAILS_SHOWN)))
    table = [
        {name: _cell(name, value, names) for name, value in zip(DETAILS_COLUMNS, row, strict=True)}
        for row in rows[:DETAILS_SHOWN]
    ]
    st.dataframe(table, hide_index=True)
    st.download_button(
        say("Download as CSV"),
        _csv(connection, asked),
        file_name=f"generations-{asked.first.isoformat()}-{asked.last.isoformat()}.csv",
        mime="text/csv",
        on_click="ignore",
    )


def _csv(connection: duckdb.DuckDBPyConnection, asked: Filter) -> bytes:
    out = BytesIO()
    write_csv(details(connection, asked, limit=MOST_IN_CSV), out)
    return out.getvalue()


def _cell(name: str, value: object, names: Names) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        # the table can be copied and saved as CSV by a button of its own
        return guarded(formatting.plain(_label(name, value, names)))
    return shown_value(value)


def _label(name: str, value: str, names: Names) -> str:
    """How a value is called; ids without a name are shown by themselves."""
    return sentences.waste_words(value).name if name == REASON else names.get((name, value), value)


def _as_of(connection: duckdb.DuckDBPyConnection, workspace_id: str) -> date:
    query = "select max(as_of) from marts.credit_summary where workspace_id = $id"
    (day,) = connection.execute(query, {"id": workspace_id}).fetchall()[0]
    return day if isinstance(day, date) else datetime.now(UTC).date()


def _day(told: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(told) if told else otherwise
    except ValueError:
        return otherwise


def _escaped(text: str) -> str:
    """Text as Markdown that shows it as it is: a name is never a link, a formula or a picture."""
    plain = formatting.plain(text)
    return "".join(
        f"\\{letter}" if letter in "\\`*_{}[]()#+-.!|~<>$:&^=\"'@/%" else letter for letter in plain
    )


main()
