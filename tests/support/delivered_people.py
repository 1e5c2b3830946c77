"""Deliveries in which every column that may name a person does so."""

from __future__ import annotations

import json
from pathlib import Path


def deliver(landing: Path, name: str, member: str) -> None:
    """Files called `name` of all feeds about one member."""
    event = {
        "occurred_at": "2026-04-07T09:30:00Z",
        "workspace_id": "w1",
        "member_id": member,
        "product_id": "p1",
        "generation_type": "meta",
        "credits": "1.25",
        "attributes": {"by": "Zoë"},
    }
    outcome = {"occurred_at": "2026-04-07T10:30:00Z", "outcome": "accepted", "member_id": member}
    person = {"member_id": member, "workspace_id": "w1", "name": "Zoë", "email": "zoe@x.y", "team": "T"}
    retraction = {"occurred_at": "2026-04-07T11:00:00Z", "event_id": "e", "reason": "m_zoe asked"}
    budget = {"workspace_id": "w1", "period": "month", "credits": 5}
    rows = {
        "generation_events": [
            event | {"event_id": f"{name}1"},
            event | {"event_id": f"{name}2", "credits": "m_zoe"},
        ],
        "content_outcomes": [
            outcome | {"outcome_id": f"{name}1", "event_id": f"{name}1"},
            outcome | {"outcome_id": f"{name}2", "event_id": f"{name}1", "workspace_id": "w1"},
        ],
        "members": [person],
        "budgets": [budget | {"budget_id": name, "scope": "member", "scope_id": member}],
        "event_retractions": [retraction | {"retraction_id": name}],
    }
    for feed, of_feed in rows.items():
        (landing / feed).mkdir(parents=True, exist_ok=True)
        (landing / feed / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in of_feed))
