"""Reads reports from a published version: its credits.duckdb, opened read-only, and its manifest.

Not here: the data of a report (model.py), or how it is shown (text.py, as_json.py, page.py).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.report.charts import LONGEST_DAYS_AHEAD
from orchestration.publish.report.formatting import plain
from orchestration.publish.report.model import (
    BILLING_PERIOD,
    CALENDAR_PERIODS,
    MONTH_TO_DATE,
    Accuracy,
    Balance,
    Budget,
    Check,
    DayOfUse,
    ExpiringLot,
    Forecast,
    PathDay,
    PeriodBefore,
    Report,
    Restated,
    SourceTotal,
    Suggestion,
    Summary,
    UsageLine,
    WasteLine,
    Window,
)
from orchestration.publish.rows.read_only import open_published
from orchestration.publish.versions.export import DATABASE_NAME
from orchestration.publish.versions.manifest import read_manifest

PERIODS = (7, 30, 90)
PERIOD_NAMES = (*(f"{days}d" for days in PERIODS), *CALENDAR_PERIODS)
# what the page lets people choose from
PAGE_PERIODS = (*(f"{days}d" for days in PERIODS), MONTH_TO_DATE)
REPORT_MARTS = (
    "budget_status",
    "credit_balance_daily",
    "credit_lots",
    "credit_summary",
    "data_quality",
    "depletion_forecast",
    "depletion_paths",
    "forecast_accuracy",
    "period_changes",
    "reconciliation",
    "restatements",
    "usage_by_category",
    "usage_by_generation_type",
    "usage_by_member",
    "usage_daily",
    "waste_by_reason",
    "waste_suggestions",
)
IDS_LISTED = 20
# enough to spread the cost of a query, few enough to hold in memory
WORKSPACES_AT_ONCE = 500
NEWEST_RUN = "run_id = (select run_id from marts.data_quality order by checked_at desc, run_id desc limit 1)"
# marts without a period belong to every one; depletion_forecast also keeps forecasts of earlier days
OF_THE_DAY = (
    "(select mart.*, summary.period from {source} as mart"
    " inner join marts.credit_summary as summary using (workspace_id, as_of))"
)
# the burn-down starts here
BALANCE_DAYS = 60
BALANCES = (
    "(select balance.*, summary.period from marts.credit_balance_daily as balance"
    " inner join marts.credit_summary as summary on summary.workspace_id = balance.workspace_id"
    f" and balance.usage_date between summary.as_of - {BALANCE_DAYS - 1} and summary.as_of)"
)
# paths have no as_of: only those of the newest forecast are published
PATHS = (
    "(select path.*, summary.period from marts.depletion_paths as path"
    " inner join marts.credit_summary as summary on summary.workspace_id = path.workspace_id"
    f" and path.forecast_date between summary.as_of and summary.as_of + {LONGEST_DAYS_AHEAD})"
)
# a decimal takes ten times as long to read
PATHS_AS_FLOATS = {f"balance_p{level}": f"balance_p{level}::double" for level in (10, 25, 50, 75, 90)}
EXPIRING = (
    "(select lot.workspace_id, lot.expires_on, sum(lot.remaining) as remaining, summary.period"
    " from marts.credit_lots as lot"
    " inner join marts.credit_summary as summary on summary.workspace_id = lot.workspace_id"
    " and lot.expires_on > summary.as_of where lot.lot_status = 'active' and lot.remaining > 0"
    " group by all)"
)
RESTATED = (
    "(select workspace_id, as_of, cause, count(*) as day_count, min(usage_date) as first_date,"
    " max(usage_date) as last_date, sum(credits_before) as credits_before,"
    " sum(credits_after) as credits_after, sum(wasted_credits_before) as wasted_credits_before,"
    " sum(wasted_credits_after) as wasted_credits_after from marts.restatements group by all)"
)
OWN_ACCURACY = (
    "(select accuracy.*, summary.period from marts.forecast_accuracy as accuracy"
    " inner join marts.credit_summary as summary using (workspace_id) where accuracy.horizon_bucket = '(all)'"
)
# a workspace without cases of its own gets the accuracy over all workspaces
OWN_OR_ALL_ACCURACY = (
    f"{OWN_ACCURACY} union all"
    " select accuracy.* replace (summary.workspace_id as workspace_id), summary.period"
    " from marts.forecast_accuracy as accuracy cross join marts.credit_summary as summary"
    " where accuracy.workspace_id = '(all)' and accuracy.horizon_bucket = '(all)'"
    " and not exists (select 1 from marts.forecast_accuracy as own"
    " where own.workspace_id = summary.workspace_id and own.kind = accuracy.kind))"
)
ONLY_OWN_ACCURACY = f"{OWN_ACCURACY} and workspace_id <> '(all)')"
# of the totals a source states of a month, those over most; months whose last day has ended come first
NEWEST_TOTALS = (
    "(select shown_for as workspace_id, source, unit, currency, min(day) as first_day,"
    " max(last_day) as last_day, sum(theirs) as theirs, sum(ours) as ours"
    " from ({totals}) where is_complete"
    " group by shown_for, source, unit, currency, date_trunc('month', day), workspace_id = '(all)',"
    " model = '(all)', day <> last_day"
    " qualify row_number() over (partition by shown_for, source, unit, currency"
    " order by max(last_day) = last_day(min(day)) desc, date_trunc('month', day) desc,"
    " workspace_id = '(all)' desc, model = '(all)' desc, day <> last_day desc) = 1)"
)
RECONCILIATION = (
    "(select totals.*, summary.period from " + NEWEST_TOTALS + " as totals"
    " inner join marts.credit_summary as summary using (workspace_id))"
)
OWN_TOTALS = "select workspace_id as shown_for, * from marts.reconciliation where workspace_id <> '(all)'"
# of one workspace only, totals over all are its own
OWN_OR_ALL_TOTALS = (
    f"{OWN_TOTALS} union all"
    " select (select min(workspace_id) from marts.credit_summary) as shown_for, * from marts.reconciliation"
    " where workspace_id = '(all)' and (select count(distinct workspace_id) from marts.credit_summary) = 1"
)
OPEN_BUDGETS = OF_THE_DAY.format(source="(select * from marts.budget_status where is_open)")
BEFORE = "(select * from marts.period_changes where scope = 'workspace')"
# the days of all windows together
DAILY = (
    "(select day.workspace_id, windows.period, day.usage_date, day.credits"
    " from (select workspace_id, usage_date, sum(credits) as credits from marts.usage_daily"
    " where workspace_id in (select unnest($ids)) group by workspace_id, usage_date) as day"
    " inner join (select workspace_id, as_of, min(period) as period, min(window_start_date) as first_date"
    " from marts.credit_summary where period in (select unnest($periods))"
    " group by workspace_id, as_of) as windows on windows.workspace_id = day.workspace_id"
    " and day.usage_date between windows.first_date and windows.as_of)"
)
# only members are compared by efficiency
NO_MARK = {"is_most_efficient": "false"}


class ReportError(ValueError):
    """The requested report cannot be read from the published marts."""


def load_report(
    published: Path,
    *,
    workspace_id: str | None,
    days: int,
    period: str | None = None,
    for_pages: bool = False,
) -> Report:
    """Read the report of one workspace; credits stay exact decimals.

    Args:
        published: the folder of a version, or the link to the served one.
        workspace_id: may be None if only one workspace is published.
        days: length of the period, one of `PERIODS`.
        period: one of `PERIOD_NAMES`, instead of the days.
        for_pages: read the daily use and the windows of `PAGE_PERIODS`, too, if it is one of them.

    Raises:
        ReportError: nothing is published, or not this period or workspace, or which workspace is left open.
    """
    if period is None:
        _require_period(days)
        period = f"{days}d"
    published = published.resolve()  # the link may move between the two files that are read
    with _opened(published) as connection:
        chosen = chosen_workspace(workspace_ids(connection), workspace_id)
        require_period_of(connection, chosen, period)
        report = next(_reports(_marts(connection), [chosen], period=period, for_pages=for_pages))
    manifest = read_manifest(published)
    return replace(report, published_at=manifest.published_at if manifest else None)


def load_reports(
    published: Path,
    *,
    days: int,
    chosen: Sequence[str] | None = None,
    for_pages: bool = False,
    is_alone: bool = False,
) -> Iterator[Report]:
    """Read the report of every workspace, in the order of their ids; see `load_report`.

    Args:
        published: the folder of a version, or the link to the served one.
        days: length of the period, one of `PERIODS`.
        chosen: only these of `published_workspaces`, in this order.
        for_pages: read what only pages show, too.
        is_alone: leave out what is computed over other workspaces, even the accuracy over all of them.
    """
    _require_period(days)
    with _opened(published) as connection:
        ids = workspace_ids(connection) if chosen is None else chosen
        marts = _marts(connection)
        for start in range(0, len(ids), WORKSPACES_AT_ONCE):
            batch = ids[start : start + WORKSPACES_AT_ONCE]
            yield from _reports(marts, batch, period=f"{days}d", for_pages=for_pages, is_alone=is_alone)


def published_workspaces(published: Path) -> list[str]:
    """The workspaces of a version, in the order of their ids."""
    with _opened(published) as connection:
        return workspace_ids(connection)


def _require_period(days: int) -> None:
    if days not in PERIODS:
        raise ReportError(
            f"a report covers one of the published periods of 7, 30 or 90 days; {days} days were requested."
            " Use `--days` 7, 30 or 90, or sum any other period from the mart usage_daily."
        )


def require_period_of(connection: duckdb.DuckDBPyConnection, workspace_id: str, period: str) -> None:
    """Refuse a period that is not published of the workspace.

    Raises:
        ReportError: it is not.
    """
    found = connection.execute(
        "select 1 from marts.credit_summary where workspace_id = $id and period = $period",
        {"id": workspace_id, "period": period},
    )
    if not found.fetchall():
        why = "no plan renews its credits" if period == BILLING_PERIOD else "it is not published yet"
        raise ReportError(
            f"a report covers a published period of the workspace; {plain(workspace_id)!r} has no {period}:"
            f" {why}. Use another `--period`, or publish it with `credits run`."
        )


def _opened(published: Path) -> duckdb.DuckDBPyConnection:
    # one connection: all of a report is from one version, even if the link moves meanwhile
    database = published / DATABASE_NAME
    if not database.exists():
        raise ReportError(
            f"a report reads the published marts; {published} holds none. Run `credits run` first."
        )
    return open_published(database)


def workspace_ids(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The published workspaces, in the order of their ids."""
    rows = connection.execute("select distinct workspace_id from marts.credit_summary order by workspace_id")
    return [workspace_id for (workspace_id,) in rows.fetchall()]


