"""A second night of the sample: late rows, a retraction, a rename, and lines that are rejected.

No figure is asserted here.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from support.personal_data import deliver_rejected_lines
from support.product import NightlyRun

WORKSPACE = "acme-store"
LATE_DAY, RETRACTED_DAY, FUNDED_DAY = date(2026, 3, 17), date(2026, 3, 20), date(2026, 3, 25)


def deliver(landing: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    """Add these rows to a landing folder."""
    for feed, delivered in rows.items():
        (landing / feed).mkdir(parents=True, exist_ok=True)
        (landing / feed / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in delivered))
    return landing


def event(event_id: str, occurred_at: str, **columns: object) -> dict[str, object]:
    """A generation of a new product, so that no other day changes."""
    return {
        "event_id": event_id,
        "occurred_at": occurred_at,
        "workspace_id": WORKSPACE,
        "member_id": "m_sarah",
        "product_id": f"product of {event_id}",
        "generation_type": "meta",
        "product_category": "Shoes",
        "credits": "1.5",
    } | columns


def deliver_corrections(landing: Path, sample_run: NightlyRun) -> Path:
    """The files of the sample, and more files of what corrects it."""
    ((retracted, _),) = sample_run.query(
        f"select event_id, credits from marts.generation_details where usage_date = '{RETRACTED_DAY}' "
        "and attempt_count = 1 and current_outcome is not null order by event_id limit 1"
    )
    shutil.copytree(sample_run.landing, landing)
    deliver_rejected_lines(landing)
    return deliver(
        landing,
        {
            "generation_events": [event("late", f"{LATE_DAY}T10:00:00Z")],
            "event_retractions": [
                {"retraction_id": "r", "event_id": retracted, "occurred_at": "2026-04-07T09:00:00Z"}
            ],
            "credit_entries": [
                {
                    "entry_id": "late grant",
                    "workspace_id": WORKSPACE,
                    "entry_type": "grant",
                    "credits": "10",
                    "occurred_at": f"{FUNDED_DAY}T00:00:00Z",
                }
            ],
            "members": [
                {
                    "member_id": "m_tom",
                    "workspace_id": WORKSPACE,
                    "name": "Thomas",
                    "updated_at": "2026-04-07T00:00:00Z",
                }
            ],
        },
    )
