"""What was used of each budget in its calendar periods, and how much of the budget counts.

Forecasts are not recomputed: the oracle has no quantiles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from oracle.contract import Row
from oracle.disposition import Fact
from oracle.money import Draw
from oracle.usage import EXACT, as_credits, ratio

DAY = timedelta(days=1)
YEAR = timedelta(days=365)
MONTHS = {"month": 1, "quarter": 3, "year": 12}
STEP = 10**12
Laid = Mapping[tuple[str, str], Sequence[Draw]]


def budget_rows(
    budget: Row, facts: Sequence[Fact], laid: Laid, *, is_in: Callable[[Fact], bool], as_of: date
) -> Iterator[tuple[date, dict[str, Any]]]:
    """The periods of one budget of a reported workspace, by first day: the open one, and a year of others.

    Args:
        budget: its newest version.
        facts: of the workspace.
        laid: what of each draw paid for each generation.
        is_in: whether a generation is in the budget's scope.
        as_of: the last local date.
    """
    mine = [fact for fact in facts if is_in(fact)]
    first_use = min((fact.generation.usage_date for fact in facts), default=None)
    for start, end in periods(budget["period"], as_of):
        first = max(start, budget["starts_on"] or start)
        last = min(end, budget["ends_on"] or end)
        is_open = last >= as_of
        if first > last or first > as_of or not (is_open or (first_use and last >= first_use)):
            continue
        counted = [fact for fact in mine if first <= fact.generation.usage_date <= last]
        yield start, _row(budget, counted, laid, (start, end), (first, last), as_of) | {"is_open": is_open}


def periods(kind: str, as_of: date) -> Iterator[tuple[date, date]]:
    """The calendar period of as_of, and those that ended in the year before it, latest first."""
    start = as_of - timedelta(days=as_of.weekday())
    if kind != "week":
        months = MONTHS[kind]
        start = date(as_of.year, (as_of.month - 1) // months * months + 1, 1)
    end = _after(kind, start) - DAY
    while end >= as_of - YEAR:
        yield start, end
        end = start - DAY
        start = end - 6 * DAY if kind == "week" else _back(end, MONTHS[kind])


def _after(kind: str, start: date) -> date:
    if kind == "week":
        return start + 7 * DAY
    years, month = divmod(start.month - 1 + MONTHS[kind], 12)
    return date(start.year + years, month + 1, 1)


def _back(end: date, months: int) -> date:
    """The first day of so many months of which this is the last day."""
    years, month = divmod(end.year * 12 + end.month - months, 12)
    return date(years, month + 1, 1)


def _row(
    budget: Row,
    facts: Sequence[Fact],
    laid: Laid,
    period: tuple[date, date],
    counted: tuple[date, date],
    as_of: date,
) -> dict[str, Any]:
    is_amount = budget["amount"] is not None
    currency = budget["currency"].upper() if is_amount else None
    by_day: dict[date, int] = defaultdict(int)
    unpriced, foreign = 0, 0
    for fact in facts:
        day = fact.generation.usage_date
        if not is_amount:
            by_day[day] += fact.generation.credits * STEP
            continue
        paid = laid.get(fact.generation.key, ())
        unpriced += fact.generation.credits - sum(draw.credits for draw in paid)
        for draw in paid:
            if draw.price is None:
                unpriced += draw.credits
            elif (draw.currency or currency or "").upper() == currency:
                by_day[day] += draw.cost
            else:
                foreign += draw.credits
    whole = Fraction(budget["amount"] if is_amount else budget["credits"])
    all_days = (period[1] - period[0]).days + 1
    days = (counted[1] - counted[0]).days + 1
    elapsed = (min(counted[1], as_of) - counted[0]).days + 1
    limit = whole * days / all_days
    used, passed_on = 0, None
    for day, value in sorted(by_day.items()):
        used += value
        if passed_on is None and Fraction(used, 10**18) > _rounded(limit):
            passed_on = day
    return {
        "period_end": period[1],
        "counted_from": counted[0],
        "counted_to": counted[1],
        "counted_days": days,
        "elapsed_days": elapsed,
        "unit": "amount" if is_amount else "credits",
        "currency": currency,
        "budget": limit,
        "paced": whole * elapsed / all_days,
        "used": Decimal(used).scaleb(-18, EXACT),
        "used_share": ratio(Fraction(used, 10**18), _rounded(limit)),
        "unpriced_credits": as_credits(unpriced),
        "other_currency_credits": as_credits(foreign),
        "exceeded_on": passed_on,
    }


def _rounded(limit: Fraction) -> Fraction:
    """As published: half up to 12 places."""
    return Fraction((2 * limit.numerator * STEP + limit.denominator) // (2 * limit.denominator), STEP)
