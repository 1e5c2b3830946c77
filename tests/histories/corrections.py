"""Rows that change, requests of several variants, ids that are left out, and refunds of generations.

Attempts and outcomes are in attempts.py, the other ledger entries in entries.py.
"""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from histories.cast import Cast, FeedRow, Row

NO_ID = (None, "-", "None", "N/A", "null")
MORE = {"template_id": "t1", "latency_ms": 900, "provider": "p"}


def with_variants(events: list[Row], rng: random.Random) -> list[Row]:
    """Some events lose their product or member, some become the first of several variants of a request."""
    rows: list[Row] = []
    for number, event in enumerate(events):
        row = dict(event)
        for column in ("product_id", "member_id"):
            if rng.random() < 0.06:
                row[column] = rng.choice(NO_ID)
        rows.append(row)
        if rng.random() < 0.12:
            # now and then the request of another unit, which is another attempt
            row["request_id"] = rng.choice((f"q{number}", "q"))
            for variant in range(rng.randint(1, 3)):
                later = timedelta(seconds=rng.choice((0, 1, 40, 700_000)))
                score = rng.choice((None, Decimal("0.7"), Decimal("0.123456")))
                columns = {"event_id": f"{event['event_id']}-v{variant}", "quality_score": score}
                rows.append({**row, **columns, "occurred_at": row["occurred_at"] + later})
    return rows


def corrections_of(cast: Cast, events: list[Row], rng: random.Random) -> list[FeedRow]:
    """Higher revisions of some events, some of them twice, and fuller rows of some others."""
    found: list[FeedRow] = []
    for event in events:
        draw = rng.random()
        if draw < 0.08:
            for revision in range(1, rng.randint(1, 2) + 1):
                row = {**event, **_correction(cast, event, rng), "revision": revision}
                found.append(FeedRow("generation_events", row, event["occurred_at"]))
        elif draw < 0.14:
            found.append(FeedRow("generation_events", {**event, **MORE}, event["occurred_at"]))
    return found


def _correction(cast: Cast, event: Row, rng: random.Random) -> dict[str, Any]:
    moved = event["occurred_at"] + timedelta(hours=rng.choice((-50, 3, 200)))
    return rng.choice(
        (
            {"credits": event["credits"] + 2},
            {"occurred_at": moved},
            {"product_id": rng.choice(cast.products), "credits": Decimal(1)},
            {"product_id": None},
            {"status": "failed"},
            {},
        )
    )


def refunds_of(cast: Cast, events: list[Row], rng: random.Random) -> list[FeedRow]:
    """Refunds that name an event: in full, in part, in two parts, or more than it cost."""
    found: list[FeedRow] = []
    costly = [event for event in events if event["credits"] > Decimal("0.001")]
    for event in rng.sample(costly, min(len(costly), rng.randint(0, 3))):
        half = (event["credits"] / 2).quantize(Decimal("0.000001"))
        parts = rng.choice(
            ((event["credits"],), (half,), (half, event["credits"] - half), (event["credits"] + 1,))
        )
        for part in parts:
            at = event["occurred_at"] + timedelta(hours=rng.randint(0, 400))
            row = {
                "entry_id": f"back{len(found)}",
                "workspace_id": cast.workspace_id,
                "occurred_at": at,
                "entry_type": "refund",
                "credits": part,
                "related_event_id": event["event_id"],
                "related_source": event.get("source"),
            }
            found.append(FeedRow("credit_entries", row, at))
    return found
