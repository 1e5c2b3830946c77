"""The dashboard: figures of the published marts for chosen filters, shown with Streamlit.

Started by `credits dashboard`. Not here: the figures (queries.py), or the sentences, bars and chart of the
report (publish/report/).
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
    details,
    first_and_last_day,
    known_names,
    total,
)
from orchestration.publish.report import charts, formatting, sentences
from orchestration.publish.report.breakdown import abridge
from orchestration.publish.report.budgets import budget_texts
from orchestration.publish.report.headline import deciding_charge_text
from orchestration.publish.report.i18n import LANGUAGES, using_language
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.load import load_report, workspace_ids
from orchestration.publish.report.page import (
    burn_down_sentences,
    headline_notes,
    report_headline,
    template,
    workspace_label,
)
from orchestration.publish.rows.cells import display_value, guarded
from orchestration.publish.rows.read_only import open_published
from orchestration.publish.rows.write import write_csv
from orchestration.publish.versions.export import DATABASE_NAME
from orchestration.settings import Settings

PERIODS_DAYS = (7, 30, 90)
MOST_IN_CSV = 1_000_000
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Thai", sans-serif'
# display names by dimension and id
Names = Mapping[tuple[str, str], str]


def main() -> None:
    """One view, rerun by Streamlit on every choice; all of it reads one version."""
    settings = Settings.load()
    language = st.query_params.get("lang", settings.lang)
    with using_language(language if language in LANGUAGES else "en"):
        st.set_page_config(page_title=_("Credit usage"), layout="wide", initial_sidebar_state="auto")
        version = settings.published_dir.resolve()
        if not (version / DATABASE_NAME).exists():
            st.title(_("Nothing is published yet"))
            st.write(_("Run this, then reload the page:"))
            st.code("credits run --landing DIR --data-dir DIR", language=None)
            return
        try:
            # closed after this view, so that a version that is removed is released
            with open_published(version / DATABASE_NAME) as connection:
                _view(connection, settings)
        except duckdb.Error as error:
            st.error(_("What is published cannot be read: {error}", error=_escaped(str(error))))


def _view(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    ids = workspace_ids(connection)
    if not ids:
        st.title(_("No workspace has a generation or a credit entry yet."))
        return
    selection = _filter(connection, ids)
    if selection is None:
        return
    report = load_report(settings.published_dir.resolve(), workspace_id=selection.workspace_id, days=30)
    published = (
        f" · {_('published {at}', at=formatting.instant(report.published_at))}" if report.published_at else ""
    )
    st.caption(
        _escaped(
            f"{workspace_label(report)} · "
            f"{_('data to {day}', day=formatting.day_month_year(report.summary.as_of))}{published}"
        )
    )
    charge = deciding_charge_text(report.forecast, write_date=formatting.day_month_year)
    if charge:
        st.warning(_escaped(f"{charge}."))
    st.title(_escaped(report_headline(report)), anchor=False)
    for note in headline_notes(report):
        st.markdown(_escaped(note))
    is_unknown = sentences.is_waste_unknown(report)
    _figures(total(connection, selection), selection, is_waste_unknown=is_unknown)
    chart = charts.burn_down(report)
    left, right = st.columns(2)
    with left:
        st.subheader(_("Credits left"), anchor=False)
        if chart is None:
            st.write(_("There is no credit ledger."))
        else:
            described = burn_down_sentences(report)
            picture = template("burn_down.svg.j2").module.burn_down(chart, described)  # type: ignore[attr-defined]
            st.image(str(picture), width="stretch", alt=" ".join(described))
    with right:
        st.subheader(_("Credits by day"), anchor=False)
        _by_day(breakdown(connection, selection, "usage_date"))
    if report.budgets:
        st.subheader(_("Budgets"), anchor=False)
        for sentence in budget_texts(report.budgets):
            st.markdown(_escaped(f"{sentence}."))
    names = known_names(connection, selection.workspace_id)
    for column, by in zip(st.columns(len(DIMENSIONS)), DIMENSIONS, strict=True):
        with column:
            _bars(by, breakdown(connection, selection, by), names)
    _details(connection, selection, names)


def _filter(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> Filter | None:
    """The filter chosen in the sidebar; the URL keeps it, so that it can be shared."""
    params = st.query_params
    with st.sidebar:
        first_shown = params["workspace"] if params.get("workspace") in ids else ids[0]
        if st.session_state.get("workspace") not in ids:
            st.session_state["workspace"] = first_shown
        workspace_id = st.selectbox(_("Workspace"), ids, key="workspace", format_func=formatting.plain)
        days = first_and_last_day(connection, workspace_id)
        as_of = _as_of(connection, workspace_id)
        period = _period(params.get("days"))
        if period is None:
            first, last = _dates(params, first=days[0] if days else as_of, last=as_of)
        else:
            first, last = as_of - timedelta(days=period - 1), as_of
        if first is None:
            st.info(_("Choose the last day, too."))
            return None
        selection = Filter(workspace_id, first, last)
        labels = {
            "member_id": _("Team member"),
            "product_category": _("Category"),
            "generation_type": _("Generation type"),
            REASON: _("Reason of waste"),
        }
        names = known_names(connection, workspace_id)
        options = choices(connection, selection)
        chosen = {name: _chosen(params, name, labels[name], options[name], names) for name in labels}
        if chosen[REASON]:
            st.caption(_("Reasons are known of the single generations of the last 90 days."))
    _keep(params, workspace_id, period, first, last, chosen)
    reasons = chosen.pop(REASON)
    return Filter(workspace_id, first, last, chosen, reasons)


def _initialized(key: str, value: object) -> str:
    """The key of a widget, which starts with the value from the URL and then keeps what is chosen."""
    st.session_state.setdefault(key, value)
    return key


def _period(param: str | None) -> int | None:
    options = [*PERIODS_DAYS, None]
    by_name = {str(days): days for days in PERIODS_DAYS} | {"dates": None}
    return st.radio(
        _("Period"),
        options,
        key=_initialized("days", by_name.get(param or "", PERIODS_DAYS[1])),
        format_func=lambda days: _("Other dates") if days is None else _("{days} days", days=days),
        horizontal=True,
    )


def _dates(params: Any, *, first: date, last: date) -> tuple[date | None, date]:
    ends = sorted((_day(params.get("from"), first), _day(params.get("to"), last)))
    picked = st.date_input(_("From and to"), key=_initialized("dates", tuple(ends)))
    return (picked[0], picked[1]) if isinstance(picked, tuple) and len(picked) == 2 else (None, last)


def _chosen(params: Any, name: str, label: str, options: Sequence[str], names: Names) -> tuple[str, ...]:
    _initialized(name, params.get_all(name))
    # a value chosen for other days or another workspace may not exist here
    st.session_state[name] = [value for value in st.session_state[name] if value in options]
    return tuple(
        st.multiselect(
            label,
            options,
            key=name,
            placeholder=_("All"),
            format_func=lambda value: formatting.plain(_label(name, value, names)),
        )
    )


def _keep(
    params: Any,
    workspace_id: str,
    period: int | None,
    first: date,
    last: date,
    chosen: Mapping[str, Sequence[str]],
) -> None:
    address: dict[str, Any] = {"workspace": workspace_id, "days": str(period) if period else "dates"}
    if period is None:
        address |= {"from": first.isoformat(), "to": last.isoformat()}
    if params.get("lang"):
        address["lang"] = params["lang"]
    params.from_dict({**address, **{name: list(values) for name, values in chosen.items() if values}})


def _figures(figures: Figures, selection: Filter, *, is_waste_unknown: bool) -> None:
    days = (selection.last - selection.first).days + 1
    metrics = (
        (_("Used in {days} days", days=days), formatting.credits(figures.credits)),
        (_("Generations"), formatting.count(figures.generation_count)),
        (_("Burn per day"), formatting.credits(figures.credits / days)),
        (_("Wasted"), "–" if is_waste_unknown else formatting.credits(figures.wasted_credits)),
        (_("Share wasted"), "–" if is_waste_unknown else formatting.percent(figures.waste_rate) or "–"),
        (_("Regenerated"), formatting.percent(figures.regeneration_rate) or "–"),
    )
    for column, (label, value) in zip(st.columns(len(metrics)), metrics, strict=True):
        column.metric(label, value)


def _by_day(days: Sequence[tuple[date, Figures]]) -> None:
    if not days:
        st.write(_("No use in these days."))
        return
    rows = [
        {
            "day": f"{day.isoformat()}T00:00:00Z",
            "credits": float(figures.credits),
            "label": formatting.credits(figures.credits),
        }
        for day, figures in days
    ]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(color="#0072B2")
        .encode(
            x=alt.X("utcyearmonthdate(day):T", title=None, axis=alt.Axis(grid=False, format="%-d %b")),
            y=alt.Y("credits:Q", title=None, axis=alt.Axis(format=",.0f", tickCount=4)),
            tooltip=[
                alt.Tooltip("utcyearmonthdate(day):T", title=_("Day")),
                alt.Tooltip("label:N", title=_("Credits")),
            ],
        )
        .properties(height=charts.HEIGHT)
        .configure(font=FONT)
    )
    st.altair_chart(chart, theme=None)


def _bars(by: str, lines: Sequence[tuple[str, Figures]], names: Names) -> None:
    heading = {
        "member_id": _("By team member"),
        "product_category": _("By category"),
        "generation_type": _("By generation type"),
    }[by]
    st.subheader(heading, anchor=False)
    if not lines:
        st.write(_("No use in these days."))
        return
    entries = [(formatting.plain(_label(by, key, names)), figures.credits, None) for key, figures in lines]
    layout = template("bars.html.j2").module
    style = f"<style>{layout.bar_styles()}</style>"  # type: ignore[attr-defined]
    st.html(style + str(layout.bars(heading, abridge(entries))))  # type: ignore[attr-defined]


def _details(connection: duckdb.DuckDBPyConnection, selection: Filter, names: Names) -> None:
    st.subheader(_("Generations"), anchor=False)
    rows = details(connection, selection, limit=DETAILS_SHOWN + 1).executed().fetchall()
    if not rows:
        st.write(_("No generation of the last 90 days is in this choice."))
        return
    if len(rows) > DETAILS_SHOWN:
        st.caption(_("The newest {count}; the CSV has all.", count=formatting.count(DETAILS_SHOWN)))
    table = [
        {name: _cell(name, value, names) for name, value in zip(DETAILS_COLUMNS, row, strict=True)}
        for row in rows[:DETAILS_SHOWN]
    ]
    st.dataframe(table, hide_index=True)
    st.download_button(
        _("Download as CSV"),
        _csv(connection, selection),
        file_name=f"generations-{selection.first.isoformat()}-{selection.last.isoformat()}.csv",
        mime="text/csv",
        on_click="ignore",
    )


def _csv(connection: duckdb.DuckDBPyConnection, selection: Filter) -> bytes:
    out = BytesIO()
    write_csv(details(connection, selection, limit=MOST_IN_CSV), out)
    return out.getvalue()


def _cell(name: str, value: object, names: Names) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        # Streamlit lets people copy the table and save it as CSV
        return guarded(formatting.plain(_label(name, value, names)))
    return display_value(value)


def _label(name: str, value: str, names: Names) -> str:
    """The display name of a value; an id without a name is shown as it is."""
    return sentences.describe_waste_reason(value).name if name == REASON else names.get((name, value), value)


def _as_of(connection: duckdb.DuckDBPyConnection, workspace_id: str) -> date:
    query = "select max(as_of) from marts.credit_summary where workspace_id = $id"
    (day,) = connection.execute(query, {"id": workspace_id}).fetchall()[0]
    return day if isinstance(day, date) else datetime.now(UTC).date()


def _day(text: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        return otherwise


def _escaped(text: str) -> str:
    """Text escaped for Markdown: a name is never a link, a formula or a picture."""
    plain = formatting.plain(text)
    return "".join(
        f"\\{letter}" if letter in "\\`*_{}[]()#+-.!|~<>$:&^=\"'@/%" else letter for letter in plain
    )


main()
