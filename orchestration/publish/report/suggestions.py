"""The sentences about what to change: the advice, suggestions, what they could save, their evidence.

Not here: which suggestions there are (forecasting/waste/), or other sentences (sentences.py).
"""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.publish.report.breakdown import TYPE_NAMES
from orchestration.publish.report.formatting import count, credits_range, plain, whole_days
from orchestration.publish.report.i18n import N_, SOURCE, current_language, written_number
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import Forecast, Report, Suggestion
from orchestration.publish.report.sentences import capitalized, costly_waste, describe_waste_reason

# what the advice would reduce, by waste_reason
REDUCED = {
    "excess_regeneration": N_("rework"),
    "low_quality_draft": N_("rework"),
    "rejected_content": N_("rejections"),
    "failed_generation": N_("failed generations"),
    "unused_content": N_("unused content"),
}
ADVICE = {
    "ruleset": N_("improve rulesets to reduce {reduced}"),
    "template": N_("improve templates to reduce {reduced}"),
    "category_type": N_("review what is generated for a category to reduce {reduced}"),
    "model": N_("try another model to reduce {reduced}"),
    "workflow": N_("improve workflows to reduce {reduced}"),
}
# where members differ, the advice is to review the work together, and blames nobody
REVIEWED_TOGETHER = {
    "excess_regeneration": N_("repeated attempts"),
    "low_quality_draft": N_("repeated first drafts"),
    "rejected_content": N_("rejected content"),
    "failed_generation": N_("failed generations"),
    "unused_content": N_("unused content"),
}
_TYPES_IN_SENTENCES = {f"{name[:1].lower()}{name[1:]}": name for name in TYPE_NAMES.values()}
NOTHING_STANDS_OUT = N_("none; no part of the work wastes clearly more than the rest")


def advice(report: Report) -> str | None:
    """What to change, from the first suggestion; None without one."""
    if not report.suggestions:
        return None
    kind, reason = report.suggestions[0].segment_kind, report.suggestions[0].waste_reason
    if reason == "unneeded_field":
        return _("stop generating fields that nobody uses")
    if kind == "member_type" and reason in REVIEWED_TOGETHER:
        return _("go through {what} together", what=_(REVIEWED_TOGETHER[reason]))
    if kind in ADVICE and reason in REDUCED:
        return _(ADVICE[kind], reduced=_(REDUCED[reason]))
    return _("look at the generations behind {waste}", waste=describe_waste_reason(reason).name)


def advice_text(report: Report) -> str | None:
    """The advice, or that nothing stands out; None if there is neither waste nor a suggestion."""
    return advice(report) or (_(NOTHING_STANDS_OUT) if costly_waste(report) else None)


def what_if_text(
    suggestion: Suggestion, forecast: Forecast | None, *, write_date: Callable[[date], str]
) -> str | None:
    """The median with and without the saving: "in the median empty 14 May 2026 instead of 12 May 2026"."""
    saved, median = suggestion.depletes_on_p50_if_saved, forecast and forecast.depletes_on_p50
    if not saved or not median or saved <= median:
        return None
    return _("in the median empty {day} instead of {now}", day=write_date(saved), now=write_date(median))


def saving_text(suggestion: Suggestion) -> str:
    """What it could save: "115 to 145 credits a month, about 2 days later"."""
    low, high = suggestion.potential_saving_credits_low, suggestion.potential_saving_credits_high
    saving = _("{credits} credits a month", credits=credits_range(low, high))
    days = suggestion.saving_days
    if days is None or days < Decimal("0.5"):
        return saving
    return _("{saving}, about {days} later", saving=saving, days=whole_days(days))


def evidence_text(suggestion: Suggestion, *, write_date: Callable[[date], str]) -> str:
    """Evidence of a suggestion: "38 of 175 generations, elsewhere 1 of 179, 8 Jan 2026 to 7 Apr 2026"."""
    counts_runs = suggestion.waste_reason == "excess_regeneration"
    return _(
        "{found} of {all} {what}, elsewhere {found_elsewhere} of {all_elsewhere}, {first} to {last}",
        found=count(suggestion.affected_count),
        all=count(suggestion.evidence_count),
        what=_("runs of attempts") if counts_runs else _("generations"),
        found_elsewhere=count(suggestion.elsewhere_affected_count),
        all_elsewhere=count(suggestion.elsewhere_count),
        first=write_date(suggestion.evidence_from),
        last=write_date(suggestion.evidence_to),
    )


def suggestion_text(suggestion: Suggestion) -> str:
    """The suggestion in the current language, safe to print; in English where its parts are not published."""
    if current_language() == SOURCE or not suggestion.suggestion_parts:
        return plain(suggestion.suggestion)
    return plain(_translated(json.loads(suggestion.suggestion_parts)))


def _translated(part: Any) -> str:
    """A part as forecasting/waste/suggestions.py makes it: see `in_english` there."""
    match part:
        case {"sentence": sentence, "parts": parts}:
            return _(sentence, **{name: _translated(value) for name, value in parts.items()})
        case {"number": digits}:
            return written_number(Decimal(digits))
        case {"days": days}:
            return whole_days(Decimal(days))
        case {"capital": words}:
            return capitalized(_translated(words))
        case str() if part in _TYPES_IN_SENTENCES:
            return _(_TYPES_IN_SENTENCES[part])
    return str(part)
