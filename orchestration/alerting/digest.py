"""The weekly digest: what each workspace used, has left, wasted and could change, in the page's sentences.

One message for each workspace, as text and as HTML, sent as alerts are. Not here: the sentences themselves
(publish/report/), the channels (channels.py), or when it is sent (cron starts `credits digest`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from html import escape

from orchestration.alerting.events import LIKELY, USED_MARKS, Alert
from orchestration.publish.report.budgets import before_text, budget_texts
from orchestration.publish.report.formatting import credits, day_month_year, percent
from orchestration.publish.report.i18n import current_language
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import Budget, Report
from orchestration.publish.report.page import headline_notes, report_headline, workspace_label
from orchestration.publish.report.sentences import (
    cost_text,
    costly_waste,
    describe_waste_reason,
    ended,
)
from orchestration.publish.report.suggestions import advice_text, saving_text

DAYS = 7
_STYLE = "font-family:sans-serif;max-width:40em;line-height:1.5"


def digests(reports: Iterable[Report], *, stale: str | None = None) -> list[Alert]:
    """A message for each report in the language in use, those that may be empty first before the others.

    Args:
        reports: of `DAYS` days.
        stale: why the served version is out of date, if it is.
    """
    return [_digest(report, stale) for report in sorted(reports, key=_first_day_empty)]


def _digest(report: Report, stale: str | None) -> Alert:
    summary, label = report.summary, workspace_label(report)
    week = _("week to {day}", day=day_month_year(summary.as_of))
    paragraphs = list(_paragraphs(report))
    if stale:
        paragraphs.append(("", [stale]))
    text = "\n\n".join("\n".join(filter(None, (heading, *lines))) for heading, lines in paragraphs)
    title = f"{label}, {week}: {report_headline(report)}"
    return Alert(f"digest/{summary.workspace_id}/{summary.as_of}", title, text, _html(title, paragraphs))


def _paragraphs(report: Report) -> Iterator[tuple[str, list[str]]]:
    """A heading, which may be empty, and its lines."""
    yield "", headline_notes(report)
    yield _("Used in {days} days", days=report.days), _used(report)
    if wasted := _wasted(report):
        yield _("Wasted"), wasted
    if change := advice_text(report):
        saving = f" ({saving_text(report.suggestions[0])})" if report.suggestions else ""
        yield _("The one thing to change"), [ended(f"{change[0].upper()}{change[1:]}{saving}")]
    if at_risk := [budget for budget in report.budgets if _is_at_risk(budget)]:
        yield _("Budgets at risk"), [ended(sentence) for sentence in budget_texts(at_risk)]


def _used(report: Report) -> list[str]:
    summary = report.summary
    change = before_text(report)
    used = _("{credits} credits", credits=credits(summary.credits_used))
    lines = [ended(f"{used}; {change}" if change else used)]
    if cost := cost_text(summary.cost, summary.currency):
        lines.append(_("They cost {amount}.", amount=cost))
        if summary.unpriced_credits:
            unpriced = credits(summary.unpriced_credits)
            lines.append(
                _(
                    "No price is known for {credits} of the credits used; they are in no cost.",
                    credits=unpriced,
                )
            )
    return lines


def _wasted(report: Report) -> list[str]:
    """The waste of the week and its largest reason; nothing without any."""
    costly = costly_waste(report)
    if not costly:
        return []
    wasted, top = report.summary.wasted_credits, costly[0]
    return [
        _(
            "{credits} credits were wasted, {rate} of those used.",
            credits=credits(wasted),
            rate=percent(report.summary.waste_rate),
        ),
        _(
            "Most on {reason}: {credits} credits.",
            reason=describe_waste_reason(top.waste_reason).name,
            credits=credits(top.wasted_credits),
        ),
    ]


def _is_at_risk(budget: Budget) -> bool:
    """Whether an alert would be sent of it."""
    used, chance = budget.used_share or Decimal(0), budget.chance_to_exceed or Decimal(0)
    return used >= USED_MARKS[-1] or chance >= LIKELY


def _first_day_empty(report: Report) -> tuple[date, str]:
    forecast, day = report.forecast, None
    if forecast is not None:
        day = forecast.empty_since or forecast.depletes_on_p10 or forecast.pace_date
        if forecast.forecast_status == "already_empty":
            day = day or report.summary.as_of - timedelta(days=1)
    return day or date.max, report.summary.workspace_id


def _html(title: str, paragraphs: list[tuple[str, list[str]]]) -> str:
    parts = [
        "<!doctype html>",
        f'<html lang="{current_language()}"><meta charset="utf-8"><title>{escape(title)}</title>',
        f'<body style="{_STYLE}"><h1 style="font-size:1.3em">{escape(title)}</h1>',
    ]
    for heading, lines in paragraphs:
        if heading:
            parts.append(f'<h2 style="font-size:1.1em">{escape(heading)}</h2>')
        parts.append(f"<p>{'<br>'.join(map(escape, lines))}</p>")
    return "\n".join([*parts, "</body></html>"])
