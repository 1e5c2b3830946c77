"""The usage marts: who spent, on what, how well, for each workspace and period.

Lots and forecasts are not read here; dispositions come from disposition.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from oracle.contract import Row
from oracle.disposition import DISPOSITIONS, Fact, segment_of
from oracle.known import MICRO, NO_MEMBER, local_date

Mart = dict[tuple[Any, ...], dict[str, Any]]
Key = str

PERIODS = {"7d": 7, "30d": 30, "90d": 90}
Window = tuple[date, date]
MIN_PRODUCTS = 10
TYPE_NAMES = {
    "description": "Descriptions",
    "meta": "Meta tags",
    "bullets": "Bullet points",
    "keywords": "Keywords",
}
EXACT = Context(prec=60)


def credits_of(facts: Iterable[Fact]) -> int:
    """Micro-credits of all the generations, failed ones included."""
    return sum(fact.generation.credits for fact in facts)


def as_credits(micro_credits: int) -> Decimal:
    """Micro-credits as exact decimal credits."""
    return Decimal(micro_credits).scaleb(-6, EXACT)


def ratio(numerator: int | Fraction, denominator: int | Fraction) -> Fraction | None:
    """numerator / denominator, null if there is nothing to divide by."""
    return Fraction(numerator) / Fraction(denominator) if denominator else None


def windows(as_of: date, renewed_on: Window | None) -> dict[str, Window]:
    """The first and last day of each period; the last N days are as_of - N + 1 .. as_of."""
    found = {period: (as_of - timedelta(days=days - 1), as_of) for period, days in PERIODS.items()}
    month = as_of.replace(day=1)
    before = month - timedelta(days=1)
    found |= {"month_to_date": (month, as_of), "last_month": (before.replace(day=1), before)}
    return found | ({"billing_period": (renewed_on[0], as_of)} if renewed_on else {})


def window_before(period: str, window: Window, renewed_on: Window | None) -> Window:
    """The window that a period is compared with: as many days of the month or billing period before."""
    start, end = window
    day = timedelta(days=1)
    if period == "last_month":
        return (start - day).replace(day=1), start - day
    first = start - (end - start) - day
    if period == "month_to_date":
        first = (start - day).replace(day=1)
    if period == "billing_period" and renewed_on:
        first = renewed_on[1]
    return first, min(first + (end - start), start - day)


def in_window(facts: Iterable[Fact], window: Window) -> list[Fact]:
    """Facts by usage_date, both ends included."""
    return [fact for fact in facts if window[0] <= fact.generation.usage_date <= window[1]]


def grouped(facts: Iterable[Fact], key: Callable[[Fact], Any]) -> dict[Any, list[Fact]]:
    """Facts by key."""
    groups: dict[Any, list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[key(fact)].append(fact)
    return groups


def measures(facts: Sequence[Fact]) -> dict[str, Any]:
    """Return the measures of one scope and window from its generations."""
    attempts = [fact for fact in facts if fact.is_first_variant]
    regenerations = [fact for fact in attempts if (fact.attempt_number or 0) >= 2]
    of_products = [fact for fact in facts if fact.generation.product_id is not None]
    products = {fact.generation.product_id for fact in of_products}
    members = {fact.generation.member_id for fact in facts} - {NO_MEMBER}
    attempted_units = {fact.generation.unit for fact in attempts}
    regenerated_units = {fact.generation.unit for fact in regenerations}
    credits = credits_of(facts)
    wasted = credits_of(fact for fact in facts if fact.disposition == "wasted")
    return {
        "credits": as_credits(credits),
        "generation_count": len(facts),
        "attempt_count": len(attempts),
        "regeneration_count": len(regenerations),
        "regeneration_rate": ratio(len(regenerations), len(attempts)),
        "attempted_unit_count": len(attempted_units),
        "regenerated_unit_count": len(regenerated_units),
        "regenerated_unit_rate": ratio(len(regenerated_units), len(attempted_units)),
        "product_count": len(products),
        "member_count": len(members),
        "product_credits": as_credits(credits_of(of_products)),
        "credits_per_product": ratio(Fraction(credits_of(of_products), MICRO), len(products)),
        **first_pass([fact for fact in attempts if fact.attempt_number == 1]),
        "wasted_credits": as_credits(wasted),
        "waste_rate": ratio(wasted, credits),
    }


def first_pass(first_attempts: Sequence[Fact]) -> dict[str, Any]:
    """Quality and yield of the episodes that begin here: an episode belongs to its first attempt's scope."""
    attempts = [fact.episode.attempts[0] for fact in first_attempts if fact.episode]
    scores = [attempt.quality_score for attempt in attempts if attempt.quality_score is not None]
    # The yield is for outcome-tracked workspaces only: elsewhere no episode counts.
    mature = [f.episode for f in first_attempts if f.is_tracked and f.episode and f.episode.is_mature]
    passed = [episode for episode in mature if episode.is_first_pass]
    return {
        "first_pass_quality_score": ratio(sum(scores, Fraction(0)), len(scores)),
        "first_pass_scored_count": len(scores),
        "first_pass_count": len(first_attempts),
        "first_pass_yield": ratio(len(passed), len(mature)),
        "first_pass_episode_count": len(passed),
        "mature_episode_count": len(mature),
    }


