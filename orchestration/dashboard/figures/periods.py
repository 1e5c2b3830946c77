"""The periods to choose from, the days of each, and those of the period before it.

Not here: figures of other choices (queries.py), or how periods are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import duckdb

from orchestration.dashboard.figures.queries import DETAIL_DAYS, Figures, Filter, total
from orchestration.publish.report.load import PERIOD_NAMES

USUAL = "30d"
# any two days, chosen by hand; not published, but summed
DATES = "dates"


@dataclass(frozen=True)
class Period:
    """A published period of a workspace and the one it is compared with; None if that is unknown."""

    name: str
    first: date
    last: date
    before: tuple[date, date] | None


@dataclass(frozen=True)
class Compared:
    """Figures of a period, and credits of the one before it; None if those are not kept."""

    period: Period
    figures: Figures
    credits_before: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """How many credits more than before."""
        return None if self.credits_before is None else self.figures.credits - self.credits_before


def published_periods(connection: duckdb.DuckDBPyConnection, workspace_id: str) -> dict[str, Period]:
    """The periods of a workspace by their names, in the order in which they are offered."""
    query = (
        "select summary.period, summary.window_start_date, coalesce(summary.window_end_date, summary.as_of),"
        " changes.before_start_date, changes.before_end_date from marts.credit_summary as summary"
        " left join marts.period_changes as changes on changes.workspace_id = summary.workspace_id"
        " and changes.period = summary.period and changes.scope = 'workspace'"
        " where summary.workspace_id = $id"
    )
    rows = connection.execute(query, {"id": workspace_id}).fetchall()
    found = {
        name: Period(name, first, last, (start, end) if start and end else _preceding(first, last))
        for name, first, last, start, end in rows
    }
    return {name: found[name] for name in PERIOD_NAMES if name in found}


def period_of_dates(first: date, last: date) -> Period:
    """Days chosen by hand, compared with as many days before them."""
    return Period(DATES, first, last, _preceding(first, last))


def compared(
    connection: duckdb.DuckDBPyConnection,
    selection: Filter,
    period: Period,
    *,
    as_of: date,
) -> Compared:
    """A period and the one before it, both with what else is chosen."""
    before = selection_before(selection, period, as_of=as_of)
    figures = total(connection, selection.at(period.first, period.last))
    return Compared(period, figures, total(connection, before).credits if before else None)


def selection_before(selection: Filter, period: Period, *, as_of: date) -> Filter | None:
    """The same choice in the period before; None if the days of that are not kept."""
    if period.before is None:
        return None
    details_from = as_of - timedelta(days=DETAIL_DAYS - 1)
    is_kept = not selection.needs_details or details_from <= period.before[0]
    return selection.at(*period.before) if is_kept else None


def _preceding(first: date, last: date) -> tuple[date, date]:
    days = (last - first).days + 1
    return first - timedelta(days=days), first - timedelta(days=1)
