"""What the report says in words: when the credits run out, what each kind of waste means, what to change.

Not here: numbers beside the words, or where they stand (text.py, as_json.py, page.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from forecasting.depletion import BURN_DAYS, MIN_HISTORY_DAYS, PACE_DAYS
from orchestration.publish.report import Forecast, Report, WasteLine


@dataclass(frozen=True)
class WasteWords:
    """How a waste reason is called, what it means, and what to do if it is the largest."""

    name: str
    meaning: str
    suggestion: str


# the reasons of the rules that decide where every credit went
WASTE_WORDS = {
    "excess_regeneration": WasteWords(
        "regenerations (3+ attempts)",
        "The same field of a product was generated three times or more, and these attempts were thrown away.",
        "improve rulesets to reduce rework",
    ),
    "rejected_content": WasteWords(
        "rejected content",
        "The content was rejected or discarded.",
        "review templates together with those who reject their content",
    ),
    "failed_generation": WasteWords(
        "failed generations",
        "The generation failed, was cancelled, timed out or was blocked, and was charged all the same.",
        "find out why generations fail before they are tried again",
    ),
    "low_quality_draft": WasteWords(
        "low-quality first drafts",
        "The first attempt scored low and was thrown away for a later one.",
        "improve the templates that give weak first drafts",
    ),
    "unneeded_field": WasteWords(
        "fields that nobody uses",
        "In 90 days no content of this kind of field was used in its category.",
        "stop generating the fields that nobody uses",
    ),
    "unused_content": WasteWords(
        "content that was never used",
        "The content was neither used nor replaced in the two weeks after it was generated.",
        "generate content only for products that are about to be published",
    ),
}


def waste_words(reason: str) -> WasteWords:
    """The words for a waste reason; one that is not known yet is called by its own name."""
    name = reason.replace("_", " ")
    unknown = WasteWords(name, "", f"look at the generations behind {name}")
    return WASTE_WORDS.get(reason, unknown)


def costly_waste(report: Report) -> tuple[WasteLine, ...]:
    """The waste that cost anything, most first."""
    return tuple(line for line in report.waste if line.wasted_credits > 0)


def suggestion(report: Report) -> str | None:
    """What to change: it follows from the costliest reason; None if nothing was wasted."""
    costly = costly_waste(report)
    return waste_words(costly[0].waste_reason).suggestion if costly else None


def forecast_headline(
    forecast: Forecast | None, *, write_date: Callable[[date], str], at_pace: str = ""
) -> str:
    """When the credits run out, e.g. "Empty by May 12"; `at_pace` follows a date that rests on the pace."""
    if forecast is None:
        return "not made for this day"
    match forecast.forecast_status:
        case "no_ledger":
            return "no credit ledger"
        case "already_empty" if forecast.empty_since:
            return f"Empty since {write_date(forecast.empty_since)}"
        case "already_empty":
            return "Empty"
        case "no_burn":
            return f"No use in {BURN_DAYS} days"
    if forecast.pace_date:
        return f"Empty by {write_date(forecast.pace_date)}{at_pace}"
    return "lasts more than a year" if forecast.burn_rate_7d else f"no use in {PACE_DAYS} days"


def too_early(forecast: Forecast | None) -> str | None:
    """Why there is no range yet, if the history is too short for one."""
    if forecast is None or forecast.forecast_status != "insufficient_history":
        return None
    return f"too early for a range: {forecast.history_days} of {MIN_HISTORY_DAYS} days"
