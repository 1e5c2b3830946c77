"""Budgets and calendar periods as tables, and how good the forecast has been.

Not here: the sentences (publish/report/), or changes to the forecast (what_if.py).
"""

from __future__ import annotations

import duckdb
import streamlit as st

from orchestration.dashboard.figures.periods import Compared, compared
from orchestration.dashboard.sidebar import Choice
from orchestration.dashboard.tables import Column, show_table
from orchestration.dashboard.text import escaped, period_label
from orchestration.publish.report.budgets import budget_labels, budget_text, period_name
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import Budget, Report
from orchestration.publish.report.sentences import MIN_SCORED_CASES, accuracy_text


def show_periods(connection: duckdb.DuckDBPyConnection, choice: Choice) -> None:
    """What is chosen in every published period, next to the period before each."""
    st.header(_("Periods"), anchor=False)
    rows = [
        _period_row(compared(connection, choice.selection, period, as_of=choice.as_of))
        for period in choice.periods.values()
    ]
    columns = (
        Column(_("Period"), "text"),
        Column(_("First day"), "date"),
        Column(_("Last day"), "date"),
        Column(_("Credits")),
        Column(_("Before"), help=_("Credits in the period before.")),
        Column(_("Change")),
        Column(_("Cost")),
        Column(_("Currency"), "text"),
        Column(_("Wasted")),
        Column(_("Share wasted"), "percent"),
        Column(_("Generations")),
        Column(_("Regenerated"), "percent"),
    )
    show_table(columns, rows, title=_("Periods"))


def show_budgets(report: Report) -> None:
    """Budgets of open periods: used, expected at the end, and the chance to pass them."""
    st.header(_("Budgets"), anchor=False)
    if not report.budgets:
        st.write(_("There are no budgets. Deliver them in the feed budgets."))
        return
    labels = budget_labels(report.budgets)
    columns = (
        Column(_("Budget"), "text"),
        Column(_("Period"), "text"),
        Column(_("Used")),
        Column(_("of")),
        Column(_("Unit"), "text"),
        Column(_("Share used"), "percent"),
        Column(_("Expected at its end")),
        Column(_("from")),
        Column(_("to")),
        Column(_("Chance to pass it"), "percent"),
        Column(_("Passes it on"), "date"),
    )
    rows = [_budget_row(label, budget) for label, budget in zip(labels, report.budgets, strict=True)]
    show_table(columns, rows, title=_("Budgets"))
    for label, budget in zip(labels, report.budgets, strict=True):
        st.markdown(escaped(f"{label}: {budget_text(budget)}."))


def show_accuracy(report: Report) -> None:
    """How good past forecasts have been, where enough of them were scored."""
    st.header(_("How good is this forecast"), anchor=False)
    found = accuracy_text(report)
    for sentence in found:
        st.markdown(escaped(f"{sentence}."))
    if not found:
        st.write(_("Fewer than {least} forecasts could be scored so far.", least=MIN_SCORED_CASES))


def _period_row(line: Compared) -> tuple[object, ...]:
    figures, period = line.figures, line.period
    return (
        *(period_label(period.name), period.first, period.last, figures.credits),
        *(line.credits_before, line.change, figures.cost, figures.currency, figures.wasted_credits),
        *(figures.waste_rate, figures.generation_count, figures.regeneration_rate),
    )


def _budget_row(label: str, budget: Budget) -> tuple[object, ...]:
    unit = budget.currency if budget.unit == "amount" else _("credits")
    return (
        *(label, period_name(budget), budget.used, budget.budget, unit, budget.used_share),
        *(budget.expected_p50, budget.expected_p10, budget.expected_p90, budget.chance_to_exceed),
        budget.exceeded_on or budget.exceeds_on,
    )
