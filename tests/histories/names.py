"""The snapshot feeds of one history: workspaces change zone, products change category, members are renamed.

For which run a version is delivered is not decided here.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zlib import crc32

from histories.cast import CATEGORIES, Cast, FeedRow, Row
from histories.runs import ZONES, Schedule

LONG_AGO = datetime(2025, 6, 1, tzinfo=UTC)


def names_of(
    cast: Cast, schedule: Schedule, rng: random.Random, *, is_order_independent: bool
) -> list[FeedRow]:
    """Versions of the workspace, its products, its members and its packs; many have no row.

    Args:
        is_order_independent: every version has a distinct `updated_at`, so that it does not matter which
            run delivers it; otherwise some have none, or that of another version.
    """
    versions = _Versions(cast, schedule, rng, is_order_independent=is_order_independent)
    if rng.random() < 0.75:
        zones = [cast.zone, rng.choice(ZONES), rng.choice((None, *ZONES))]
        versions.add("workspaces", zones[: rng.randint(1, 3)], "timezone")
    for product_id in cast.products:
        if rng.random() < 0.7:
            category = rng.choice(CATEGORIES)
            categories = [category, rng.choice((None, *CATEGORIES)), category]
            versions.add("products", categories[: rng.randint(1, 3)], "category", product_id=product_id)
    for member_id in cast.members:
        if rng.random() < 0.6:
            names = [f"Kim {member_id}", f"Kim {member_id} Ödegård", None]
            versions.add("members", names[: rng.randint(1, 3)], "name", member_id=member_id)
    if rng.random() < 0.2:
        pack = {"pack_id": "small", "credits": 100, "price": 9, "currency": "EUR"}
        versions.add("credit_packs", [30, 60], "validity_days", **pack)
    if rng.random() < 0.25:
        plan = {"plan_id": "team", "interval": rng.choice(("day", "week", "month", "year"))}
        plan |= {"starts_on": schedule.first_day.isoformat(), "rollover_days": rng.choice((None, 5))}
        versions.add("credit_plans", [30, 60], "credits", **plan)
    return versions.feed_rows + _budgets_of(cast, schedule, is_order_independent=is_order_independent)


def _budgets_of(cast: Cast, schedule: Schedule, *, is_order_independent: bool) -> list[FeedRow]:
    """Budgets corrected late: some overlap, are of a part of a period, of nobody, or in no currency used."""
    rng = random.Random(crc32(f"budgets of {cast.workspace_id}".encode()))  # the rest stays as it was
    versions = _Versions(cast, schedule, rng, is_order_independent=is_order_independent)
    scopes = (
        *(("workspace", None), ("workspace", None), ("team", "seo"), ("team", "(no team)")),
        *(("member", cast.members[0]), ("category", "shoes"), ("generation_type", cast.types[0])),
        *(("team", "nobody"), ("category", "(uncategorised)")),
    )
    for number, (scope, scope_id) in enumerate(scopes):
        if rng.random() < 0.5:
            continue
        unit = rng.choice(("credits", "amount"))
        budget: Row = {"budget_id": f"b{number}", "scope": scope, "scope_id": scope_id}
        budget |= {"period": rng.choice(("week", "month", "quarter", "year"))}
        budget |= {"currency": rng.choice(("EUR", "eur", "USD"))} if unit == "amount" else {}
        days = sorted(rng.choices(range(60), k=2))
        ends = {"starts_on": schedule.first_day, "ends_on": schedule.first_day}
        for (name, day), offset in zip(ends.items(), days, strict=True):
            if rng.random() < 0.3:
                budget[name] = (day + timedelta(days=offset)).isoformat()
        values = [f"{rng.randint(1, 90_000) / 100:.2f}" for _ in range(rng.randint(1, 3))]
        versions.add("budgets", values, unit, **budget)
    return versions.feed_rows


class _Versions:
    """Versions of snapshot rows; `updated_at` is distinct, missing, or equal to or older than another's."""

    def __init__(
        self, cast: Cast, schedule: Schedule, rng: random.Random, *, is_order_independent: bool
    ) -> None:
        self._cast, self._schedule, self._rng = cast, schedule, rng
        self._is_order_independent = is_order_independent
        self.feed_rows: list[FeedRow] = []

    def add(self, feed: str, values: list[Any], column: str, **columns: Any) -> None:
        """One row for each value of the changing column; most are in order."""
        days = sorted(self._rng.choices(self._schedule.as_ofs, k=len(values)))
        first = self._rng.choice((self._schedule.first_day, days[0]))
        stamps = self._stamps(len(values))
        for day, value, updated_at in zip([first, *days[1:]], values, stamps, strict=True):
            row: Row = {"workspace_id": self._cast.workspace_id, **columns, column: value}
            if feed == "workspaces" and self._rng.random() < 0.3:
                row |= {"name": "Ада", "lead_time_days": self._rng.randint(0, 9)}
            if feed == "workspaces":
                row |= self._overage(value)
            if feed == "members":
                teams = (None, "seo", "ads", "web")
                row["team"] = teams[crc32(f"{row['member_id']} {value} {updated_at}".encode()) % 4]
            at = datetime.combine(day, time(12), UTC)
            self.feed_rows.append(FeedRow(feed, row | {"updated_at": updated_at}, at))

    def _overage(self, value: Any) -> Row:
        """What a credit costs that no lot covers, which changes with the version; some agreed on none."""
        prices = {"overage_price": f"0.{len(str(value))}1", "currency": "EUR"}
        return prices if crc32(self._cast.workspace_id.encode()) % 3 else {}

    def _stamps(self, count: int) -> list[datetime | None]:
        days = self._rng.sample(range(200), count)
        if self._rng.random() < 0.7:
            days.sort()
        own = [LONG_AGO + timedelta(days=day) for day in days]
        if self._is_order_independent:
            return list(own)
        return [self._rng.choice((stamp, stamp, None, own[0])) for stamp in own]