def chosen_workspace(ids: Sequence[str], workspace_id: str | None) -> str:
    """The workspace that is asked for, or the only one.

    Raises:
        ReportError: it is not published, or there are several and none was named.
    """
    if workspace_id in ids:
        return str(workspace_id)
    if not ids:
        raise ReportError(
            "a report needs a workspace with a generation or a credit entry; 0 are published."
            " Load events of a workspace with `credits run`."
        )
    if workspace_id is None and len(ids) == 1:
        return ids[0]
    if workspace_id is None:
        problem = f"a report covers one workspace; {len(ids)} are published and none was named."
    else:
        problem = f"a report covers a published workspace; {plain(workspace_id)!r} is none."
    raise ReportError(f"{problem} Use `--workspace` with one of: {listed(ids)}.")


def listed(ids: Sequence[str]) -> str:
    """Ids for a message: the first of them, and how many more there are."""
    more = f" and {len(ids) - IDS_LISTED} more" if len(ids) > IDS_LISTED else ""
    return ", ".join(plain(known) for known in ids[:IDS_LISTED]) + more


@dataclass(frozen=True)
class _Marts:
    """The marts of a version, and the columns of each; an older release has not all of them."""

    connection: duckdb.DuckDBPyConnection
    columns: Mapping[str, Set[str]]


