"""Usage with tags and provider costs, and totals that its sources state, for tests on the marts of both.

No figure is asserted here.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

TAG_KEYS = ("cost.centre", "app")
ZONES = {"wellington": "Pacific/Auckland", "lima": "America/Lima", "accra": "UTC"}
Row = dict[str, Any]


def events(rng: random.Random, *, up_to: date, count: int) -> Iterator[Row]:
    midnight = datetime(up_to.year, up_to.month, up_to.day, tzinfo=UTC)
    for number in range(count):
        yield {
            "event_id": f"e{number}",
            "source": rng.choice(("gateway", "gateway", "batch")),
            "occurred_at": (midnight - timedelta(minutes=rng.randint(-1_500, 20_000))).isoformat(),
            "workspace_id": rng.choice(list(ZONES)),
            "product_id": rng.choice(("p1", "p2", None)),
            "generation_type": "meta",
            "status": rng.choice(("succeeded", "succeeded", "failed")),
            "credits": f"{rng.randint(0, 9_999) / 1000:.3f}",
            "model": rng.choice(("small", "large", None)),
            "provider_cost": rng.choice((None, "0", f"{rng.randint(1, 10**9)}e-9")),
            "provider_currency": rng.choice(("USD", "usd", "EUR", None)),
            "attributes": tags(rng),
        }


def tags(rng: random.Random) -> Row:
    found = {"cost.centre": rng.choice(("10", 10, "", "north")), "app": rng.choice(("shop", None)), "try": 1}
    return {key: value for key, value in found.items() if rng.random() < 0.8}


def changed(row: Row, rng: random.Random) -> Row:
    """The row again: with other tags, corrected, or with an attribute that is no tag."""
    changes = ({"attributes": tags(rng)}, {"revision": 1, "credits": "7"}, {"attributes": row["attributes"]})
    return row | rng.choice(changes)


def totals(rng: random.Random, *, up_to: date, count: int) -> Iterator[Row]:
    for _ in range(count):
        yield {
            "source": rng.choice(("gateway", "batch", "unknown")),
            "day": str(up_to - timedelta(days=rng.randint(0, 14))),
            "period": rng.choice(("day", "day", "month", None)),
            "timezone": rng.choice((None, "Asia/Tokyo")),
            "workspace_id": rng.choice((None, None, "lima")),
            "model": rng.choice((None, None, "large")),
            "revision": rng.randint(0, 2),
            rng.choice(("amount", "credits")): str(rng.randint(0, 50)),
            "currency": rng.choice(("USD", "eur", None)),
        }


def budgets(rng: random.Random) -> list[Row]:
    """Budgets of tags, members of nobody and whole workspaces; again, they are corrections."""
    scopes = ("app=shop", "cost.centre=10", "cost.centre=(none)", "app=none", "unknown=x")
    return [
        {"workspace_id": name, "budget_id": scope_id, "scope": "tag", "scope_id": scope_id}
        | {"period": rng.choice(("week", "month", "quarter")), "credits": rng.randint(1, 400)}
        for name in ZONES
        for scope_id in scopes
    ]


def deliver(landing: Path, night: int, **feeds: list[Row]) -> Path:
    for feed, rows in feeds.items():
        (landing / feed).mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (landing / feed / f"{night}.jsonl").write_text(text)
    return landing