def disposed_credits(facts: Sequence[Fact]) -> dict[str, Decimal]:
    """Credits by disposition; they sum to the credits of the facts."""
    sums = Counter[str]()
    for fact in facts:
        sums[fact.disposition] += fact.generation.credits
    partly = sum(
        min(fact.generation.refunded, fact.generation.credits)
        for fact in facts
        if fact.disposition != "refunded"
    )
    disposed = {f"{disposition}_credits": as_credits(sums[disposition]) for disposition in DISPOSITIONS}
    return {**disposed, "partly_refunded_credits": as_credits(partly)}


def breakdown(facts: Sequence[Fact], key: Callable[[Fact], Key]) -> dict[Key, dict[str, Any]]:
    """Measures of each value of one dimension in a workspace's window, with share and rank by credits."""
    total = Fraction(credits_of(facts), MICRO)
    rows = {value: measures(group) for value, group in grouped(facts, key).items()}
    spent = sorted((row["credits"] for row in rows.values()), reverse=True)
    rank = {credits: position for position, credits in reversed(list(enumerate(spent, start=1)))}
    for row in rows.values():
        row["credit_share"] = ratio(Fraction(row["credits"]), total)
        row["spend_rank"] = rank[row["credits"]]  # ties share their first rank: 1, 1, 3
    return rows


def expected_credits(facts: Sequence[Fact], whose: Callable[[Fact], str]) -> dict[str, Fraction]:
    """What the fields of each member or team would have cost at the workspace's mean for (category, type)."""
    expected: dict[str, Fraction] = defaultdict(Fraction)
    of_products = [fact for fact in facts if fact.generation.product_id is not None]
    for group in grouped(of_products, lambda fact: segment_of(fact.generation)).values():
        pairs = {(whose(fact), fact.generation.member_id, fact.generation.unit) for fact in group}
        mean = Fraction(credits_of(group), MICRO * len(pairs))
        for one, count in Counter(one for one, *_ in pairs).items():
            expected[one] += mean * count
    return dict(expected)


def with_expected(
    rows: Mapping[str, dict[str, Any]], facts: Sequence[Fact], whose: Callable[[Fact], str]
) -> None:
    """Adds to the rows of members or teams what was expected of them, and how they compare."""
    expected = expected_credits(facts, whose)
    for one, row in rows.items():
        row["expected_credits"] = expected.get(one)
        row["mix_adjusted_efficiency"] = ratio(
            Fraction(row["product_credits"]), expected.get(one, Fraction(0))
        )