def _marts(connection: duckdb.DuckDBPyConnection) -> _Marts:
    columns: dict[str, set[str]] = {}
    found = "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
    for mart, column in connection.execute(found).fetchall():
        columns.setdefault(mart, set()).add(column)
    return _Marts(connection, columns)


def _reports(
    marts: _Marts,
    workspace_ids: Sequence[str],
    *,
    period: str,
    for_pages: bool = False,
    is_alone: bool = False,
) -> Iterator[Report]:
    def read(row_type: type[Any], source: str, *, order: str, **renames: str) -> dict[str, tuple[Any, ...]]:
        rows = _rows(marts, row_type, source, workspace_ids, [period], order=order, **renames)
        return {workspace_id: lines for (workspace_id, _period), lines in rows.items()}

    windows = _windows(marts, workspace_ids, period=period, for_pages=for_pages)
    suggestions = read(
        Suggestion, OF_THE_DAY.format(source="marts.waste_suggestions"), order="suggestion_rank"
    )
    forecasts = read(Forecast, OF_THE_DAY.format(source="marts.depletion_forecast"), order="as_of")
    balances = read(Balance, BALANCES, order="usage_date")
    paths = read(PathDay, PATHS, order="forecast_date", **PATHS_AS_FLOATS)
    expiring = read(ExpiringLot, EXPIRING, order="expires_on")
    restated = read(Restated, OF_THE_DAY.format(source=RESTATED), order="cause")
    accuracy = read(Accuracy, ONLY_OWN_ACCURACY if is_alone else OWN_OR_ALL_ACCURACY, order="kind")
    totals = OWN_TOTALS if is_alone else OWN_OR_ALL_TOTALS
    budgets: dict[str, tuple[Budget, ...]] = {}
    if "budget_status" in marts.columns:
        budgets = read(
            Budget, OPEN_BUDGETS, order="status <> 'exceeded', chance_to_exceed desc nulls last, budget_id"
        )
    reconciliation = (
        read(SourceTotal, RECONCILIATION.format(totals=totals), order="source, unit, currency")
        if "reconciliation" in marts.columns
        else {}
    )
    checks = _checks(marts.connection)
    for workspace_id in workspace_ids:
        own = windows[workspace_id]
        chosen = next(window for window in own if window.period == period)
        yield Report(
            **{field.name: getattr(chosen, field.name) for field in fields(Window)},
            windows=own if for_pages else (),
            suggestions=suggestions.get(workspace_id, ()),
            forecast=next(iter(forecasts.get(workspace_id, ())), None),
            balances=balances.get(workspace_id, ()),
            paths=paths.get(workspace_id, ()),
            expiring=expiring.get(workspace_id, ()),
            restated=restated.get(workspace_id, ()),
            accuracy=accuracy.get(workspace_id, ()),
            reconciliation=reconciliation.get(workspace_id, ()),
            budgets=budgets.get(workspace_id, ()),
            checks=checks,
        )


