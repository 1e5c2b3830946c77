"""What was wasted, by reason, and what could be changed to waste less.

Not here: the sentences (publish/report/).
"""

from __future__ import annotations

from decimal import Decimal

import duckdb
import streamlit as st

from orchestration.dashboard.figures.queries import DETAIL_DAYS, Figures, waste_by_reason
from orchestration.dashboard.sidebar import Choice
from orchestration.dashboard.tables import Column, show_table
from orchestration.dashboard.text import escaped
from orchestration.publish.report import formatting, sentences, suggestions
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import Report
from orchestration.publish.report.page import SUGGESTIONS_SHOWN


def show_waste(
    connection: duckdb.DuckDBPyConnection, choice: Choice, figures: Figures, report: Report
) -> None:
    """Waste of what is chosen by reason, which adds up to all of it, and what is still pending."""
    st.header(_("Waste by reason"), anchor=False)
    if sentences.is_waste_unknown(report):
        st.write(_("unknown"))
    elif not figures.wasted_credits:
        st.write(_("No waste detected."))
    else:
        _reasons(connection, choice, figures)
    pending = sentences.pending_text(report)
    if pending and not choice.selection.is_narrowed:
        st.markdown(escaped(f"{pending}."))


def show_suggestions(report: Report) -> None:
    """What could be changed, the largest saving first, each with its evidence."""
    st.header(_("What to change"), anchor=False)
    if not report.suggestions:
        st.write(escaped(suggestions.advice_text(report) or _("No waste detected.")))
        return
    for suggestion in report.suggestions[:SUGGESTIONS_SHOWN]:
        saving = suggestions.saving_text(suggestion)
        effect = suggestions.what_if_text(suggestion, report.forecast, write_date=formatting.day_month_year)
        evidence = suggestions.evidence_text(suggestion, write_date=formatting.day_month_year)
        with st.container(border=True):
            st.markdown(escaped(suggestions.suggestion_text(suggestion)))
            st.caption(escaped("; ".join(filter(None, (saving, effect)))))
            st.caption(escaped(_("Evidence: {evidence}", evidence=evidence)))
    st.caption(_("Savings are potential: they overlap and are not to be added up, and name no cause."))


def _reasons(connection: duckdb.DuckDBPyConnection, choice: Choice, figures: Figures) -> None:
    lines = waste_by_reason(connection, choice.selection, wasted=figures.wasted_credits)
    rows, notes = [], []
    for reason, credits, count in lines:
        known = sentences.describe_waste_reason(reason) if reason else None
        name = known.name if known else _("before the last {days} days", days=DETAIL_DAYS)
        share = credits / figures.credits if figures.credits else Decimal(0)
        rows.append((name, credits, share, count))
        notes += [f"{name}: {known.meaning}"] if known and known.meaning else []
    columns = (
        Column(_("Reason"), "text"),
        Column(_("Credits")),
        Column(_("Share of use"), "percent"),
        Column(_("Generations")),
    )
    show_table(columns, rows, title=_("Waste by reason, table"))
    for note in notes:
        st.caption(escaped(note))
