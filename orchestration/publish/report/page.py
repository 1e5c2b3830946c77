"""The report as one self-contained HTML page, without scripts or outside requests.

Not here: the layout (templates/report.html.j2), rounding (formatting.py), sentences (sentences.py), the
chart (charts.py), or where pages are written (pages.py).
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from orchestration.publish.report import charts, formatting
from orchestration.publish.report.breakdown import DisplayedLine, displayed_lines, labels_of, most_efficient
from orchestration.publish.report.budgets import before_text, budget_texts
from orchestration.publish.report.headline import (
    deciding_charge_text,
    headline,
    no_use_since,
    pace_text,
    range_text,
    renewal_text,
    too_early,
)
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.i18n import using_language
from orchestration.publish.report.model import LAST_MONTH, Forecast, Report, WasteLine
from orchestration.publish.report.sentences import (
    WasteReason,
    accuracy_text,
    buying_text,
    capitalized,
    capped_text,
    change_text,
    cost_text,
    costly_waste,
    describe_waste_reason,
    drawn_credits,
    ended,
    is_waste_unknown,
    joined,
    pending_text,
    period_text,
    reconciliation_text,
    restated_text,
    untracked_text,
    used_beyond_allowance,
)
from orchestration.publish.report.suggestions import (
    advice_text,
    evidence_text,
    saving_text,
    suggestion_text,
    what_if_text,
)

TEMPLATES = Path(__file__).parent / "templates"
SUGGESTIONS_SHOWN = 10


def render_page(
    report: Report,
    *,
    language: str = "en",
    stale: str | None = None,
    files: Sequence[tuple[str, str]] = (),
) -> str:
    """Render the page; every name from outside is escaped.

    Lengths of bars are relative to the longest of their breakdown.

    Args:
        report: the report to show.
        language: one of `LANGUAGES`.
        stale: a warning that it is not up to date, if so.
        files: names and relative paths of the published files to link.
    """
    summary, marked = report.summary, most_efficient(report.members)
    with using_language(language):
        return template("report.html.j2").render(
            language=language,
            stale=stale,
            files=files,
            report=report,
            summary=summary,
            period=period_text(report),
            last_day=summary.window_end_date or summary.as_of,
            cost=cost_text(summary.cost, summary.currency),
            wasted_cost=cost_text(summary.wasted_cost, summary.currency),
            forecast=report.forecast,
            workspace=workspace_label(report),
            headline=report_headline(report),
            charge=deciding_charge_text(report.forecast, write_date=formatting.day_month_year),
            notes=headline_notes(report),
            drawn=drawn_credits(report) if summary.allowance else None,
            used_beyond=used_beyond_allowance(report),
            is_waste_unknown=is_waste_unknown(report),
            untracked=untracked_text(report),
            chart=charts.burn_down(report),
            chart_sentences=burn_down_sentences(report),
            breakdowns=(
                (_("By team member"), _("Team member"), displayed_lines(report.members)),
                (_("By category"), _("Category"), displayed_lines(report.categories)),
                (_("By generation type"), _("Generation type"), displayed_lines(report.generation_types)),
            ),
            marked=marked,
            marked_label=labels_of(report.members)[marked.id] if marked else "",
            no_use=no_use_since(summary.last_usage_date, write_date=formatting.day_month_year)
            or _("No use in the last {days} days", days=report.days),
            waste=_waste(report),
            budgets=budget_texts(report.budgets),
            before=before_text(report),
            pending=pending_text(report),
            advice=advice_text(report),
            suggestions=_suggestions(report),
            accuracy=accuracy_text(report),
            restated=[restated_text(line, write_date=formatting.day_month_year) for line in report.restated],
            reconciliation=[
                reconciliation_text(total, write_date=formatting.day_month_year)
                for total in report.reconciliation
            ],
            failures=[check for check in report.checks if not check.passed],
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


def headline_notes(report: Report) -> list[str]:
    """The notes below the headline: the range, what to buy, what is left."""
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
    else:
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
        for lot in report.expiring[: charts.LOTS_MARKED]
    ]
    return sentences


def _waste(report: Report) -> list[tuple[WasteLine, str, WasteReason]]:
    costly = costly_waste(report)
    written = formatting.credits_adding_up([line.wasted_credits for line in costly])
    return [
        (line, amount, describe_waste_reason(line.waste_reason))
        for line, amount in zip(costly, written, strict=True)
    ]


def _suggestions(report: Report) -> list[tuple[str, str, str]]:
    write_date = formatting.day_month_year
    rows = []
    for suggestion in report.suggestions[:SUGGESTIONS_SHOWN]:
        parts = (saving_text(suggestion), what_if_text(suggestion, report.forecast, write_date=write_date))
        evidence = evidence_text(suggestion, write_date=write_date)
        rows.append((suggestion_text(suggestion), joined(parts), evidence))
    return rows


def _bar_width(value: Decimal, longest: Decimal) -> str:
    """The length of a bar as a CSS percentage, 0 to 100."""
    share = min(value / longest, Decimal(1)) if longest else Decimal(0)
    return f"{share * 100:.1f}%"


def _bars_text(lines: Sequence[DisplayedLine]) -> str:
    """A breakdown as text for those who do not see its bars."""
    return ", ".join(
        f"{line.label} {line.written}" + ("" if line.percent is None else f" ({line.percent}%)")
        for line in lines
    )


@lru_cache
def template(name: str) -> Template:
    """The template of a page; values are escaped, numbers and dates are formatted by its filters."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = _
    environment.filters.update(
        credits=formatting.credits,
        credits_each=formatting.credits_each,
        count=formatting.count,
        percent=formatting.percent,
        score=formatting.score,
        day=formatting.day_month_year,
        instant=formatting.instant,
        plain=formatting.plain,
        bar_width=_bar_width,
        bars_text=_bars_text,
        capitalize_first=capitalized,
        ended=ended,
    )
    return environment.get_template(name)