def _windows(
    marts: _Marts, workspace_ids: Sequence[str], *, period: str, for_pages: bool
) -> dict[str, tuple[Window, ...]]:
    """The window of the period for each workspace, and for pages all others that are published of it."""
    periods = [period]
    if for_pages and period in PAGE_PERIODS:
        periods = list(PAGE_PERIODS)

    def read(row_type: type[Any], source: str, *, order: str, **renames: str) -> dict[Any, tuple[Any, ...]]:
        return _rows(marts, row_type, source, workspace_ids, periods, order=order, **renames)

    def read_usage(mart: str, **renames: str) -> dict[Any, tuple[UsageLine, ...]]:
        return read(UsageLine, f"marts.{mart}", order="spend_rank, id", **renames)

    category = {"id": "product_category", "name": "product_category"}
    generation_type = {"id": "generation_type", "name": "generation_type_name"}
    summaries = read(Summary, "marts.credit_summary", order="period")
    members = read_usage("usage_by_member", id="member_id", name="member_name")
    categories = read_usage("usage_by_category", **category, **NO_MARK)
    types = read_usage("usage_by_generation_type", **generation_type, **NO_MARK)
    waste = read(WasteLine, "marts.waste_by_reason", order="wasted_credits desc, waste_reason")
    days = read(DayOfUse, DAILY, order="usage_date") if for_pages else {}
    daily = {workspace_id: used for (workspace_id, _period), used in days.items()}
    before = {}
    if "period_changes" in marts.columns:
        before = read(PeriodBefore, BEFORE, order="before_start_date")
    windows: dict[str, list[Window]] = {}
    for name in periods:
        for workspace_id in workspace_ids:
            key = (workspace_id, name)
            if key not in summaries:
                continue
            summary = summaries[key][0]
            last_day = summary.window_end_date or summary.as_of
            window = Window(
                period=name,
                days=(last_day - summary.window_start_date).days + 1,
                summary=summary,
                members=members.get(key, ()),
                categories=categories.get(key, ()),
                generation_types=types.get(key, ()),
                waste=waste.get(key, ()),
                before=next(iter(before.get(key, ())), None),
                daily=_days_between(daily.get(workspace_id, ()), summary.window_start_date, last_day),
            )
            windows.setdefault(workspace_id, []).append(window)
    return {workspace_id: tuple(own) for workspace_id, own in windows.items()}


