"""What the report says in words: when the credits run out, what each kind of waste means, what to change.

Not here: numbers beside the words, or where they run_state (text.py, as_json.py, page.py).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from forecasting.depletion.forecast import BURN_DAYS, MIN_HISTORY_DAYS, PACE_DAYS
from orchestration.publish.report.formatting import count, credits, credits_range, percent, plain, whole_days
from orchestration.publish.report.i18n import say
from orchestration.publish.report.model import Forecast, Report, Restated, Suggestion, WasteLine


@dataclass(frozen=True)
class WasteWords:
    """How a waste reason is called, and what it means."""

    name: str
    meaning: str


# the reasons of the rules that decide where every credit went
WASTE_WORDS = {
    "excess_regeneration": WasteWords(
        "regenerations (3+ attempts)",
        "The same field of a product was generated three times or more, and these attempts were thrown away.",
    ),
    "rejected_content": WasteWords("rejected content", "The content was rejected or discarded."),
    "failed_generation": WasteWords(
        "failed generations",
        "The generation failed, was cancelled, timed out or was blocked, and was charged all the same.",
    ),
    "low_quality_draft": WasteWords(
        "low-quality first drafts",
        "The first attempt scored low and was thrown away for a later one.",
    ),
    "unneeded_field": WasteWords(
        "fields that nobody uses",
        "In 90 days no content of this kind of field was used in its category.",
    ),
    "unused_content": WasteWords(
        "content that was never used",
        "The content was neither used nor replaced in the two weeks after it was generated.",
    ),
}
# what there would be less of
REDUCED = {
    "excess_regeneration": "rework",
    "low_quality_draft": "rework",
    "rejected_content": "rejections",
    "failed_generation": "failed generations",
    "unused_content": "unused content",
}
ADVICE = {
    "ruleset": "improve rulesets to reduce {reduced}",
    "template": "improve templates to reduce {reduced}",
    "category_type": "review what is generated for a category to reduce {reduced}",
}
# where members differ, the work is looked at and nobody is judged
LOOKED_AT_TOGETHER = {
    "excess_regeneration": "repeated attempts",
    "low_quality_draft": "repeated first drafts",
    "rejected_content": "rejected content",
    "failed_generation": "failed generations",
    "unused_content": "unused content",
}
# why a run changed days that had been published
CAUSES = {
    "late": "Late deliveries",
    "retraction": "Retractions",
    "outcome": "What became of content",
    "ledger": "The credit ledger",
    "dimension": "Names, categories or time zones",
    "definition": "Other definitions",
}
NOTHING_STANDS_OUT = "none; no part of the work wastes clearly more than the rest"


def waste_words(reason: str) -> WasteWords:
    """The words for a waste reason; one that is not known yet is called by its own name."""
    known = WASTE_WORDS.get(reason)
    if known is None:
        return WasteWords(reason.replace("_", " "), "")
    return WasteWords(say(known.name), say(known.meaning))


def costly_waste(report: Report) -> tuple[WasteLine, ...]:
    """The waste that cost anything, most first."""
    return tuple(line for line in report.waste if line.wasted_credits > 0)


def advice(report: Report) -> str | None:
    """What to change: it follows from the first suggestion; None without one."""
    if not report.suggestions:
        return None
    kind, reason = report.suggestions[0].segment_kind, report.suggestions[0].waste_reason
    if reason == "unneeded_field":
        return say("stop generating fields that nobody uses")
    if kind == "member_type" and reason in LOOKED_AT_TOGETHER:
        return say("go through {what} together", what=say(LOOKED_AT_TOGETHER[reason]))
    if kind in ADVICE and reason in REDUCED:
        return say(ADVICE[kind], reduced=say(REDUCED[reason]))
    return say("look at the generations behind {waste}", waste=waste_words(reason).name)


def advice_words(report: Report) -> str | None:
    """The advice, or that there is none; None if there is nothing to advise on."""
    return advice(report) or (say(NOTHING_STANDS_OUT) if costly_waste(report) else None)


def saving_words(suggestion: Suggestion) -> str:
    """What it could save: "115 to 145 credits a month, about 2 days later"."""
    low, high = suggestion.potential_saving_credits_low, suggestion.potential_saving_credits_high
    words = say("{credits} credits a month", credits=credits_range(low, high))
    days = suggestion.saving_days
    if days is None or days < Decimal("0.5"):
        return words
    return say("{saving}, about {days} later", saving=words, days=whole_days(days))


def evidence_words(suggestion: Suggestion, *, write_date: Callable[[date], str]) -> str:
    """What it rests on: "38 of 175 generations, elsewhere 1 of 179, 8 Jan 2026 to 7 Apr 2026"."""
    is_of_runs = suggestion.waste_reason == "excess_regeneration"
    return say(
        "{found} of {all} {what}, elsewhere {found_elsewhere} of {all_elsewhere}, {first} to {last}",
        found=count(suggestion.affected_count),
        all=count(suggestion.evidence_count),
        what=say("runs of attempts") if is_of_runs else say("generations"),
        found_elsewhere=count(suggestion.elsewhere_affected_count),
        all_elsewhere=count(suggestion.elsewhere_count),
        first=write_date(suggestion.evidence_from),
        last=write_date(suggestion.evidence_to),
    )


def pending_words(report: Report) -> str | None:
    """How much of what is pending is expected to end as waste; None if none, or if it is not known."""
    summary = report.summary
    low, high = summary.expected_pending_waste_credits_low, summary.expected_pending_waste_credits_high
    if not summary.pending_credits or not summary.expected_pending_waste_credits:
        return None
    if low is None or high is None:
        return None
    return say(
        "Pending: {credits} credits, of which {expected} are expected to end as waste",
        credits=credits(summary.pending_credits),
        expected=credits_range(low, high),
    )


def forecast_headline(
    forecast: Forecast | None, *, write_date: Callable[[date], str], at_pace: str = ""
) -> str:
    """When the credits run out, e.g. "Empty by May 12"; `at_pace` follows a date that rests on the pace."""
    if forecast is None:
        return say("not made for this day")
    match forecast.forecast_status:
        case "no_ledger":
            return say("no credit ledger")
        case "already_empty" if forecast.empty_since:
            return say("Empty since {day}", day=write_date(forecast.empty_since))
        case "already_empty":
            return say("Empty")
        case "no_burn":
            return say("No use in {days} days", days=BURN_DAYS)
    if forecast.pace_date:
        return say("Empty by {day}", day=write_date(forecast.pace_date)) + at_pace
    return (
        say("lasts more than a year")
        if forecast.burn_rate_7d
        else say("no use in {days} days", days=PACE_DAYS)
    )


def grant_headline(forecast: Forecast | None, *, write_date: Callable[[date], str]) -> str | None:
    """That the credits last to a grant that comes before they end; None if none does, or it is not known."""
    if forecast is None or forecast.next_grant_on is None or forecast.chance_empty_before_grant is None:
        return None
    if forecast.forecast_status == "already_empty" or forecast.chance_empty_before_grant >= Decimal("0.5"):
        return None
    if forecast.pace_date and forecast.pace_date < forecast.next_grant_on:
        return None
    return say(
        "Lasts to the grant of {day} ({chance} chance of running out before)",
        day=write_date(forecast.next_grant_on),
        chance=_chance(forecast.chance_empty_before_grant),
    )


def range_words(forecast: Forecast | None, *, write_date: Callable[[date], str]) -> str | None:
    """The range of the date: "8 in 10 chance: between 8 May and 19 May"; None if none is told."""
    if forecast is None or forecast.depletes_on_p10 is None:
        return None
    first = write_date(forecast.depletes_on_p10)
    if forecast.depletes_on_p90 is None:
        return say("9 in 10 chance: {day} or later, perhaps not within a year", day=first)
    if forecast.depletes_on_p10 == forecast.depletes_on_p90:
        return say("8 in 10 chance: on {day}", day=first)
    return say(
        "8 in 10 chance: between {first} and {last}", first=first, last=write_date(forecast.depletes_on_p90)
    )


def buying_words(forecast: Forecast | None, *, write_date: Callable[[date], str], as_of: date) -> str | None:
    """What to buy and when: "Buy by 4 May 2026: 3,000 credits"; None if nothing is told."""
    if forecast is None or forecast.credits_to_buy is None:
        return None
    if forecast.credits_to_buy == 0:
        return say("Buy nothing: what is booked already covers the days to come")
    amount = say("{credits} credits", credits=credits(forecast.credits_to_buy))
    packs = json.loads(forecast.recommended_packs) if forecast.recommended_packs else []
    if packs:
        listed = say(" and ").join(f"{pack['count']} x {plain(pack['pack_id'])}" for pack in packs)
        brought = sum((Decimal(pack["credits"]) for pack in packs), Decimal(0))
        if forecast.packs_price is not None and forecast.packs_currency:
            listed += f", {forecast.packs_price:,.2f} {plain(forecast.packs_currency)}"
        amount = say("{credits} credits", credits=credits(brought)) + f" ({listed})"
    if forecast.buy_by is None or forecast.buy_by <= as_of:
        return say("Buy now: {amount}", amount=amount)
    return say("Buy by {day}: {amount}", day=write_date(forecast.buy_by), amount=amount)


def grant_words(forecast: Forecast | None, *, write_date: Callable[[date], str]) -> str | None:
    """How likely a grant that is booked comes too late; None without one or without a range."""
    if forecast is None or forecast.next_grant_on is None or forecast.chance_empty_before_grant is None:
        return None
    return say(
        "next grant {day}: {chance} chance of running out before it",
        day=write_date(forecast.next_grant_on),
        chance=_chance(forecast.chance_empty_before_grant),
    )


def _chance(chance: Decimal) -> str:
    return f"{chance:.0%}".replace("%", " %")


def capped_words(forecast: Forecast | None) -> str | None:
    """What of the usage was not taken for demand; None if nothing."""
    if forecast is None or not forecast.capped_credits:
        return None
    return say(
        "{credits} credits of implausible charges are not taken for demand by the "
        "forecast; use and what is left count them",
        credits=credits(forecast.capped_credits),
    )


def accuracy_words(report: Report) -> list[str]:
    """How good such forecasts have been, a sentence for those published and one for past days replayed."""
    what = {
        "published": say("forecasts published"),
        "replayed": say("forecasts of past days made again"),
    }
    return [
        say(
            "{cases} {what}: {cover} true within the 8 in 10 range; days off {median} in the median "
            "(pace {pace_median}), {mean} on average (pace {pace_mean})",
            cases=count(accuracy.cases),
            what=what[accuracy.kind],
            cover=percent(accuracy.coverage_80),
            median=accuracy.median_abs_error_days,
            pace_median=accuracy.pace_median_abs_error_days,
            mean=f"{accuracy.mean_abs_error_days:.1f}",
            pace_mean=f"{accuracy.pace_mean_abs_error_days:.1f}",
        )
        for accuracy in report.accuracy
    ]


def restated_words(restated: Restated, *, write_date: Callable[[date], str]) -> str:
    """What the newest run changed of published days, and why: "Late deliveries changed 2 days, …"."""
    days = say(
        "{cause}: {days} changed, {first} to {last}"
        if restated.day_count > 1
        else "{cause}: {first} changed",
        cause=say(CAUSES.get(restated.cause, restated.cause)),
        days=whole_days(Decimal(restated.day_count)),
        first=write_date(restated.first_date),
        last=write_date(restated.last_date),
    )
    return say(
        "{days}; credits used {more}, wasted {more_wasted}",
        days=days,
        more=_change(restated.credits_after - restated.credits_before),
        more_wasted=_change(restated.wasted_credits_after - restated.wasted_credits_before),
    )


def _change(amount: Decimal) -> str:
    if not amount:
        return say("unchanged")
    return f"{'+' if amount > 0 else '−'}{credits(abs(amount))}"


def too_early(forecast: Forecast | None) -> str | None:
    """Why there is no range yet, if the history is too short for one."""
    if forecast is None or forecast.forecast_status != "insufficient_history":
        return None
    return say(
        "too early for a range: {days} of {least} days", days=forecast.history_days, least=MIN_HISTORY_DAYS
    )