def most_efficient_member(members: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Lowest credits per product among those with 10 products; more products, then lower id, break ties."""
    qualified = [
        member_id
        for member_id, row in members.items()
        if row["product_count"] >= MIN_PRODUCTS and member_id != NO_MEMBER
    ]
    if len(qualified) < 2:
        return None

    def rank(member_id: str) -> tuple[Any, ...]:
        row = members[member_id]
        return row["credits_per_product"], -row["product_count"], member_id

    return min(qualified, key=rank)


def member_rows(
    facts: Sequence[Fact], workspace_id: str, names: Mapping[tuple[str, ...], Row]
) -> dict[str, dict[str, Any]]:
    """usage_by_member of one workspace and window, by member id."""
    rows = breakdown(facts, lambda fact: fact.generation.member_id)
    with_expected(rows, facts, lambda fact: fact.generation.member_id)
    best = most_efficient_member(rows)
    for member_id, row in rows.items():
        known = names.get((workspace_id, member_id)) or {}
        del row["member_count"]
        row["member_name"] = known.get("name") or member_id
        row["team"] = known.get("team")
        row["is_most_efficient"] = member_id == best
    return rows


def type_rows(facts: Sequence[Fact]) -> dict[str, dict[str, Any]]:
    """usage_by_generation_type of one workspace and window, by generation type."""
    rows = breakdown(facts, lambda fact: fact.generation.generation_type)
    for generation_type, row in rows.items():
        row["generation_type_name"] = TYPE_NAMES.get(generation_type, generation_type)
    return rows


def team_of(versions: Mapping[str, Sequence[Row]], fact: Fact, *, zone: ZoneInfo) -> str:
    """The team of the member at the end of the day; the first known one holds before it was known."""
    found, is_known = None, False
    for version in versions.get(fact.generation.member_id, ()):
        if not is_known and version["team"] is None:
            continue
        since = version["updated_at"]
        if not is_known or since is None or local_date(since, zone) <= fact.generation.usage_date:
            found = version["team"]
        is_known = True
    return found or "(no team)"


def tag_of(number: int, fact: Fact) -> str:
    """The value of a tag, by its number."""
    return fact.generation.tags[number] or "(none)"


def tag_rows(facts: Sequence[Fact], number: int) -> dict[str, dict[str, Any]]:
    """usage_by_tag of one workspace, window and tag key (by its number), by value."""
    rows = breakdown(facts, partial(tag_of, number))
    for value, group in grouped(facts, partial(tag_of, number)).items():
        rows[value] |= disposed_credits(group)
    return rows


def waste_rows(facts: Sequence[Fact]) -> dict[str, dict[str, Any]]:
    """waste_by_reason of one workspace and window, by reason."""
    wasted = [fact for fact in facts if fact.disposition == "wasted"]
    return {
        reason: {
            "wasted_credits": as_credits(credits_of(group)),
            "generation_count": len(group),
            "share_of_credits": ratio(credits_of(group), credits_of(facts)),
        }
        for reason, group in grouped(wasted, lambda fact: fact.waste_reason).items()
    }


def cell_of(fact: Fact) -> tuple[Any, ...]:
    """The cell of the additive cube that a generation is in."""
    generation = fact.generation
    return (
        generation.workspace_id,
        generation.usage_date,
        generation.member_id,
        generation.product_category,
        generation.generation_type,
    )


def usage_daily(facts: Sequence[Fact]) -> Mart:
    """The additive cube over all days."""
    return {
        key: {
            "credits": as_credits(credits_of(group)),
            "generation_count": len(group),
            "attempt_count": sum(fact.is_first_variant for fact in group),
            "regeneration_count": sum(
                fact.is_first_variant and (fact.attempt_number or 0) >= 2 for fact in group
            ),
            **disposed_credits(group),
        }
        for key, group in grouped(facts, cell_of).items()
    }
