"""The columns of each landing feed for the oracle: types, keys, defaults, and what counts as content.

No file is read here, and usage is not classified.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

TEXT, CREDITS, MONEY, SCORE, INSTANT, INTEGER = "text", "credits", "money", "score", "instant", "integer"
DATE = "date"


def _columns(**columns: str) -> dict[str, str]:
    return {name: kind for kind, names in columns.items() for name in names.split()}


FEEDS: dict[str, dict[str, str]] = {
    "generation_events": _columns(
        text="source event_id workspace_id member_id product_id request_id generation_type locale status "
        "product_category ruleset_id template_id workflow model provider provider_currency attributes",
        instant="occurred_at recorded_at",
        credits="credits",
        money="provider_cost",
        score="quality_score",
        integer="revision input_tokens output_tokens latency_ms",
    ),
    "content_outcomes": _columns(
        text="source outcome_id event_id outcome workspace_id member_id attributes",
        instant="occurred_at",
        score="edit_ratio",
    ),
    "event_retractions": _columns(text="source retraction_id event_id reason", instant="occurred_at"),
    "credit_entries": _columns(
        text="entry_id workspace_id entry_type lot_id currency related_event_id related_source plan_id "
        "pack_id invoice_id",
        instant="occurred_at effective_at expires_at",
        credits="credits",
        money="amount",
        integer="priority revision",
    ),
    "workspaces": _columns(
        text="workspace_id name timezone currency",
        instant="updated_at",
        money="overage_price",
        integer="lead_time_days",
    ),
    "members": _columns(text="workspace_id member_id name email team", instant="updated_at"),
    "products": _columns(text="workspace_id product_id title category", instant="updated_at"),
    "credit_packs": _columns(
        text="workspace_id pack_id currency",
        instant="updated_at",
        credits="credits",
        money="price",
        integer="validity_days",
    ),
    "credit_plans": _columns(
        text="workspace_id plan_id interval currency",
        date="starts_on ends_on",
        instant="updated_at",
        credits="credits",
        money="amount",
        integer="rollover_days",
    ),
    "budgets": _columns(
        text="workspace_id budget_id scope scope_id period currency",
        date="starts_on ends_on",
        instant="updated_at",
        credits="credits",
        money="amount",
    ),
    "rate_cards": _columns(
        text="card unit model generation_type",
        date="valid_from valid_to",
        instant="updated_at",
        money="credits_per_unit",
    ),
    "provider_totals": _columns(
        text="source period timezone workspace_id model currency",
        date="day",
        credits="credits",
        money="amount",
        integer="revision",
    ),
}

KEYS: dict[str, tuple[str, ...]] = {
    "generation_events": ("source", "event_id"),
    "content_outcomes": ("source", "outcome_id"),
    "event_retractions": ("source", "retraction_id"),
    "credit_entries": ("workspace_id", "entry_id"),
    "workspaces": ("workspace_id",),
    "members": ("workspace_id", "member_id"),
    "products": ("workspace_id", "product_id"),
    "credit_packs": ("workspace_id", "pack_id"),
    "credit_plans": ("workspace_id", "plan_id"),
    "budgets": ("workspace_id", "budget_id"),
    "rate_cards": ("card", "model", "generation_type", "unit", "valid_from"),
    "provider_totals": ("source", "workspace_id", "model", "currency", "period", "day"),
}

NOT_CONTENT = frozenset({"recorded_at", "revision", "attributes"})
NO_ID = frozenset({"-", "none", "null", "n/a"})


def completed(feed: str, row: Mapping[str, Any]) -> Row:
    """Return every contract column of one typed row, with the contract's defaults and instants in UTC."""
    full: Row = {column: row.get(column) for column in FEEDS[feed]}
    for column, kind in FEEDS[feed].items():
        if kind == INSTANT and full[column] is not None:
            full[column] = full[column].astimezone(UTC)
    if "source" in full:
        full["source"] = full["source"] or "native"
    if feed == "generation_events":
        full["status"] = full["status"] or "succeeded"
        full["revision"] = full["revision"] or 0
        for column in ("member_id", "product_id"):
            if full[column] is not None and full[column].lower() in NO_ID:
                full[column] = None
    if feed == "credit_entries":
        full["revision"] = full["revision"] or 0
        full["effective_at"] = full["effective_at"] or full["occurred_at"]
        full["priority"] = 10 if full["priority"] is None else full["priority"]
    if feed == "credit_plans":
        full["rollover_days"] = full["rollover_days"] or 0
    full["tags"] = row.get("tags", ())
    full["batch_id"] = row.get("batch_id", 1)
    full["content_hash"] = row.get("content_hash")
    full["place"] = row.get("file_path", ""), row.get("line_number", 0)
    return full


def key_of(feed: str, row: Row) -> tuple[str, ...]:
    """Return the identity of a row of this feed."""
    return tuple(row[column] for column in KEYS[feed])


def content_of(feed: str, row: Row) -> tuple[Any, ...]:
    """Return what makes two deliveries of one key the same: all but revision, recorded_at and attributes.

    The values of tags, which are attributes, belong to it.
    """
    return (*(row[column] for column in FEEDS[feed] if column not in NOT_CONTENT), *row["tags"])


def with_tags(row: Mapping[str, Any], tag_keys: Sequence[str]) -> Mapping[str, Any]:
    """The row with the value of each tag: the text of the attribute, None where it is missing or empty."""
    attributes = json.loads(row.get("attributes") or "{}")
    values = [attributes.get(key) for key in tag_keys]
    texts = [value if isinstance(value, str) or value is None else json.dumps(value) for value in values]
    return {**row, "tags": tuple(text or None for text in texts)}


def only_fills(feed: str, fuller: Row, emptier: Row) -> bool:
    """Does `fuller` say all that `emptier` says, and maybe more?"""
    pairs = zip(content_of(feed, fuller), content_of(feed, emptier), strict=True)
    return all(there is None or there == here for here, there in pairs)


def hash_of(feed: str, row: Row) -> str:
    """Return the hash that came with the row, else a text that is equal exactly when the content is."""
    if row["content_hash"] is not None:
        return f"{row['content_hash']} {row['tags']}"
    return repr([_plain(value) for value in content_of(feed, row)])


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value.normalize())
    return value.isoformat() if isinstance(value, datetime) else repr(value)
