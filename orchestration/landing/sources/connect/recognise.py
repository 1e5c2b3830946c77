"""Recognises whose export a file is by the keys of its records, and which feed if it has the contract's form.

What the records mean is in the shipped mappings.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from orchestration.landing.contract import FEEDS

# the first records decide; an export may begin with lines of other kinds
_LOOKED_AT = 100
_DEEPEST_ARRAY = 3

SIGNS: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (source, frozenset(keys.split(", ")))
    for source, keys in (
        ("litellm_payload", "call_type, response_cost, startTime, endTime"),
        ("litellm", "call_type, request_id, spend, startTime"),
        ("litellm", "api_requests, spend, date"),
        ("litellm", "users, models, spend"),
        ("otel", "resourceSpans"),
        ("langfuse", "trace, observations"),
        ("langfuse", "trace_id, project_id, type, start_time"),
        ("langfuse", "traceId, projectId, type, startTime"),
        ("langfuse", "trace_id, project_id, name, data_type, string_value"),
        ("openmeter", "specversion, id, source, type"),
        ("openmeter", "funding_method, amount, effective_at"),
        ("github", "date, product, sku, quantity, unit_type, net_amount"),
        ("cursor", "timestamp, model, kind, chargedCents"),
        ("cursor", "usageEvents, totalUsageEventsCount"),
        ("cursor", "Date, Kind, Model, Max Mode, Cost"),
        ("openrouter", "generation_id, created_at, cost_total, model_permaslug"),
        ("openrouter", "date, model_permaslug, usage, requests"),
        ("openrouter", "id, total_cost, provider_name, tokens_prompt"),
        ("claude_code", "sessionId, uuid, message, timestamp"),
        ("ccusage", "daily, totals"),
        ("openai_costs", "object, start_time, end_time, results"),
        ("anthropic_costs", "starting_at, ending_at, results"),
        ("shopify", "Handle, Title, Vendor, Variant Price"),
        ("shopify", "URL handle, Title, Vendor"),
        ("woocommerce", "ID, Type, SKU, Name, Categories"),
    )
)


@dataclass(frozen=True)
class Recognised:
    """The shipped source of most records, and all sources that were seen."""

    source: str
    others: tuple[str, ...]


def recognise(records: Iterable[Mapping[str, object]], *, known: Collection[str]) -> Recognised | None:
    """The shipped source whose records these are; None if they are of none.

    Args:
        records: parsed records, or pages that hold them.
        known: the names of the shipped mappings.
    """
    found: Counter[str] = Counter()
    for _, record in zip(range(_LOOKED_AT), records, strict=False):
        inner: list[Mapping[str, object]] = [value for value in record.values() if isinstance(value, dict)]
        inner += [item for _, item in inner_records(record)]
        keys = [frozenset(record), *map(frozenset, inner)]
        sign = next((s for s, sign in SIGNS if s in known and any(sign <= of_one for of_one in keys)), None)
        if sign:
            found[sign] += 1
    if not found:
        return None
    source, *others = (name for name, _ in found.most_common())
    return Recognised(source, tuple(others))


def inner_records(record: Mapping[str, object], path: str = "") -> Iterator[tuple[str, Mapping[str, object]]]:
    """The path and the first object of each array of objects inside a record."""
    for name, value in record.items():
        inner = f"{path}.{name}" if path else str(name)
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            yield inner, value[0]
        elif isinstance(value, dict) and inner.count(".") < _DEEPEST_ARRAY - 1:
            yield from inner_records(value, inner)


def feed_of(columns: Collection[str]) -> str | None:
    """The feed whose required columns are all there; of several, the one that knows most of them."""
    names = set(columns)
    fitting = [feed for feed in FEEDS.values() if set(feed.required) <= names]
    best = max(fitting, key=lambda feed: (len(feed.required), len(names & set(feed.names))), default=None)
    return best.name if best else None


def nearest_feed(columns: Collection[str]) -> tuple[str, list[str]]:
    """The feed that lacks the smallest share of its required columns, and those it lacks."""
    names = set(columns)
    feed = min(
        FEEDS.values(),
        key=lambda feed: (
            len(set(feed.required) - names) / len(feed.required),
            -len(names & set(feed.names)),
        ),
    )
    return feed.name, [name for name in feed.required if name not in names]