def _days_between(days: Sequence[DayOfUse], first: date, last: date) -> tuple[DayOfUse, ...]:
    usage_date = attrgetter("usage_date")
    return tuple(days[bisect_left(days, first, key=usage_date) : bisect_right(days, last, key=usage_date)])


def _rows(
    marts: _Marts,
    row_type: type[Any],
    source: str,
    workspace_ids: Sequence[str],
    periods: Sequence[str],
    *,
    order: str,
    **renames: str,
) -> dict[tuple[str, str], tuple[Any, ...]]:
    """The rows of some workspaces and periods, by both."""
    renames = {**_missing(marts, row_type, source), **renames}
    query = (
        f"select workspace_id, period, {_columns(row_type, renames)} from {source}"
        " where workspace_id in (select unnest($ids)) and period in (select unnest($periods))"
        f" order by workspace_id, period, {order}"
    )
    found = marts.connection.execute(query, {"ids": list(workspace_ids), "periods": list(periods)})
    grouped: dict[tuple[str, str], list[Any]] = {}
    for workspace_id, period, *values in found.fetchall():
        grouped.setdefault((workspace_id, period), []).append(row_type(*values))
    return {key: tuple(lines) for key, lines in grouped.items()}


def has_mart(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the version has a mart; those of older releases have not all of them."""
    tables = "select 1 from duckdb_tables() where schema_name = 'marts' and table_name = $name"
    return bool(connection.execute(tables, {"name": name}).fetchall())


def _checks(connection: duckdb.DuckDBPyConnection) -> tuple[Check, ...]:
    rows = connection.execute(
        f"select {_columns(Check, {})} from marts.data_quality where {NEWEST_RUN}"
        " order by passed, layer, check_name, asset"
    ).fetchall()
    return tuple(Check(*row) for row in rows)


def _missing(marts: _Marts, row_type: type[Any], source: str) -> dict[str, str]:
    """Fields that the mart of an older release does not have, as null; `source` names it first."""
    mart = re.search(r"marts\.(\w+)", source)
    known = marts.columns.get(mart[1], frozenset()) if mart else frozenset()
    optional = [field.name for field in fields(row_type) if field.default is not MISSING]
    return {name: "null" for name in optional if name not in known} if mart else {}


def _columns(row_type: type[Any], renames: Mapping[str, str]) -> str:
    return ", ".join(f"{renames.get(field.name, field.name)} as {field.name}" for field in fields(row_type))
