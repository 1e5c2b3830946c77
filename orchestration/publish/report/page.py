"""The report as one self-contained HTML page, without scripts or outside requests.

Not here: the layout (templates/report.html.j2), rounding (formatting.py), sentences (sentences.py), the
chart (charts.py), or where pages are written (pages.py).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.ext import Extension
from markupsafe import escape

from orchestration.publish.report import charts, formatting
from orchestration.publish.report.budgets import budget_texts
from orchestration.publish.report.headline import (
    deciding_charge_text,
    headline,
    pace_text,
    range_text,
    renewal_text,
    too_early,
)
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.i18n import ngettext, using_language
from orchestration.publish.report.model import (
    LAST_MONTH,
    Check,
    Forecast,
    Report,
)
from orchestration.publish.report.sentences import (
    accuracy_text,
    buying_text,
    capitalized,
    capped_text,
    change_text,
    drawn_credits,
    ended,
    joined,
    reconciliation_text,
    restated_text,
    untracked_text,
)
from orchestration.publish.report.suggestions import (
    advice_text,
    evidence_text,
    saving_text,
    suggestion_text,
    what_if_text,
)
from orchestration.publish.report.views import bar_width, daily_use_text, view_of

TEMPLATES = Path(__file__).parent / "templates"
SUGGESTIONS_SHOWN = 10


def render_page(
    report: Report,
    *,
    language: str = "en",
    stale: str | None = None,
    files: Sequence[tuple[str, str]] = (),
    dashboard_url: str = "",
) -> str:
    """Render the page; every name from outside is escaped.

    Lengths of bars are relative to the longest of their breakdown.

    Args:
        report: the report to show; people choose from its windows, and see its own first.
        language: one of `LANGUAGES`.
        stale: a warning that it is not up to date, if so.
        files: names and relative paths of the published files to link.
        dashboard_url: where the dashboard is; no line of a breakdown links to it if empty.
    """
    summary = report.summary
    with using_language(language):
        advice = advice_text(report)
        return template("report.html.j2", language).render(
            language=language,
            stale=stale,
            files=files,
            report=report,
            summary=summary,
            views=[view_of(window, dashboard_url) for window in report.windows or (report,)],
            forecast=report.forecast,
            workspace=workspace_label(report),
            headline=report_headline(report),
            charge=deciding_charge_text(report.forecast, write_date=formatting.day_month_year),
            notes=headline_notes(report, says_left=False),
            drawn=drawn_credits(report) if summary.allowance else None,
            burn_down=charts.burn_down(report),
            burn_down_sentences=burn_down_sentences(report),
            budgets=budget_texts(report.budgets),
            advice=advice and capitalized(ended(formatting.plain(advice))),
            later=what_if_text(report.suggestions[0], report.forecast, write_date=formatting.day_month_year)
            if report.suggestions
            else None,
            suggestions=_suggestions(report),
            accuracy=accuracy_text(report),
            restated=[restated_text(line, write_date=formatting.day_month_year) for line in report.restated],
            reconciliation=[
                reconciliation_text(total, write_date=formatting.day_month_year)
                for total in report.reconciliation
            ],
            # which come first
            failures=[
                failed_check_text(check) for check in takewhile(lambda check: not check.passed, report.checks)
            ],
        )


def workspace_label(report: Report) -> str:
    """The name of the workspace, or its id if it has none."""
    return formatting.plain(
        report.summary.workspace_name, otherwise=formatting.plain(report.summary.workspace_id)
    )


def report_headline(report: Report) -> str:
    """The first thing to know: when the credits run out, or how far they last."""
    if report.forecast is None:
        return _("No forecast for {day}", day=formatting.day_month_year(report.summary.as_of))
    if report.forecast.forecast_status == "no_ledger":
        used = formatting.credits(report.summary.credits_used)
        return _("{credits} credits used in {days} days", credits=used, days=report.days)
    return capitalized(
        headline(
            report.forecast,
            write_date=formatting.day_month_year,
            last_usage_date=report.summary.last_usage_date,
            at_pace=_(" at the current pace"),
        )
    )


def headline_notes(report: Report, *, says_left: bool = True) -> list[str]:
    """The notes below the headline: the range, what to buy and, if it is not said elsewhere, what is left."""
    summary, forecast = report.summary, report.forecast
    write_date = formatting.day_month_year
    notes = [
        capitalized(ended(sentence))
        for sentence in (
            range_text(forecast, write_date=write_date),
            pace_text(forecast, write_date=write_date),
            too_early(forecast),
            buying_text(forecast, write_date=write_date, as_of=summary.as_of),
        )
        if sentence
    ]
    if report.period == LAST_MONTH:
        return notes
    if summary.credits_remaining is None:
        notes.append(_("There is no credit ledger, so only use and burn are reported, not what is left."))
    elif says_left:
        left, as_of = formatting.credits(summary.credits_remaining), write_date(summary.as_of)
        notes.append(
            _("{credits} credits left on {day}{pace}.", credits=left, day=as_of, pace=_pace(forecast))
        )
    renewal = renewal_text(forecast, write_date=write_date)
    others = (renewal, change_text(forecast), capped_text(forecast), untracked_text(report))
    notes += [capitalized(ended(sentence)) for sentence in others if sentence]
    if summary.overage:
        notes.append(
            _(
                "{credits} of the credits used were covered by no lot.",
                credits=formatting.credits(summary.overage),
            )
        )
    return notes


def _pace(forecast: Forecast | None) -> str:
    if forecast is None or forecast.pace_date is None or forecast.burn_rate_7d is None:
        return ""
    return _(
        "; {credits} a day over the last {days} days",
        credits=formatting.credits(forecast.burn_rate_7d),
        days=forecast.burn_rate_7d_days,
    )


def burn_down_sentences(report: Report) -> list[str]:
    """The chart described for those who do not see it; none without a ledger."""
    if not report.balances:
        return []
    write_date = formatting.day_month_year
    first, last = report.balances[0], report.balances[-1]
    sentences = [
        _(
            "Credits left: {before} on {first}, {now} on {last}.",
            before=formatting.credits(first.closing),
            first=write_date(first.usage_date),
            now=formatting.credits(last.closing),
            last=write_date(last.usage_date),
        )
    ]
    likely_range = range_text(report.forecast, write_date=write_date)
    if likely_range and report.forecast and report.forecast.depletes_on_p50:
        sentences.append(
            _(
                "Dashed: the median of what is to come, empty on {day}. {range}.",
                day=write_date(report.forecast.depletes_on_p50),
                range=likely_range,
            )
        )
    sentences += [
        _(
            "{credits} credits expire on {day} unless used before.",
            credits=formatting.credits(lot.remaining),
            day=write_date(lot.expires_on),
        )
        for lot in charts.marked_lots(report)
    ]
    return sentences


def failed_check_text(check: Check) -> str:
    """A failed check as a sentence; its name says what should have held."""
    name = formatting.plain(check.check_name).replace("_", " ")
    where = formatting.plain(check.asset or check.layer)
    if check.severity.lower() == "warning":
        return _(
            "“{check}” does not hold in {table}; it is a warning, which holds nothing back.",
            check=name,
            table=where,
        )
    return _("“{check}” does not hold in {table}.", check=name, table=where)


def _suggestions(report: Report) -> list[tuple[str, str, str]]:
    write_date = formatting.day_month_year
    rows = []
    for suggestion in report.suggestions[:SUGGESTIONS_SHOWN]:
        parts = (saving_text(suggestion), what_if_text(suggestion, report.forecast, write_date=write_date))
        evidence = evidence_text(suggestion, write_date=write_date)
        rows.append((suggestion_text(suggestion), joined(parts), evidence))
    return rows


class _Translated(Extension):
    """Sentences without values are translated once, not on each page; styles lose their blanks."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        source = re.sub(
            "<style>.*?</style>",
            lambda found: re.sub("(?<=[{};:,]) | (?=[{}])", "", found[0]),
            source,
            flags=re.DOTALL,
        )
        return re.sub(r'{{ _\("([^"{}]+)"\) }}', lambda found: escape(_(found[1])), source)


@lru_cache
def template(name: str, language: str) -> Template:
    """The template of a page in the current language; values are escaped, its filters format them."""
    environment = Environment(
        extensions=[_Translated],
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {"_": _, "ngettext": ngettext}
    environment.filters.update(
        credits=formatting.credits,
        credits_each=formatting.credits_each,
        count=formatting.count,
        day_month=formatting.day_month,
        percent=formatting.percent,
        score=formatting.score,
        day=formatting.day_month_year,
        instant=formatting.instant,
        plain=formatting.plain,
        bar_width=bar_width,
        daily_use_text=daily_use_text,
        capitalize_first=capitalized,
        ended=ended,
    )
    return environment.get_template(name)
