"""The sentences of the report: what to buy, what each waste reason means, what to change.

Not here: when the credits run out (headline.py), how numbers are formatted (formatting.py), or the
layout (text.py, as_json.py, page.py).
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce

from orchestration.publish.report.formatting import (
    amount,
    count,
    credits,
    credits_range,
    day_month_year,
    mean_days,
    month_year,
    percent,
    plain,
    whole_days,
)
from orchestration.publish.report.i18n import N_
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import (
    LAST_MONTH,
    MONTH_TO_DATE,
    Accuracy,
    Forecast,
    Report,
    Restated,
    SourceTotal,
    WasteLine,
    Window,
)


def period_title(window: Window) -> str:
    """The period as a title: "Last 30 Days", "Mar 2026"."""
    first = window.summary.window_start_date
    if window.is_rolling:
        return _("Last {days} Days", days=window.days)
    if window.period == LAST_MONTH:
        return month_year(first)
    if window.period == MONTH_TO_DATE:
        return _("{month} to Date", month=month_year(first))
    return _("Billing Period since {day}", day=day_month_year(first))


def period_text(window: Window) -> str:
    """The period within a line: "last 30 days", "Mar 2026"."""
    first = window.summary.window_start_date
    if window.is_rolling:
        return _("last {days} days", days=window.days)
    if window.period == LAST_MONTH:
        return month_year(first)
    if window.period == MONTH_TO_DATE:
        return _("{month} to date", month=month_year(first))
    return _("billing period since {day}", day=day_month_year(first))


def cost_text(cost: Decimal | None, currency: str | None) -> str | None:
    """An amount with its currency, as "9.45 USD"; None if there is none to show."""
    return None if cost is None or not currency else f"{amount(cost)} {plain(currency)}"


@dataclass(frozen=True)
class WasteReason:
    """The name of a waste reason, and what it means."""

    name: str
    meaning: str


# by waste_reason
WASTE_REASONS = {
    "excess_regeneration": WasteReason(
        N_("regenerations (3+ attempts)"),
        N_(
            "The same field of a product was generated three times or more, and these attempts were "
            "thrown away."
        ),
    ),
    "rejected_content": WasteReason(N_("rejected content"), N_("The content was rejected or discarded.")),
    "failed_generation": WasteReason(
        N_("failed generations"),
        N_("The generation failed, was cancelled, timed out or was blocked, and was charged all the same."),
    ),
    "low_quality_draft": WasteReason(
        N_("low-quality first drafts"),
        N_("The first attempt scored low and was thrown away for a later one."),
    ),
    "unneeded_field": WasteReason(
        N_("fields that nobody uses"),
        N_("In 90 days no content of this kind of field was used in its category."),
    ),
    "unused_content": WasteReason(
        N_("content that was never used"),
        N_("The content was neither used nor replaced in the two weeks after it was generated."),
    ),
}
# why a run restated days that had been published
CAUSES = {
    "late": N_("Late deliveries"),
    "retraction": N_("Retractions"),
    "outcome": N_("What became of content"),
    "ledger": N_("The credit ledger"),
    "dimension": N_("Names, categories or time zones"),
    "definition": N_("Other definitions"),
}
# fewer say nothing about the next one
MIN_SCORED_CASES = 10


def ended(sentence: str) -> str:
    """The sentence with the full stop of the language; Thai has none."""
    return _("{sentence}.", sentence=sentence)


def joined(parts: Iterable[str | None]) -> str:
    """The parts that there are as one sentence."""
    return reduce(
        lambda first, second: _("{first}; {second}", first=first, second=second), filter(None, parts)
    )


def capitalized(sentence: str) -> str:
    """The sentence with a capital at its start."""
    return sentence[:1].upper() + sentence[1:]


def describe_waste_reason(reason: str) -> WasteReason:
    """The name and meaning of a waste reason; an unknown one goes by its own name."""
    known = WASTE_REASONS.get(reason)
    if known is None:
        return WasteReason(reason.replace("_", " "), "")
    return WasteReason(_(known.name), _(known.meaning))


def costly_waste(window: Window) -> tuple[WasteLine, ...]:
    """The waste reasons that cost credits, most first."""
    return tuple(line for line in window.waste if line.wasted_credits > 0)


def is_waste_unknown(window: Window) -> bool:
    """Whether nothing is known of what became of all that was used: no waste is then no good news."""
    return window.summary.untracked_credits == window.summary.credits_used > 0


def untracked_text(window: Window) -> str | None:
    """How many credits nothing is known of, and why; None if something is known of all."""
    summary = window.summary
    if not summary.untracked_credits:
        return None
    amount = credits(summary.untracked_credits)
    if summary.product_count == 0:
        return _(
            "Content is not tracked (no product named, no outcomes): "
            "whether {credits} credits were wasted is unknown",
            credits=amount,
        )
    return _(
        "Whether {credits} credits were wasted is unknown: what became of their content is not delivered",
        credits=amount,
    )


def drawn_credits(window: Window) -> Decimal | None:
    """What has been used of the allowance; None without one."""
    summary = window.summary
    if summary.allowance is None or summary.credits_remaining is None:
        return None
    return max(summary.allowance - summary.credits_remaining, Decimal(0))


def used_beyond_allowance(window: Window) -> str | None:
    """What was used of the allowance, where the window used more, as before the first lot; else None."""
    drawn = drawn_credits(window)
    if drawn is None or window.summary.allowance is None or window.summary.credits_used <= drawn:
        return None
    return _(
        "{drawn} of the allowance of {allowance} used",
        drawn=credits(drawn),
        allowance=credits(window.summary.allowance),
    )


def pending_text(window: Window) -> str | None:
    """How much of the pending credits is expected to end as waste; None if none, or unknown."""
    summary = window.summary
    low, high = summary.expected_pending_waste_credits_low, summary.expected_pending_waste_credits_high
    if not summary.pending_credits or not summary.expected_pending_waste_credits:
        return None
    if low is None or high is None:
        return None
    return _(
        "Pending: {credits} credits, of which {expected} are expected to end as waste",
        credits=credits(summary.pending_credits),
        expected=credits_range(low, high),
    )


def buying_text(forecast: Forecast | None, *, write_date: Callable[[date], str], as_of: date) -> str | None:
    """What to buy and when: "Buy by 4 May 2026: 3,000 credits"; None without advice."""
    if forecast is None or forecast.credits_to_buy is None:
        return None
    if forecast.credits_to_buy == 0:
        return _("Buy nothing: what is booked or expected covers the days to come")
    amount = _("{credits} credits", credits=credits(forecast.credits_to_buy))
    packs = json.loads(forecast.recommended_packs) if forecast.recommended_packs else []
    if packs:
        listed = _(" and ").join(f"{pack['count']} x {plain(pack['pack_id'])}" for pack in packs)
        packs_credits = sum((Decimal(pack["credits"]) for pack in packs), Decimal(0))
        if price := cost_text(forecast.packs_price, forecast.packs_currency):
            listed += f", {price}"
        amount = _("{credits} credits", credits=credits(packs_credits)) + f" ({listed})"
    if forecast.buy_by is None or forecast.buy_by <= as_of:
        return _("Buy now: {amount}", amount=amount)
    return _("Buy by {day}: {amount}", day=write_date(forecast.buy_by), amount=amount)


def _spaced(percentage: str) -> str:
    return percentage.replace("%", " %")


def capped_text(forecast: Forecast | None) -> str | None:
    """How much usage the forecast did not count as demand; None if it counted all."""
    if forecast is None or not forecast.capped_credits:
        return None
    return _(
        "{credits} credits of implausible charges are not taken for demand by the "
        "forecast; use and what is left count them",
        credits=credits(forecast.capped_credits),
    )


def change_text(forecast: Forecast | None) -> str | None:
    """What a lasting fall or rise of use means for the range and the purchase; None without one."""
    if forecast is None:
        return None
    if forecast.demand_change == "fell" and forecast.credits_to_buy is not None:
        return _(
            "use fell to under a third in the last 28 days: the purchase counts on the lower use, "
            "the range also on its return"
        )
    if forecast.demand_change == "rose" and forecast.depletes_on_p50 is not None:
        return _(
            "use rose to over three times in the last 28 days: the median assumes no more growth, "
            "the start of the range that it goes on"
        )
    return None


def shown_accuracy(report: Report) -> tuple[Accuracy, ...]:
    """How accurate forecasts have been: only of what is forecast, and where enough of them were scored."""
    is_known = report.forecast is not None and report.forecast.forecast_status == "ok"
    return tuple(
        accuracy
        for accuracy in report.accuracy
        if accuracy.cases >= MIN_SCORED_CASES and (report.budgets if accuracy.kind == "budget" else is_known)
    )


def accuracy_text(report: Report) -> list[str]:
    """The accuracy shown: a sentence for forecasts published, one for past days replayed."""
    what = {
        "published": _("forecasts published"),
        "replayed": _("forecasts of past days made again"),
        "budget": _("forecasts of budgets made again on past days, errors in days of mean use"),
    }
    return [
        _(
            "{cases} {what}: 80 % range covered {coverage}; median error {median} (pace {pace_median}), "
            "mean {mean} (pace {pace_mean})",
            cases=count(accuracy.cases),
            what=what[accuracy.kind],
            coverage=_spaced(percent(accuracy.coverage_80)),
            median=whole_days(Decimal(accuracy.median_abs_error_days)),
            pace_median=accuracy.pace_median_abs_error_days,
            mean=mean_days(accuracy.mean_abs_error_days),
            pace_mean=mean_days(accuracy.pace_mean_abs_error_days),
        )
        for accuracy in shown_accuracy(report)
    ]


def restated_text(restated: Restated, *, write_date: Callable[[date], str]) -> str:
    """How the newest run restated published days, and why: "Late deliveries: 2 days changed, …"."""
    cause, first = _(CAUSES.get(restated.cause, restated.cause)), write_date(restated.first_date)
    if restated.day_count > 1:
        days = _(
            "{cause}: {days} changed, {first} to {last}",
            cause=cause,
            days=whole_days(Decimal(restated.day_count)),
            first=first,
            last=write_date(restated.last_date),
        )
    else:
        days = _("{cause}: {first} changed", cause=cause, first=first)
    return _(
        "{days}; credits used {more}, wasted {more_wasted}",
        days=days,
        more=_change(restated.credits_after - restated.credits_before),
        more_wasted=_change(restated.wasted_credits_after - restated.wasted_credits_before),
    )


def reconciliation_text(total: SourceTotal, *, write_date: Callable[[date], str]) -> str:
    """A source's own total next to ours: "gateway says 718.74 USD for Mar 2026, we have 718.74"."""
    ours, gap = amount(total.ours), abs(total.ours - total.theirs)
    return _(
        "{source} says {theirs} for {days}, we have {ours}",
        source=plain(total.source),
        theirs=_counted(total),
        days=_days_of(total, write_date=write_date),
        ours=ours,
    ) + (_(" ({share} apart)", share=percent(gap / abs(total.theirs))) if gap and total.theirs else "")


def _counted(total: SourceTotal) -> str:
    if total.unit == "credits":
        return _("{credits} credits", credits=amount(total.theirs))
    currency = "" if total.currency == "(none)" else f" {plain(total.currency)}"
    return f"{amount(total.theirs)}{currency}"


def _days_of(total: SourceTotal, *, write_date: Callable[[date], str]) -> str:
    first, last = total.first_day, total.last_day
    if first == last:
        return write_date(first)
    if first.day == 1 and (last + timedelta(days=1)).day == 1:
        return month_year(first)
    return _("{first} to {last}", first=write_date(first), last=write_date(last))


def _change(change: Decimal) -> str:
    if not change:
        return _("unchanged")
    return f"{'+' if change > 0 else '−'}{credits(abs(change))}"
