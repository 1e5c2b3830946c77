"""How the members of a workspace compare in a published period.

Not here: what efficiency means (dbt_project/), or members of any other days, whose products cannot be added.
"""

from __future__ import annotations

from decimal import Decimal

import duckdb
import streamlit as st

from orchestration.dashboard.figures.periods import DATES, USUAL
from orchestration.dashboard.sidebar import Choice
from orchestration.dashboard.tables import Column, show_table
from orchestration.dashboard.text import escaped, value_label
from orchestration.publish.report.breakdown import most_efficient
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import Report, UsageLine


def show_members(connection: duckdb.DuckDBPyConnection, choice: Choice, report: Report) -> None:
    """Credits per product, regenerations and quality of each member; the most efficient one is marked."""
    st.header(_("Team members compared"), anchor=False)
    lines = [line for line in report.members if line.id in _members_chosen(choice, report)]
    if not lines:
        st.write(_("No use in these days."))
        return
    if choice.period.name == DATES:
        st.caption(_("Of the last {days} days: members are compared in published periods.", days=report.days))
    elif choice.selection.is_narrowed:
        st.caption(_("Of all that the members did; other filters do not narrow it."))
    _table(lines, _mix_adjusted(connection, choice, report), choice)
    marked = most_efficient(report.members)
    if marked:
        st.caption(
            escaped(
                _(
                    "Most efficient: {name}, the fewest credits per product among members with enough "
                    "products to compare.",
                    name=value_label("member_id", marked.id, choice.names),
                )
            )
        )


def report_period(choice: Choice) -> str:
    """The published period that a table of members is of."""
    if choice.period.name != DATES:
        return choice.period.name
    return USUAL if USUAL in choice.periods else next(iter(choice.periods))


def _members_chosen(choice: Choice, report: Report) -> set[str]:
    chosen = choice.selection.chosen.get("member_id", ())
    return set(chosen) if chosen else {line.id for line in report.members}


def _mix_adjusted(
    connection: duckdb.DuckDBPyConnection, choice: Choice, report: Report
) -> dict[str, Decimal | None]:
    query = (
        "select member_id, mix_adjusted_efficiency from marts.usage_by_member"
        " where workspace_id = $id and period = $period"
    )
    chosen = {"id": choice.selection.workspace_id, "period": report.period}
    return dict(connection.execute(query, chosen).fetchall())


def _table(lines: list[UsageLine], mix: dict[str, Decimal | None], choice: Choice) -> None:
    rows = [
        (
            value_label("member_id", line.id, choice.names) + (" ★" if line.is_most_efficient else ""),
            *(line.credits, line.credit_share, line.generation_count, line.product_count),
            *(line.credits_per_product, mix.get(line.id), line.regeneration_rate),
            *(line.first_pass_quality_score, line.wasted_credits, line.waste_rate, line.cost, line.currency),
        )
        for line in lines
    ]
    columns = (
        Column(_("Team member"), "text"),
        Column(_("Credits")),
        Column(_("Share"), "percent"),
        Column(_("Generations")),
        Column(_("Products")),
        Column(_("Credits per product")),
        Column(
            _("Mix-adjusted"),
            help=_("Credits, divided by what the same fields cost on average; below 1 is better."),
        ),
        Column(_("Regenerated"), "percent"),
        Column(_("First-pass quality"), help=_("Mean score of first attempts, 0 to 1.")),
        Column(_("Wasted")),
        Column(_("Share wasted"), "percent"),
        Column(_("Cost")),
        Column(_("Currency"), "text"),
    )
    show_table(columns, rows, title=_("Team members compared"))
