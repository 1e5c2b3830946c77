"""What somebody should be told of: the published marts and the newest run, as alerts.

Not here: whether it was told already (sent.py), or how it is sent (channels.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import duckdb

from orchestration.publish.report.formatting import credits, day_month_year, percent, plain
from orchestration.warehouse.journal import CheckRow

# the higher of these that a workspace has crossed
USED_MARKS = (Decimal("0.95"), Decimal("0.85"))
# spikes older than this are history, and no news
SPIKE_DAYS = 2
_STANDING = (
    "select summary.workspace_id, summary.workspace_name, summary.as_of, summary.allowance,"
    " summary.credits_remaining, told.forecast_status, told.depletes_on_p5, told.pace_date"
    " from marts.credit_summary as summary"
    " left join marts.depletion_forecast as told using (workspace_id, as_of)"
    " where summary.period = '30d' order by summary.workspace_id"
)
_SPIKES = (
    "select spikes.workspace_id, summary.workspace_name, spikes.usage_date, spikes.scope, spikes.credits,"
    " spikes.usual, spikes.cause from marts.usage_spikes as spikes"
    " inner join marts.credit_summary as summary using (workspace_id)"
    " where summary.period = '30d' and not spikes.is_muted and spikes.usage_date > summary.as_of - $days"
    " order by spikes.workspace_id, spikes.usage_date, spikes.scope"
)


@dataclass(frozen=True)
class Alert:
    """One event.

    Attributes:
        key: the same as long as it is the same event.
        title: one line.
        text: what it is, and what can be done.
    """

    key: str
    title: str
    text: str


@dataclass(frozen=True)
class Standing:
    """What a workspace has left. Credits exact; without a ledger they are None."""

    workspace_id: str
    name: str | None
    as_of: date
    allowance: Decimal | None
    credits_remaining: Decimal | None
    forecast_status: str | None
    depletes_on_p5: date | None
    pace_date: date | None

    @property
    def label(self) -> str:
        return plain(self.name or "", otherwise=plain(self.workspace_id))


def of_workspaces(connection: duckdb.DuckDBPyConnection, *, within_days: int) -> Iterator[Alert]:
    """What the published marts tell of workspaces that somebody should act on.

    Args:
        connection: of a published version.
        within_days: how far ahead of the end a workspace is told of.
    """
    for row in connection.execute(_STANDING).fetchall():
        standing = Standing(*row)
        yield from _ending(standing, within_days=within_days)
        yield from _used(standing)
    for workspace_id, name, day, scope, spent, usual, cause in connection.execute(
        _SPIKES, {"days": SPIKE_DAYS}
    ).fetchall():
        label = plain(name or "", otherwise=plain(workspace_id))
        than = "" if usual is None else f", usually {credits(usual)}"
        why = f": {plain(cause)}" if cause else ""
        yield Alert(
            f"spike/{workspace_id}/{day}/{scope}",
            f"{label}: {credits(spent)} credits on {day_month_year(day)}",
            f"A spike of usage ({plain(scope)}){than}{why}. See marts.usage_spikes.",
        )


def of_newest_run(
    checks: Sequence[CheckRow], *, failed_run: str | None, failed_at: str | None, stale: str | None
) -> Iterator[Alert]:
    """What went wrong with the nights.

    Args:
        checks: what the newest run that checked anything found.
        failed_run: id of the newest run if it failed.
        failed_at: where it did, as far as it is known.
        stale: why what is served is not up to date, if so.
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


def _ending(standing: Standing, *, within_days: int) -> Iterator[Alert]:
    if standing.forecast_status == "already_empty":
        yield Alert(
            f"empty/{standing.workspace_id}",
            f"{standing.label} has no credits left",
            f"As of {day_month_year(standing.as_of)}. `credits forecast` says what to buy.",
        )
        return
    early = standing.depletes_on_p5
    if early is None or early > standing.as_of + timedelta(days=within_days):
        return
    left = credits(standing.credits_remaining or Decimal(0))
    pace = f"; at the current pace by {day_month_year(standing.pace_date)}" if standing.pace_date else ""
    yield Alert(
        f"ending/{standing.workspace_id}",
        f"{standing.label} may be empty from {day_month_year(early)}",
        f"1 in 20 chance that its credits end by then{pace}. {left} were left on "
        f"{day_month_year(standing.as_of)}. `credits forecast` says what to buy.",
    )


def _used(standing: Standing) -> Iterator[Alert]:
    if not standing.allowance or standing.credits_remaining is None:
        return
    used = (standing.allowance - standing.credits_remaining) / standing.allowance
    for mark in USED_MARKS:
        if used >= mark:
            yield Alert(
                f"used-{mark:.0%}/{standing.workspace_id}",
                f"{standing.label} has used {percent(used)} of its allowance",
                f"{credits(standing.credits_remaining)} of {credits(standing.allowance)} credits left on "
                f"{day_month_year(standing.as_of)}.",
            )
            return
