"""Events worth an alert, from the published marts and the newest run.

Not here: whether an alert was sent already (sent.py), or how it is sent (channels.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal

import duckdb

from orchestration.publish.report.budgets import budget_labels, budget_text
from orchestration.publish.report.formatting import (
    credits,
    day_month_year,
    distinct_labels,
    percent,
    plain,
    whole_percent,
)
from orchestration.publish.report.headline import deciding_charge_text, headline
from orchestration.publish.report.load import has_mart
from orchestration.publish.report.model import Budget, Forecast
from orchestration.warehouse.journal import CheckRow

# shares of the allowance, or of a budget; the highest one crossed is reported
USED_MARKS = (Decimal("0.95"), Decimal("0.85"))
# of a budget being passed, from which it is alerted
LIKELY = Decimal("0.5")
# older spikes are not alerted
SPIKE_DAYS = 2
_BALANCES = (
    "select summary.workspace_id, summary.workspace_name, summary.as_of, summary.allowance,"
    f" summary.credits_remaining, {', '.join(f'forecast.{field.name}' for field in fields(Forecast))}"
    " from marts.credit_summary as summary"
    " left join marts.depletion_forecast as forecast using (workspace_id, as_of)"
    " where summary.period = '30d' order by summary.workspace_id"
)
_BUDGETS = (
    f"select status.workspace_id, {', '.join(f'status.{field.name}' for field in fields(Budget))}"
    " from marts.budget_status as status where status.is_open and (status.used_share >= $mark"
    " or status.chance_to_exceed >= $chance) order by status.workspace_id, status.budget_id"
)
_SPIKES = (
    "select spikes.workspace_id, spikes.usage_date, spikes.scope, spikes.credits,"
    " spikes.usual, spikes.cause from marts.usage_spikes as spikes"
    " inner join marts.credit_summary as summary using (workspace_id)"
    " where summary.period = '30d' and not spikes.is_muted and spikes.usage_date > summary.as_of - $days"
    " order by spikes.workspace_id, spikes.usage_date, spikes.scope"
)


@dataclass(frozen=True)
class Alert:
    """One event.

    Attributes:
        key: identifies the event, so that it is not sent twice.
        title: one line.
        text: details, and what can be done.
        html: the same for an e-mail, whole page; empty for none.
    """

    key: str
    title: str
    text: str
    html: str = ""


@dataclass(frozen=True)
class WorkspaceBalance:
    """Credits left of one workspace, exact; without a ledger they are None."""

    workspace_id: str
    label: str
    as_of: date
    allowance: Decimal | None
    credits_remaining: Decimal | None
    forecast: Forecast | None


def workspace_alerts(connection: duckdb.DuckDBPyConnection, *, within_days: int) -> Iterator[Alert]:
    """Workspaces that run out of credits, near their allowance or a budget, or spike.

    Args:
        connection: of a published version.
        within_days: how many days before the credits may run out to alert.
    """
    rows = connection.execute(_BALANCES).fetchall()
    distinct = distinct_labels([(workspace_id, name or "") for workspace_id, name, *_ in rows])
    labels = {workspace_id: label for (workspace_id, *_), label in zip(rows, distinct, strict=True)}
    for workspace_id, _, as_of, allowance, remaining, *found in rows:
        forecast = None if found[0] is None else Forecast(*found)
        balance = WorkspaceBalance(workspace_id, labels[workspace_id], as_of, allowance, remaining, forecast)
        yield from _depletion_alert(balance, within_days=within_days)
        yield from _allowance_alert(balance)
    yield from budget_alerts(connection, labels)
    for workspace_id, day, scope, spent, usual, cause in connection.execute(
        _SPIKES, {"days": SPIKE_DAYS}
    ).fetchall():
        usually = "" if usual is None else f", usually {credits(usual)}"
        why = f": {plain(cause)}" if cause else ""
        yield Alert(
            f"spike/{workspace_id}/{day}/{scope}",
            f"{labels[workspace_id]}: {credits(spent)} credits on {day_month_year(day)}",
            f"A spike of usage ({plain(scope)}){usually}{why}. See marts.usage_spikes.",
        )


def budget_alerts(connection: duckdb.DuckDBPyConnection, workspaces: Mapping[str, str]) -> Iterator[Alert]:
    """Budgets that are passed, nearly used, or likely to be passed before their period ends.

    Args:
        connection: of a published version; one of an older release has no budgets.
        workspaces: the label of each.
    """
    if not has_mart(connection, "budget_status"):
        return
    limits = {"mark": USED_MARKS[-1], "chance": LIKELY}
    rows = connection.execute(_BUDGETS, limits).fetchall()
    of_workspace: dict[str, list[Budget]] = {}
    for workspace_id, *values in rows:
        of_workspace.setdefault(workspace_id, []).append(Budget(*values))
    for workspace_id, budgets in of_workspace.items():
        label = workspaces.get(workspace_id, plain(workspace_id))
        for budget, name in zip(budgets, budget_labels(budgets), strict=True):
            yield _budget_alert(budget, workspace_id, f"{label}, budget {name}")


def _budget_alert(budget: Budget, workspace_id: str, what: str) -> Alert:
    used, chance = budget.used_share or Decimal(0), budget.chance_to_exceed or Decimal(0)
    mark = next((f"used-{mark:.0%}" for mark in USED_MARKS if used >= mark), "likely")
    title = f"{percent(used)} used" if mark != "likely" else f"{whole_percent(chance)} likely to be passed"
    return Alert(
        f"budget-{mark}/{workspace_id}/{budget.budget_id}/{budget.period_start}",
        f"{what}: {title}",
        f"{budget_text(budget)}. Nothing is blocked; see marts.budget_status.",
    )


def run_alerts(
    checks: Sequence[CheckRow], *, failed_run: str | None, failed_at: str | None, stale: str | None
) -> Iterator[Alert]:
    """A failed run, stale data and failed checks.

    Args:
        checks: results of the newest run with any.
        failed_run: id of the newest run if it failed.
        failed_at: the step that failed, if known.
        stale: why the served version is out of date, if it is.
    """
    if failed_run is not None:
        where = f" at {failed_at}" if failed_at else ""
        yield Alert(
            f"run/{failed_run}",
            f"The nightly run failed{where}",
            f"Nothing new was published. See `credits status`, and run {failed_run} in the Dagster UI.",
        )
    if stale is not None:
        yield Alert("stale", "What is published is not up to date", stale)
    for check in checks:
        if not check.passed:
            yield Alert(
                f"check/{check.asset}/{check.check_name}",
                f"A {check.severity} check failed: {check.check_name} of {check.asset}",
                plain(check.message, otherwise="no message"),
            )


def _depletion_alert(balance: WorkspaceBalance, *, within_days: int) -> Iterator[Alert]:
    forecast = balance.forecast
    if forecast is None:
        return
    charge = deciding_charge_text(forecast, write_date=day_month_year)
    when = (f"{charge}. " if charge else "") + headline(
        forecast, write_date=day_month_year, at_pace=" at the current pace"
    )
    if forecast.forecast_status == "already_empty":
        yield Alert(
            f"empty/{balance.workspace_id}",
            f"{balance.label} has no credits left",
            f"{when}, as of {day_month_year(balance.as_of)}. `credits forecast` says what to buy.",
        )
        return
    early = forecast.depletes_on_p5
    if early is None or early > balance.as_of + timedelta(days=within_days):
        return
    left = credits(balance.credits_remaining or Decimal(0))
    yield Alert(
        f"ending/{balance.workspace_id}",
        f"{balance.label} may be empty from {day_month_year(early)}",
        f"{when}. 1 in 20 chance that its credits end by {day_month_year(early)}. {left} were left on "
        f"{day_month_year(balance.as_of)}. `credits forecast` says what to buy.",
    )


def _allowance_alert(balance: WorkspaceBalance) -> Iterator[Alert]:
    if not balance.allowance or balance.credits_remaining is None:
        return
    used = max((balance.allowance - balance.credits_remaining) / balance.allowance, Decimal(0))
    for mark in USED_MARKS:
        if used >= mark:
            yield Alert(
                f"used-{mark:.0%}/{balance.workspace_id}",
                f"{balance.label} has used {percent(used)} of its allowance",
                f"{credits(balance.credits_remaining)} of {credits(balance.allowance)} credits left on "
                f"{day_month_year(balance.as_of)}.",
            )
            return
