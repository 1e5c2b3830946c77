"""The snapshot feeds of one history: workspaces that move, products that change category, members renamed.

On which night a version is delivered is not decided here.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from typing import Any

from histories.cast import CATEGORIES, Cast, Happening, Row
from histories.runs import ZONES, Nights

LONG_AGO = datetime(2025, 6, 1, tzinfo=UTC)


def names_of(cast: Cast, nights: Nights, rng: random.Random, *, is_order_free: bool) -> list[Happening]:
    """Versions of the workspace, its products, its members and its packs; for many there is no row.

    Args:
        is_order_free: every version has an `updated_at` of its own, so that the night it comes on is of no
            account; else some have none, or the one of another version.
    """
    versions = _Versions(cast, nights, rng, is_order_free=is_order_free)
    if rng.random() < 0.75:
        zones = [cast.zone, rng.choice(ZONES), rng.choice((None, *ZONES))]
        versions.tell("workspaces", zones[: rng.randint(1, 3)], "timezone")
    for product_id in cast.products:
        if rng.random() < 0.7:
            category = rng.choice(CATEGORIES)
            categories = [category, rng.choice((None, *CATEGORIES)), category]
            versions.tell("products", categories[: rng.randint(1, 3)], "category", product_id=product_id)
    for member_id in cast.members:
        if rng.random() < 0.6:
            names = [f"Kim {member_id}", f"Kim {member_id} Ödegård", None]
            versions.tell("members", names[: rng.randint(1, 3)], "name", member_id=member_id)
    if rng.random() < 0.2:
        pack = {"pack_id": "small", "credits": 100, "price": 9, "currency": "EUR"}
        versions.tell("credit_packs", [30, 60], "validity_days", **pack)
    return versions.told


class _Versions:
    """Versions of snapshot rows, each with an `updated_at`: its own, none, equal to or older than others'."""

    def __init__(self, cast: Cast, nights: Nights, rng: random.Random, *, is_order_free: bool) -> None:
        self._cast, self._nights, self._rng = cast, nights, rng
        self._is_order_free = is_order_free
        self.told: list[Happening] = []

    def tell(self, feed: str, values: list[Any], column: str, **columns: Any) -> None:
        """One row for each value of the column that changes; most come in their order."""
        days = sorted(self._rng.choices(self._nights.as_ofs, k=len(values)))
        first = self._rng.choice((self._nights.first_day, days[0]))
        stamps = self._stamps(len(values))
        for day, value, updated_at in zip([first, *days[1:]], values, stamps, strict=True):
            row: Row = {"workspace_id": self._cast.workspace_id, **columns, column: value}
            if feed == "workspaces" and self._rng.random() < 0.3:
                row |= {"name": "Ада", "lead_time_days": self._rng.randint(0, 9)}
            at = datetime.combine(day, time(12), UTC)
            self.told.append(Happening(feed, row | {"updated_at": updated_at}, at))

    def _stamps(self, count: int) -> list[datetime | None]:
        days = self._rng.sample(range(200), count)
        if self._rng.random() < 0.7:
            days.sort()
        own = [LONG_AGO + timedelta(days=day) for day in days]
        if self._is_order_free:
            return list(own)
        return [self._rng.choice((stamp, stamp, None, own[0])) for stamp in own]
