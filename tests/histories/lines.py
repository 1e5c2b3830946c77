"""How a row looks in a landing file: the same content in many spellings, and lines that break the contract.

Which rows there are, and in which file they are, is not decided here.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from histories.cast import Row

OFFSETS_MINUTES = (0, 0, 330, 780, -300)
REQUIRED_TEXT = {
    "generation_events": "event_id",
    "content_outcomes": "outcome_id",
    "event_retractions": "retraction_id",
    "credit_entries": "entry_id",
    "workspaces": "workspace_id",
    "members": "member_id",
    "products": "product_id",
    "credit_packs": "pack_id",
    "credit_plans": "plan_id",
    "budgets": "budget_id",
}


@dataclass(frozen=True)
class Line:
    """One line of a landing file; `row` is its content, None if it breaks the contract."""

    feed: str
    text: str
    row: Row | None


def line_of(feed: str, row: Row, rng: random.Random) -> Line:
    """The row in some spelling: other offsets, numbers as text, nulls left out, columns in another order."""
    spelled = {name: text for name, value in row.items() if (text := _spelled(value, rng)) is not None}
    if feed == "generation_events" and rng.random() < 0.2:
        # neither is content: the same row with other values here is a duplicate
        recorded_at = datetime(2026, 5, rng.randint(1, 28), tzinfo=UTC)
        spelled["recorded_at"] = json.dumps(recorded_at.isoformat())
        spelled["attributes"] = json.dumps({"try": rng.randint(1, 9)})
        row = row | {"recorded_at": recorded_at}
    return Line(feed, _json(spelled, rng), row)


def bad_line_of(feed: str, row: Row, rng: random.Random) -> Line:
    """A line of this row with a defect for which it is quarantined."""
    spelled = {name: text for name, value in row.items() if (text := _spelled(value, rng)) is not None}
    defects = ["half a line", "no id"]
    defects += ["no offset"] if row.get("occurred_at") else []
    defects += ["seven decimals"] if "credits" in row else []
    defects += ["no such zone"] if feed == "workspaces" else []
    defect = rng.choice(defects)
    if defect == "no id":
        del spelled[REQUIRED_TEXT[feed]]
    elif defect == "no offset":
        spelled["occurred_at"] = json.dumps(row["occurred_at"].replace(tzinfo=None).isoformat())
    elif defect == "seven decimals":
        spelled["credits"] = json.dumps("1.2345678")
    elif defect == "no such zone":
        spelled["timezone"] = json.dumps("Mars/Olympus")
    text = _json(spelled, rng)
    return Line(feed, text[: len(text) // 2] if defect == "half a line" else text, None)


def _json(spelled: Mapping[str, str], rng: random.Random) -> str:
    names = list(spelled)
    rng.shuffle(names)
    return "{" + ", ".join(f"{json.dumps(name)}: {spelled[name]}" for name in names) + "}"


def _spelled(value: Any, rng: random.Random) -> str | None:
    """The value as JSON text; None leaves it out."""
    if value is None:
        return rng.choice((None, "null", '""'))
    if isinstance(value, datetime):
        return json.dumps(_instant(value, rng))
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return rng.choice((plain, json.dumps(plain)))
    return json.dumps(value, ensure_ascii=False)


def _instant(value: datetime, rng: random.Random) -> str:
    zone = timezone(timedelta(minutes=rng.choice(OFFSETS_MINUTES)))
    text = value.astimezone(zone).isoformat()
    return text.replace("+00:00", "Z") if rng.random() < 0.5 else text
