"""Sliders for changes, and when the credits would run out with them.

Not here: the forecast, which `credits forecast` makes (ask/what_if.py runs it).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

from orchestration.ask.what_if import WhatIfFailed, changed_forecast
from orchestration.dashboard.text import escaped
from orchestration.publish.report import formatting
from orchestration.publish.report.headline import headline, range_text
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import Forecast, Report
from orchestration.publish.report.sentences import buying_text

LONGEST_DAYS_AHEAD = 365
RESULT = "what-if result"


def show_what_if(
    connection: duckdb.DuckDBPyConnection, report: Report, *, data_dir: Path, version: Path
) -> None:
    """Sliders, and the forecast as it is next to the one with the changes.

    Args:
        data_dir: its working warehouse is what the forecast is made from.
        version: a result of another version is not shown.
    """
    st.header(_("What if"), anchor=False)
    if report.summary.credits_remaining is None:
        st.write(_("There is no credit ledger."))
        return
    workspace_id = report.summary.workspace_id
    with st.form("what-if"):
        changes = _changes(report, packs_on_offer(connection, report))
        is_asked = st.form_submit_button(_("Predict"), type="primary")
    if is_asked and not changes:
        st.info(_("Move a slider first."))
    elif is_asked:
        with st.spinner(_("Predicting …")):
            try:
                found = changed_forecast(data_dir, workspace_id, changes)
            except WhatIfFailed as error:
                st.error(escaped(str(error)))
                return
        st.session_state[RESULT] = (workspace_id, version, found)
    kept = st.session_state.get(RESULT)
    if kept and kept[:2] == (workspace_id, version):
        _show_result(kept[2], report)


def packs_on_offer(connection: duckdb.DuckDBPyConnection, report: Report) -> list[str]:
    """The packs known from purchases and from what the forecast recommends."""
    query = "select distinct pack_id from marts.purchases where workspace_id = $id and pack_id is not null"
    bought = connection.execute(query, {"id": report.summary.workspace_id}).fetchall()
    listed = report.forecast.recommended_packs if report.forecast else None
    recommended = [pack["pack_id"] for pack in json.loads(listed or "[]")]
    return sorted({*(pack for (pack,) in bought), *recommended})


def _changes(report: Report, packs: list[str]) -> list[str]:
    """The sliders, and the changes they are at as `credits forecast --what-if` reads them."""
    summary, left, right = report.summary, *st.columns(2)
    tomorrow = summary.as_of + timedelta(days=1)
    days: dict[str, Any] = {"value": tomorrow, "min_value": tomorrow, "format": "YYYY-MM-DD"}
    days["max_value"] = summary.as_of + timedelta(days=LONGEST_DAYS_AHEAD)
    with left:
        rate = st.slider(_("Credits spent on regenerations, change"), -100, 100, 0, 5, format="%d%%")
        saved = st.slider(_("Credits saved in 30 days"), 0, max(int(summary.credits_used), 1), 0)
        members = (
            st.slider(_("Team members more or fewer"), -summary.member_count, 10, 0)
            if (summary.member_count)
            else 0
        )
    with right:
        products = st.number_input(_("Products at once"), 0, 1_000_000, 0, 10)
        bulk_on = st.date_input(_("on"), key="bulk-on", **days)
        pack = st.selectbox(
            _("Buy a pack"),
            [None, *packs],
            format_func=lambda id: _("none") if id is None else formatting.plain(id),
        )
        bought_on = st.date_input(_("ordered on"), key="bought-on", **days)
    found = {
        f"regeneration-rate={rate:+d}%": rate,
        f"saving={saved} credits": saved,
        f"members={members:+d}": members,
        f"bulk={products} products@{bulk_on}": products,
        f"buy={pack}@{bought_on}": pack,
    }
    return [change for change, is_made in found.items() if is_made]


def _show_result(found: Mapping[str, Any], report: Report) -> None:
    columns = st.columns(2)
    for column, title, row in zip(
        columns, (_("As it is"), _("With the changes")), (found["as_it_is"], found["changed"]), strict=True
    ):
        with column, st.container(border=True):
            st.caption(title)
            _show_forecast(forecast_of(row), report)
    later = found["median_days_later"]
    if later:
        days = formatting.whole_days(Decimal(abs(later)))
        text = (
            _("{days} later in the median.", days=days)
            if later > 0
            else _("{days} earlier in the median.", days=days)
        )
        st.markdown(f"**{escaped(text)}**")


def _show_forecast(forecast: Forecast, report: Report) -> None:
    write_date = formatting.day_month_year
    said = headline(forecast, write_date=write_date, last_usage_date=report.summary.last_usage_date)
    st.markdown(f"**{escaped(said)}**")
    notes = (
        range_text(forecast, write_date=write_date),
        buying_text(forecast, write_date=write_date, as_of=report.summary.as_of),
    )
    for note in filter(None, notes):
        st.markdown(escaped(f"{note}."))


def forecast_of(row: Mapping[str, Any]) -> Forecast:
    """A row of `credits forecast --format json` as the sentences take it; what it leaves out is unknown."""
    days, counts = Decimal(row.get("burn_rate_7d_credits") or 0), row.get("burn_rate_7d_days")
    values: dict[str, Any] = {field.name: row.get(field.name) for field in fields(Forecast)}
    for name, value in values.items():
        if isinstance(value, str) and _is_day(name):
            values[name] = date.fromisoformat(value)
        elif isinstance(value, str) and _is_decimal(name):
            values[name] = Decimal(value)
    unknown = {"lead_time_days": 0, "capped_credits": Decimal(0)}
    return Forecast(**{**values, **unknown, "burn_rate_7d": days / counts if counts else None})


def _is_day(name: str) -> bool:
    return name.endswith(("_date", "_on", "_since", "_by")) or name.startswith("depletes_on_")


def _is_decimal(name: str) -> bool:
    return "credits" in name or name.startswith(("chance_", "burn_rate")) or name == "packs_price"
