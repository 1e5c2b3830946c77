"""The dashboard: figures of the published marts for chosen filters, shown with Streamlit.

Started by `credits dashboard`. Not here: the figures (figures/), what is chosen (sidebar.py), or the
sentences of the report (publish/report/).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import streamlit as st

from orchestration.dashboard import what_if
from orchestration.dashboard.bars import is_dark, show_bars
from orchestration.dashboard.changes import show_changes
from orchestration.dashboard.figures.periods import USUAL, Compared, compared
from orchestration.dashboard.figures.queries import DETAIL_DAYS, DETAILED, breakdown
from orchestration.dashboard.first_screen import show_advice, show_figures, show_headline, show_months
from orchestration.dashboard.generations import show_generations
from orchestration.dashboard.members import report_period, show_members
from orchestration.dashboard.over_time import show_balance, show_days
from orchestration.dashboard.plans import show_accuracy, show_budgets, show_periods
from orchestration.dashboard.sidebar import Choice, choose, chosen_language
from orchestration.dashboard.text import dimension_label, escaped
from orchestration.dashboard.waste import show_suggestions, show_waste
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.i18n import using_language
from orchestration.publish.report.load import load_report, workspace_ids
from orchestration.publish.report.model import Report
from orchestration.publish.rows.read_only import open_published
from orchestration.publish.versions.export import DATABASE_NAME
from orchestration.settings import Settings

COMMAND = "credits run --landing DIR --data-dir DIR"
# a first screen with room for the answers, and notes that are dark enough to read
STYLE = """<style>
@media (min-width: 640px) { [data-testid="stMainBlockContainer"] { padding-top: 2.5rem; } }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding-top: 3.5rem; } }
[data-testid="stCaptionContainer"] { opacity: 1; }
[data-testid="stMainBlockContainer"] h1 { font-size: 1.9rem; padding: 0; }
[data-testid="stMainBlockContainer"] h2 { font-size: 1.1rem; padding: .25rem 0; }
[data-testid="stMetricValue"] { font-size: 1.5rem; }
[data-testid="stMetricDelta"] * { white-space: normal; }
</style>"""
# the light blue of chosen values needs dark words
DARK_STYLE = "<style>[data-tag], [data-tag] * { color: #111 !important; }</style>"


def main() -> None:
    """One view, rerun by Streamlit on every choice; all of it reads one version."""
    settings = Settings.load()
    language = chosen_language(settings.lang)
    with using_language(language):
        st.set_page_config(page_title=_("Credit usage"), layout="wide", initial_sidebar_state="auto")
        st.html(STYLE + (DARK_STYLE if is_dark() else ""))
        version = settings.published_dir.resolve()
        if not (version / DATABASE_NAME).exists():
            st.title(_("Nothing is published yet"))
            st.write(_("Run this, then reload the page:"))
            st.code(COMMAND, language=None)
            return
        try:
            # closed after this view, so that a version that is removed is released
            with open_published(version / DATABASE_NAME) as connection:
                _view(connection, settings, version, language)
        except (duckdb.BinderException, duckdb.CatalogException):
            # marts of an older release lack a column
            st.title(_("What is published was made by another release. Run this, then reload the page:"))
            st.code(COMMAND, language=None)
        except duckdb.Error as error:
            st.error(_("What is published cannot be read: {error}", error=escaped(str(error))))


def _view(connection: duckdb.DuckDBPyConnection, settings: Settings, version: Path, language: str) -> None:
    ids = workspace_ids(connection)
    if not ids:
        st.title(_("No workspace has a generation or a credit entry yet."))
        return
    choice = choose(connection, ids, language=language)
    if choice is None:
        return
    workspace_id = choice.selection.workspace_id
    usual = USUAL if USUAL in choice.periods else next(iter(choice.periods))
    report = _report(version, workspace_id, usual, _stamp(version))
    now = compared(connection, choice.selection, choice.period, as_of=choice.as_of)
    show_headline(report)
    show_figures(now, report, burn_days=choice.burn_days)
    show_months(connection, choice)
    show_advice(report)
    _breakdowns(connection, choice)
    _tabs(connection, choice, now, report, settings=settings, version=version)


def _breakdowns(connection: duckdb.DuckDBPyConnection, choice: Choice) -> None:
    headings = {
        "member_id": _("By team member"),
        "product_category": _("By category"),
        "generation_type": _("By generation type"),
    }
    for column, (by, heading) in zip(st.columns(len(headings)), headings.items(), strict=True):
        with column:
            show_bars(by, heading, breakdown(connection, choice.selection, by), choice.names)


def _tabs(
    connection: duckdb.DuckDBPyConnection,
    choice: Choice,
    now: Compared,
    report: Report,
    *,
    settings: Settings,
    version: Path,
) -> None:
    names = (
        *(_("Over time"), _("Waste"), _("Team"), _("Periods and budgets"), _("What if")),
        *(_("What changed"), _("Generations")),
    )
    use, waste, team, plans, changed, changes, generations = st.tabs(names)
    workspace_id = choice.selection.workspace_id
    with use:
        show_days(breakdown(connection, choice.selection, "usage_date"))
        show_balance(report)
        _further_breakdown(connection, choice)
    with waste:
        show_waste(connection, choice, now.figures, report)
        show_suggestions(report)
    with team:
        show_members(
            connection, choice, _report(version, workspace_id, report_period(choice), _stamp(version))
        )
    with plans:
        show_periods(connection, choice)
        show_budgets(report)
        show_accuracy(report)
    with changed:
        what_if.show_what_if(connection, report, data_dir=settings.data_dir, version=version)
    with changes:
        show_changes(connection, choice, report)
    with generations:
        show_generations(
            connection, choice, database=version / DATABASE_NAME, timezone=report.summary.timezone
        )


def _further_breakdown(connection: duckdb.DuckDBPyConnection, choice: Choice) -> None:
    by = st.segmented_control(
        _("Break down by"),
        ("team", *DETAILED),
        default="team",
        key="further",
        format_func=dimension_label,
        required=True,
    )
    lines = breakdown(connection, choice.selection, by)
    if by in DETAILED:
        st.caption(_("Known of the generations of the last {days} days.", days=DETAIL_DAYS))
    show_bars(by, dimension_label(by), lines, choice.names)


@st.cache_data(show_spinner=False, max_entries=64)
def _report(version: Path, workspace_id: str, period: str, stamp: tuple[int, int]) -> Report:
    """The report of a period; `stamp` tells versions apart that had the same folder one after the other."""
    return load_report(version, workspace_id=workspace_id, days=30, period=period)


def _stamp(version: Path) -> tuple[int, int]:
    found = (version / DATABASE_NAME).stat()
    return found.st_ino, found.st_mtime_ns


main()
