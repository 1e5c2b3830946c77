"""What changed: against the period before, spikes of usage, restated days, rulesets and templates.

Not here: what a spike or a restatement is (forecasting/spikes/, dbt_project/).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import streamlit as st

from orchestration.dashboard.figures.periods import selection_before
from orchestration.dashboard.figures.queries import DAILY, breakdown
from orchestration.dashboard.sidebar import Choice
from orchestration.dashboard.tables import Column, show_table
from orchestration.dashboard.text import dimension_label, escaped, value_label
from orchestration.publish.report import formatting
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.load import has_mart
from orchestration.publish.report.model import Report
from orchestration.publish.report.sentences import restated_text

NOTHING = Decimal(0)
_VERSIONS = (("ruleset_changes", "ruleset_id"), ("template_changes", "template_id"))


def show_changes(connection: duckdb.DuckDBPyConnection, choice: Choice, report: Report) -> None:
    """Everything that changed, and why."""
    _show_compared(connection, choice)
    _show_spikes(connection, choice)
    _show_versions(connection, choice)
    st.header(_("What changed since yesterday"), anchor=False)
    if not report.restated:
        st.write(_("Nothing that had been published before."))
    for line in report.restated:
        st.markdown(escaped(f"{restated_text(line, write_date=formatting.day_month_year)}."))


def compared_with_before(
    connection: duckdb.DuckDBPyConnection, choice: Choice, by: str
) -> list[tuple[str, Decimal, Decimal]]:
    """Value, credits of the period and of the one before, the largest change first; both sum to the totals.

    Empty if the days before are not kept.
    """
    before = selection_before(choice.selection, choice.period, as_of=choice.as_of)
    if before is None:
        return []
    now, then = (
        {value: figures.credits for value, figures in breakdown(connection, selection, by)}
        for selection in (choice.selection, before)
    )
    lines = [(value, now.get(value, NOTHING), then.get(value, NOTHING)) for value in {**now, **then}]
    return sorted(lines, key=lambda line: (-abs(line[1] - line[2]), line[0]))


def _show_compared(connection: duckdb.DuckDBPyConnection, choice: Choice) -> None:
    st.header(_("Against the period before"), anchor=False)
    before = choice.period.before
    if before is not None:
        first, last = map(formatting.day_month_year, before)
        st.caption(_("The period before is {first} to {last}.", first=first, last=last))
    by = st.segmented_control(
        _("By"), DAILY, default="member_id", key="compared-by", format_func=dimension_label, required=True
    )
    lines = compared_with_before(connection, choice, by or "member_id")
    if not lines:
        st.write(_("Nothing is known of the period before."))
        return
    rows = [
        (value_label(by, value, choice.names), now, then, now - then, (now - then) / then if then else None)
        for value, now, then in lines
    ]
    columns = (
        Column(dimension_label(by), "text"),
        Column(_("Credits")),
        Column(_("Before")),
        Column(_("Change")),
        Column(_("Change, share"), "percent"),
    )
    show_table(columns, rows, title=_("Against the period before"))


def _show_spikes(connection: duckdb.DuckDBPyConnection, choice: Choice) -> None:
    st.header(_("Spikes"), anchor=False)
    query = (
        "select usage_date, scope, credits, usual, cause, is_muted from marts.usage_spikes"
        " where workspace_id = $id and usage_date between $first and $last order by usage_date desc, scope"
    )
    chosen = choice.selection
    days = {"id": chosen.workspace_id, "first": chosen.first, "last": chosen.last}
    rows = connection.execute(query, days).fetchall() if has_mart(connection, "usage_spikes") else []
    if not rows:
        st.write(_("No day of the period stands out."))
        return
    columns = (
        Column(_("Day"), "date"),
        Column(_("What"), "text"),
        Column(_("Credits")),
        Column(_("Usual")),
        Column(_("Cause"), "text"),
        Column(_("Alert"), "text"),
    )
    shown = [
        (
            day,
            _("single charges") if scope == "event" else _("the day"),
            credits,
            usual,
            cause,
            _("no") if muted else _("yes"),
        )
        for day, scope, credits, usual, cause, muted in rows
    ]
    show_table(columns, shown, title=_("Spikes"))


def _show_versions(connection: duckdb.DuckDBPyConnection, choice: Choice) -> None:
    st.header(_("New rulesets and templates"), anchor=False)
    rows = list(_version_rows(connection, choice))
    if not rows:
        st.write(_("No ruleset or template was first used in the last 90 days."))
        return
    columns = (
        Column(_("Kind"), "text"),
        Column(_("New"), "text"),
        Column(_("Generation type"), "text"),
        Column(_("Since"), "date"),
        Column(_("Instead of"), "text"),
        Column(_("Regenerated"), "percent"),
        Column(_("Regenerated before"), "percent"),
        Column(_("Quality")),
        Column(_("Quality before")),
    )
    show_table(columns, rows, title=_("New rulesets and templates"))


def _version_rows(connection: duckdb.DuckDBPyConnection, choice: Choice) -> Iterator[tuple[Any, ...]]:
    for mart, id in _VERSIONS:
        if not has_mart(connection, mart):
            continue
        query = (
            f"select {id}, generation_type, changed_on, previous_{id}, regeneration_rate_after,"
            " regeneration_rate_before, first_pass_quality_score_after, first_pass_quality_score_before"
            f" from marts.{mart} where workspace_id = $id order by changed_on desc, {id}, generation_type"
        )
        found = connection.execute(query, {"id": choice.selection.workspace_id})
        for new, kind, *rest in found.fetchall():
            yield dimension_label(id), new, value_label("generation_type", kind, choice.names), *rest
