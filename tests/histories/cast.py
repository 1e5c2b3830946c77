"""The members, products and units of one history, and its feed rows, each with its instant.

For which run a row is delivered is not decided here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from histories.runs import ZONES

Row = dict[str, Any]

CATEGORIES = ("shoes", "bags", "hats")
TYPES = ("description", "meta", "bullets", "keywords", "alt text")
LOCALES = (None, "de", "en-GB")


@dataclass(frozen=True)
class FeedRow:
    """One row of one feed; `run` is set where a plot needs it delivered for exactly that run."""

    feed: str
    row: Row
    at: datetime | None = None
    run: int | None = None


@dataclass(frozen=True)
class Cast:
    """One workspace with a few members, products, types and locales; a unit is what can be generated."""

    workspace_id: str
    zone: str
    members: tuple[str, ...]
    products: tuple[str, ...]
    types: tuple[str, ...]
    units: tuple[tuple[str, str, str | None], ...]

    def event(self, number: int, at: datetime, rng: random.Random, **columns: Any) -> Row:
        """A generation of a random unit; the given columns override the random ones."""
        product_id, generation_type, locale = rng.choice(self.units)
        row: Row = {
            "event_id": f"{self.workspace_id}-g{number}",
            "occurred_at": at,
            "workspace_id": self.workspace_id,
            "member_id": rng.choice(self.members),
            "product_id": product_id,
            "generation_type": generation_type,
            "locale": locale,
            "credits": some_credits(rng),
            "quality_score": some_score(rng),
            "product_category": rng.choice((None, None, *CATEGORIES[:2])),
            "status": rng.choices(
                (None, "succeeded", "failed", "cancelled", "timed_out", "blocked"), (9, 6, 1, 0.5, 0.5, 0.5)
            )[0],
            "model": rng.choice((None, "small", "large")),
            "output_tokens": rng.choice((None, rng.randint(0, 2_000))),
        }
        return row | columns

    def outcome(self, number: int, event: Row, outcome: str, at: datetime) -> FeedRow:
        """An outcome of an event, whether or not that is ever delivered."""
        row = {
            "outcome_id": f"{self.workspace_id}-o{number}",
            "event_id": event["event_id"],
            "outcome": outcome,
        }
        return FeedRow("content_outcomes", row | {"source": event.get("source"), "occurred_at": at}, at)

    def retraction(self, number: int, event: Row, at: datetime) -> FeedRow:
        """The retraction of an event, whether or not that is ever delivered."""
        row = {"retraction_id": f"{self.workspace_id}-r{number}", "event_id": event["event_id"]}
        return FeedRow("event_retractions", row | {"source": event.get("source"), "occurred_at": at}, at)


def cast_of(workspace_id: str, rng: random.Random) -> Cast:
    """A team of 2 or 3, with 2 to 4 products and 2 or 3 types, who generate 3 to 8 units."""
    products = tuple(f"p{number}" for number in range(rng.randint(2, 4)))
    types = tuple(rng.sample(TYPES, rng.randint(2, 3)))
    units = [(product, kind, locale) for product in products for kind in types for locale in LOCALES]
    return Cast(
        workspace_id=workspace_id,
        zone=rng.choice(ZONES),
        members=tuple(f"m{number}" for number in range(rng.randint(2, 3))),
        products=products,
        types=types,
        units=tuple(rng.sample(units, rng.randint(3, 8))),
    )


def some_credits(rng: random.Random) -> Decimal:
    """Often whole or halves, often with all six places, now and then zero or almost zero."""
    if rng.random() < 0.1:
        return rng.choice((Decimal(0), Decimal("0.000001")))
    if rng.random() < 0.4:
        return Decimal(rng.randint(1, 8)) / 2
    return Decimal(rng.randint(1, 5_000_000)).scaleb(-6)


def some_score(rng: random.Random) -> Decimal | None:
    """Often missing, often right at the threshold of low quality."""
    if rng.random() < 0.3:
        return None
    edge = (Decimal("0.6"), Decimal("0.599999"), Decimal("0.600001"))
    return rng.choice((*edge, Decimal(rng.randint(0, 100)) / 100))
