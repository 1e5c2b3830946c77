"""The report as one self-contained HTML page, without scripts or outside requests.

Not here: the layout (templates/report.html.j2), rounding (formatting.py), sentences (words.py), the chart
(charts.py), or where pages are kept (pages.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from altair.utils.schemapi import debug_mode
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from orchestration.publish.report import charts, formatting
from orchestration.publish.report.breakdown import ShownLine, most_efficient, shown
from orchestration.publish.report.i18n import say, speaking
from orchestration.publish.report.model import Forecast, Report, WasteLine
from orchestration.publish.report.sentences import (
    WasteWords,
    accuracy_words,
    advice_words,
    buying_words,
    capped_words,
    costly_waste,
    evidence_words,
    forecast_headline,
    grant_headline,
    grant_words,
    pending_words,
    range_words,
    restated_words,
    saving_words,
    too_early,
    waste_words,
)

TEMPLATES = Path(__file__).parent / "templates"
SUGGESTIONS_SHOWN = 10


@dataclass(frozen=True)
class BurnDown:
    """The chart as `<svg>`, and what it shows in sentences."""

    svg: Markup
    sentences: list[str]


def render_page(
    report: Report,
    *,
    language: str = "en",
    stale: str | None = None,
    files: Sequence[tuple[str, str]] = (),
) -> str:
    """Writes the page; every name from outside is escaped.

    Lengths of bars are relative to the longest of their breakdown.

    Args:
        report: what to write.
        language: one of `LANGUAGES`.
        stale: why the reader must not take it for the newest, if so.
        files: names and relative paths of what lies beside the page, to be linked.
    """
    summary = report.summary
    with speaking(language):
        return template("report.html.j2").render(
            language=language,
            stale=stale,
            files=files,
            report=report,
            summary=summary,
            forecast=report.forecast,
            workspace=workspace_label(report),
            headline=headline(report),
            notes=headline_notes(report),
            drawn=None
            if not summary.allowance
            else summary.allowance - (summary.credits_remaining or Decimal(0)),
            burn_down=_burn_down(report),
            breakdowns=(
                (say("By team member"), say("Team member"), shown(report.members)),
                (say("By category"), say("Category"), shown(report.categories)),
                (say("By generation type"), say("Generation type"), shown(report.generation_types)),
            ),
            marked=most_efficient(report.members),
            waste=_waste(report),
            pending=pending_words(report),
            advice=advice_words(report),
            suggestions=_suggestions(report),
            accuracy=accuracy_words(report),
            restated=[restated_words(one, write_date=formatting.day_month_year) for one in report.restated],
            failures=[check for check in report.checks if not check.passed],
        )


def workspace_label(report: Report) -> str:
    """The name of the workspace, or its id if it has none."""
    return formatting.plain(
        report.summary.workspace_name, otherwise=formatting.plain(report.summary.workspace_id)
    )


def headline(report: Report) -> str:
    """The first thing to know: when the credits run out, or how far they last."""
    if report.forecast is None:
        return say("No forecast for {day}", day=formatting.day_month_year(report.summary.as_of))
    if report.forecast.forecast_status == "no_ledger":
        used = formatting.credits(report.summary.credits_used)
        return say("{credits} credits used in {days} days", credits=used, days=report.days)
    write_date = formatting.day_month_year
    return grant_headline(report.forecast, write_date=write_date) or _sentence(
        forecast_headline(report.forecast, write_date=write_date, at_pace=say(" at the current pace"))
    )


def headline_notes(report: Report) -> list[str]:
    """What stands below the headline: the range, what to buy, what is left."""
    summary, forecast = report.summary, report.forecast
    write_date = formatting.day_month_year
    grant = grant_words(forecast, write_date=write_date)
    if grant_headline(forecast, write_date=write_date):
        grant = None
    elif forecast and forecast.next_grant_on and not grant:
        grant = say(
            "the next grant in the ledger is of {day}; the pace does not count it",
            day=write_date(forecast.next_grant_on),
        )
    notes = [
        _sentence(f"{words}.")
        for words in (
            range_words(forecast, write_date=write_date),
            too_early(forecast),
            buying_words(forecast, write_date=write_date, as_of=summary.as_of),
        )
        if words
    ]
    if summary.credits_remaining is None:
        notes.append(say("There is no credit ledger, so nothing is told of what is left: use and burn only."))
    else:
        left, as_of = formatting.credits(summary.credits_remaining), write_date(summary.as_of)
        notes.append(
            say("{credits} credits left on {day}{pace}.", credits=left, day=as_of, pace=_pace(forecast))
        )
    notes += [_sentence(f"{words}.") for words in (grant, capped_words(forecast)) if words]
    if summary.overage:
        notes.append(
            say(
                "{credits} of the credits used were covered by no lot.",
                credits=formatting.credits(summary.overage),
            )
        )
    return notes


def _pace(forecast: Forecast | None) -> str:
    if forecast is None or forecast.pace_date is None or forecast.burn_rate_7d is None:
        return ""
    return say(
        "; {credits} a day over the last {days} days",
        credits=formatting.credits(forecast.burn_rate_7d),
        days=forecast.burn_rate_7d_days,
    )


def _burn_down(report: Report) -> BurnDown | None:
    with debug_mode(False):
        chart = charts.burn_down(report)
        if chart is None:
            return None
        # made of numbers, dates and our own words only
        return BurnDown(Markup(charts.svg(chart)), _told_by_burn_down(report))


def _told_by_burn_down(report: Report) -> list[str]:
    """What the chart shows, in words."""
    write_date = formatting.day_month_year
    first, last = report.balances[0], report.balances[-1]
    sentences = [
        say(
            "Credits left: {before} on {first}, {now} on {last}.",
            before=formatting.credits(first.closing),
            first=write_date(first.usage_date),
            now=formatting.credits(last.closing),
            last=write_date(last.usage_date),
        )
    ]
    told = range_words(report.forecast, write_date=write_date)
    if told and report.forecast and report.forecast.depletes_on_p50:
        sentences.append(
            say(
                "Dashed: the median of what is to come, empty on {day}. {range}.",
                day=write_date(report.forecast.depletes_on_p50),
                range=told,
            )
        )
    sentences += [
        say(
            "{credits} credits expire on {day} unless used before.",
            credits=formatting.credits(lot.remaining),
            day=write_date(lot.expires_on),
        )
        for lot in report.expiring[: charts.LOTS_MARKED]
    ]
    return sentences


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
def template(name: str) -> Template:
    """A page's layout; whatever is put into it is escaped, numbers and dates are written by its filters."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["say"] = say
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
        capitalize_first=_sentence,
    )
    return environment.get_template(name)
