"""What a studio in Bangkok delivers: lots with prices, a grant, a refund, two currencies, a move of teams.

No figure is asserted here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WORKSPACE = "studio"
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def event(event_id: str, day: str, credits: str = "10", **columns: Any) -> dict[str, Any]:
    """A generation at 9 in the morning of a local day of 2025, MM-DD."""
    usual = {"workspace_id": WORKSPACE, "member_id": "ana", "generation_type": "meta", "product_id": event_id}
    row = {"event_id": event_id, "occurred_at": f"2025-{day}T09:00:00+07:00", "credits": credits}
    return row | usual | {"product_category": "Shoes"} | columns


def entry(entry_id: str, kind: str, credits: str, day: str, **columns: Any) -> dict[str, Any]:
    """A credit entry at midnight of a local day of 2025, MM-DD."""
    row = {"entry_id": entry_id, "workspace_id": WORKSPACE, "entry_type": kind, "credits": credits}
    return row | {"occurred_at": f"2025-{day}T00:00:00+07:00"} | columns


def member(member_id: str, team: str, since: str) -> dict[str, Any]:
    """A member who is in a team since an instant of a local day of 2025, MM-DD."""
    row = {"member_id": member_id, "workspace_id": WORKSPACE, "name": member_id.title(), "team": team}
    return row | {"updated_at": f"2025-{since}T08:00:00+07:00"}


def pack(price: str, since: str) -> dict[str, Any]:
    """The pack of 300 credits at the price it is listed at since a day of 2025, MM-DD."""
    row = {"pack_id": "small", "workspace_id": WORKSPACE, "credits": "300", "price": price, "currency": "USD"}
    return row | {"updated_at": f"2025-{since}T00:00:00+07:00"}


FIRST: Rows = {
    "workspaces": [
        {
            **{"workspace_id": WORKSPACE, "name": "Studio", "timezone": "Asia/Bangkok", "currency": "USD"},
            **{"overage_price": "0.5", "updated_at": "2025-01-01T00:00:00Z"},
        }
    ],
    "members": [member("ana", "Web", "01-01"), member("ana", "Print", "03-15"), member("bo", "Web", "01-01")],
    "credit_packs": [pack("33", "01-01"), pack("36", "04-01")],
    "credit_entries": [
        entry("gift", "grant", "25", "02-01", expires_at="2025-04-01T00:00:00+07:00", priority=1),
        # 100 / 300 has no end
        entry("usd", "purchase", "300", "02-01", amount="100", pack_id="small", invoice_id="2025-17"),
        entry("eur", "purchase", "50", "04-02", amount="40", currency="EUR", priority=5),
        entry("back", "refund", "10", "03-25", related_event_id="m14"),
    ],
    "generation_events": [
        event("f28", "02-28", "20"),
        # the last minutes of March in Bangkok are no April in UTC, and the first of March no February
        event("m01", "03-01", occurred_at="2025-03-01T00:10:00+07:00", member_id="bo"),
        event("m14", "03-14"),
        event("m15", "03-15", "30"),
        event("m31", "03-31", occurred_at="2025-03-31T23:50:00+07:00", product_category="Bags"),
        event("a03", "04-03", "60", member_id="bo"),
        event("free", "04-03", "0"),
        event("a07", "04-07", member_id=None, generation_type="alt text"),
    ],
}
# after March was closed: a late generation, one that was charged too much, an amount that was wrong
LATE: Rows = {
    "generation_events": [
        event("late", "03-10", "5", member_id="bo"),
        event("m15", "03-15", "12", revision=1),
    ],
    "credit_entries": [
        entry(
            "usd", "purchase", "300", "02-01", amount="120", pack_id="small", invoice_id="2025-17", revision=1
        )
    ],
}


def deliver(landing: Path, rows: Rows) -> Path:
    """A landing folder with these rows and nothing else."""
    for feed, delivered in rows.items():
        (landing / feed).mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(row) + "\n" for row in delivered)
        (landing / feed / "rows.jsonl").write_text(text, encoding="utf-8")
    return landing
