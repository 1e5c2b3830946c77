"""The sentences about budgets, and about the period before the reported one.

Not here: which budgets there are (load.py), how numbers are formatted (formatting.py), or the layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from forecasting.depletion.headline import BURN_DAYS, MIN_HISTORY_DAYS
from orchestration.publish.report.formatting import (
    amount,
    credits,
    day_month_year,
    distinct_labels,
    month_year,
    percent,
    plain,
    whole_percent,
)
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import Budget, Window
from orchestration.publish.report.sentences import joined


def budget_texts(budgets: Sequence[Budget]) -> list[str]:
    """A sentence for each: "Catalogue: 812 of 1,000 credits in Jun 2026; passes it on 22 Jun 2026 (…)"."""
    return [
        f"{label}: {budget_text(budget)}"
        for budget, label in zip(budgets, budget_labels(budgets), strict=True)
    ]


def budget_labels(budgets: Sequence[Budget]) -> list[str]:
    """What each is for; where two have the same, each has its id in it."""
    named = [
        (budget.budget_id, _("Workspace") if budget.scope == "workspace" else plain(budget.scope_name))
        for budget in budgets
    ]
    return distinct_labels(named)


def budget_text(budget: Budget) -> str:
    """What was used of it and is expected, without what it is for."""
    used = _(
        "{used} of {budget} in {period}",
        used=_short(budget, budget.used),
        budget=written(budget, budget.budget),
        period=period_name(budget),
    )
    return joined((used, _outlook(budget), _uncounted(budget)))


def written(budget: Budget, value: Decimal) -> str:
    """Credits or an amount of the budget, with its unit."""
    if budget.unit == "amount":
        return f"{amount(value)} {plain(budget.currency or '')}"
    return _("{credits} credits", credits=credits(value))


def _short(budget: Budget, value: Decimal) -> str:
    return amount(value) if budget.unit == "amount" else credits(value)


def period_name(budget: Budget) -> str:
    """The period within a line: "Jun 2026", "Q2 2026", "2026", "the week of 1 Jun 2026"."""
    first = budget.period_start
    if budget.budget_period == "week":
        return _("the week of {day}", day=day_month_year(first))
    if budget.budget_period == "month":
        return month_year(first)
    year = f"{first.year}"
    return f"Q{(first.month + 2) // 3} {year}" if budget.budget_period == "quarter" else year


def _outlook(budget: Budget) -> str:
    if budget.status == "exceeded" and budget.exceeded_on:
        return _("passed on {day}", day=day_month_year(budget.exceeded_on))
    if budget.status == "no_use":
        return _("no use in {days} days", days=BURN_DAYS)
    if budget.chance_to_exceed is None or budget.expected_p50 is None:
        days = budget.history_days or 0
        return _("too early for a range: {days} of {least} days", days=days, least=MIN_HISTORY_DAYS)
    if budget.exceeds_on and budget.status == "likely_to_exceed":
        return _(
            "passes it on {day} ({range}), {chance} likely",
            day=day_month_year(budget.exceeds_on),
            range=_days(budget.exceeds_on_p10, budget.exceeds_on_p90),
            chance=whole_percent(budget.chance_to_exceed, at_most=99),
        )
    return _(
        "{expected} expected at its end ({low} to {high}), {chance} likely to pass it",
        expected=_short(budget, budget.expected_p50),
        low=_short(budget, budget.expected_p10 or Decimal(0)),
        high=_short(budget, budget.expected_p90 or Decimal(0)),
        chance=whole_percent(budget.chance_to_exceed, at_most=49),
    )


def _days(first: date | None, last: date | None) -> str:
    """A range of days, without the month and year that both share: "17 to 27 Jun 2026"."""
    if first is None:
        return ""
    if last is None:
        return _("{day} or later", day=day_month_year(first))
    if first == last:
        return day_month_year(first)
    is_same_month = (first.year, first.month) == (last.year, last.month)
    start = str(first.day) if is_same_month else day_month_year(first)
    return _("{first} to {last}", first=start, last=day_month_year(last))


def _uncounted(budget: Budget) -> str | None:
    """The credits that are in no cost of the budget; None if there are none."""
    parts = []
    if budget.unpriced_credits:
        parts.append(_("no price is known for {credits} credits", credits=credits(budget.unpriced_credits)))
    if budget.other_currency_credits:
        other = credits(budget.other_currency_credits)
        parts.append(_("{credits} credits cost another currency and are not counted", credits=other))
    return joined(parts) if parts else None


def before_text(window: Window) -> str | None:
    """The change against the period before: "+11.4% against the period before, which used 2,100"; or None."""
    before = window.before
    if before is None:
        return None
    if not before.credits_before:
        return _("nothing was used in the period before") if window.summary.credits_used else None
    change = before.credits_change
    sign = "−" if change < 0 else "+" if change else "±"
    return _(
        "{change} against the period before, which used {before}",
        change=f"{sign}{percent(abs(change) / before.credits_before)}",
        before=credits(before.credits_before),
    )
