"""The report as one self-contained HTML page, without scripts or outside requests.

Not here: the layout (templates/report.html.j2), rounding (formatting.py), where pages are kept (versions.py).
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from orchestration.publish import formatting
from orchestration.publish.breakdown import ShownLine, most_efficient, shown
from orchestration.publish.report import Forecast, Report, WasteLine
from orchestration.publish.words import (
    WasteWords,
    accuracy_words,
    advice_words,
    buying_words,
    capped_words,
    costly_waste,
    evidence_words,
    forecast_headline,
    grant_words,
    pending_words,
    range_words,
    saving_words,
    too_early,
    waste_words,
)

TEMPLATES = Path(__file__).parent / "templates"
SUGGESTIONS_SHOWN = 10


def render_page(report: Report) -> str:
    """Writes the page; every name from outside is escaped.

    Lengths of bars are relative to the longest of their breakdown.
    """
    summary = report.summary
    return _template().render(
        report=report,
        summary=summary,
        forecast=report.forecast,
        workspace=formatting.plain(summary.workspace_name, otherwise=formatting.plain(summary.workspace_id)),
        headline=_headline(report),
        notes=_notes(report),
        drawn=None
        if not summary.allowance
        else summary.allowance - (summary.credits_remaining or Decimal(0)),
        breakdowns=(
            ("By team member", shown(report.members)),
            ("By category", shown(report.categories)),
            ("By generation type", shown(report.generation_types)),
        ),
        marked=most_efficient(report.members),
        waste=_waste(report),
        pending=pending_words(report),
        advice=advice_words(report),
        suggestions=_suggestions(report),
        accuracy=accuracy_words(report),
        failures=[check for check in report.checks if not check.passed],
    )


def _headline(report: Report) -> str:
    if report.forecast is None:
        return f"No forecast for {formatting.day_month_year(report.summary.as_of)}"
    if report.forecast.forecast_status == "no_ledger":
        return f"{formatting.credits(report.summary.credits_used)} credits used in {report.days} days"
    words = forecast_headline(
        report.forecast, write_date=formatting.day_month_year, at_pace=" at the current pace"
    )
    return _sentence(words)


def _notes(report: Report) -> list[str]:
    summary, forecast = report.summary, report.forecast
    notes = []
    if summary.credits_remaining is None:
        notes.append("There is no credit ledger, so nothing is told of what is left: use and burn only.")
    else:
        left, as_of = formatting.credits(summary.credits_remaining), formatting.day_month_year(summary.as_of)
        notes.append(f"{left} credits left on {as_of}{_pace(forecast)}.")
    early = too_early(forecast)
    if early:
        notes.append(_sentence(f"{early}."))
    write_date = formatting.day_month_year
    grant = grant_words(forecast, write_date=write_date)
    if forecast and forecast.next_grant_on and not grant:
        day = write_date(forecast.next_grant_on)
        grant = f"the next grant in the ledger is of {day}; the pace does not count it"
    for words in (
        range_words(forecast, write_date=write_date),
        buying_words(forecast, write_date=write_date, as_of=summary.as_of),
        grant,
        capped_words(forecast),
    ):
        if words:
            notes.append(_sentence(f"{words}."))
    if summary.overage:
        notes.append(f"{formatting.credits(summary.overage)} of the credits used were covered by no lot.")
    return notes


def _pace(forecast: Forecast | None) -> str:
    if forecast is None or forecast.pace_date is None or forecast.burn_rate_7d is None:
        return ""
    return (
        f"; {formatting.credits(forecast.burn_rate_7d)} a day over the last {forecast.burn_rate_7d_days} days"
    )


def _waste(report: Report) -> list[tuple[WasteLine, str, WasteWords]]:
    costly = costly_waste(report)
    written = formatting.credits_adding_up([line.wasted_credits for line in costly])
    return [
        (line, amount, waste_words(line.waste_reason)) for line, amount in zip(costly, written, strict=True)
    ]


def _suggestions(report: Report) -> list[tuple[str, str, str]]:
    return [
        (
            formatting.plain(one.suggestion),
            saving_words(one),
            evidence_words(one, write_date=formatting.day_month_year),
        )
        for one in report.suggestions[:SUGGESTIONS_SHOWN]
    ]


def _bar_width(value: Decimal, longest: Decimal) -> str:
    """The length of a bar as a CSS percentage; 0 to 100."""
    share = min(value / longest, Decimal(1)) if longest else Decimal(0)
    return f"{share * 100:.1f}%"


def _spoken(lines: Sequence[ShownLine]) -> str:
    """A breakdown as a sentence for those who do not see its bars."""
    return ", ".join(
        f"{line.label} {line.written}" + ("" if line.percent is None else f" ({line.percent}%)")
        for line in lines
    )


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


@lru_cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
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
        spoken=_spoken,
    )
    return environment.get_template("report.html.j2")
