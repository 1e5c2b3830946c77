"""Words of the dashboard: the labels of columns and values, and text that is safe in Markdown.

Not here: the sentences of the report (publish/report/).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from orchestration.dashboard.figures.periods import DATES
from orchestration.dashboard.figures.queries import REASON, TAG
from orchestration.publish.report import formatting, sentences
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import BILLING_PERIOD, LAST_MONTH, MONTH_TO_DATE

# display names by dimension and id
Names = Mapping[tuple[str, str], str]
_MARKDOWN = frozenset("\\`*_{}[]()#+-.!|~<>$:&^=\"'@/%")


def escaped(text: str) -> str:
    """Text escaped for Markdown: a name is never a link, a formula or a picture."""
    return "".join(f"\\{letter}" if letter in _MARKDOWN else letter for letter in formatting.plain(text))


def dimension_label(dimension: str) -> str:
    """What a dimension is called."""
    labels = {
        "team": _("Team"),
        "member_id": _("Team member"),
        "product_category": _("Category"),
        "generation_type": _("Generation type"),
        "ruleset_id": _("Ruleset"),
        "template_id": _("Template"),
        "model": _("Model"),
        "locale": _("Locale"),
        "status": _("Status"),
        REASON: _("Reason of waste"),
        TAG: _("Tag"),
    }
    return labels[dimension]


def value_label(dimension: str, value: str, names: Names) -> str:
    """The display name of a value; an id without a name is shown as it is."""
    words = {
        "(no member)": _("(no member)"),
        "(no team)": _("(no team)"),
        "(uncategorised)": _("(uncategorised)"),
        "(none)": _("(none)"),
    }
    if dimension in ("disposition", "status"):
        words |= _fate_words()
    elif dimension == REASON and value not in words:
        return sentences.describe_waste_reason(value).name
    return words.get(value) or formatting.plain(names.get((dimension, value), value))


def period_label(name: str) -> str:
    """What a period is called where it is chosen."""
    if name == DATES:
        return _("Other dates")
    if name == MONTH_TO_DATE:
        return _("This month")
    if name == LAST_MONTH:
        return _("Last month")
    if name == BILLING_PERIOD:
        return _("Billing period")
    return _("{days} days", days=name.removesuffix("d"))


def change_text(now: Decimal, before: Decimal | None) -> str | None:
    """A change as "+11.4%"; "+320" where nothing was used before; None if that is unknown."""
    if before is None:
        return None
    change = now - before
    if not change:
        return "±0"
    sign = "−" if change < 0 else "+"
    return sign + (formatting.percent(abs(change) / before) if before else formatting.credits(change))


def _fate_words() -> dict[str, str]:
    return {
        "used": _("used"),
        "iterated": _("iterated"),
        "wasted": _("wasted"),
        "pending": _("pending"),
        "untracked": _("untracked"),
        "refunded": _("refunded"),
        "succeeded": _("succeeded"),
        "failed": _("failed"),
        "cancelled": _("cancelled"),
        "timed_out": _("timed out"),
        "blocked": _("blocked"),
    }
