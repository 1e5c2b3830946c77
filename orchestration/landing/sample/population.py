"""The workspaces of a sample load, of all sizes and time zones, their flaws, and the small feeds.

Not here: what they generate (attempts.py) and how it is delivered (deliveries.py, load.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.landing.sample.files import SampleError

Ints = NDArray[np.int64]
ZONES = (
    "UTC",
    "Asia/Bangkok",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "Europe/Berlin",
    "America/Sao_Paulo",
)
CATEGORIES = ("Shoes", "Bags", "Kitchen", "Garden", "Outdoor")
TYPES = ("description", "meta", "bullets", "keywords", "alt_text")
NAMES = ("Sarah", "Mike", "Lisa", "Tom", "Anna", "Zoë", "Nok", "Priya", "Aroha", "Jürgen", "João", "Mei")
STORES = ("Acme", "Birch", "Coral", "Delta", "Ember", "Fjord", "Grove", "Harbour", "Isle", "Juniper")
MICROS = 1_000_000
NONE = -1
# with fewer events chance alone can hide a flaw, so none is planted
EVENTS_FOR_RULESET, EVENTS_FOR_FIELD = 600, 2500


@dataclass(frozen=True)
class Population:
    """One value per workspace, the largest first; NONE where a flaw is not planted.

    Attributes:
        sizes: generation events. steps: micro-credits that prices are multiples of.
        bad_type, bad_version: the ruleset that takes 3 and more attempts. hasty: the member who rejects much.
        unused_category, unused_type: the field of which nothing is ever used.
    """

    seed: int
    sizes: Ints
    zones: Ints
    member_counts: Ints
    steps: Ints
    is_tracked: NDArray[np.bool_]
    has_ledger: NDArray[np.bool_]
    bad_type: Ints
    bad_version: Ints
    unused_category: Ints
    unused_type: Ints
    hasty: Ints


def populate(workspaces: int, events: int, seed: int) -> Population:
    """Sizes by a Zipf law that sum to `events`; zones, prices and flaws in rotation."""
    if workspaces < 1 or events < workspaces:
        raise SampleError(
            f"a load has at least one event per workspace; found {workspaces} workspaces, {events} events. "
            "Ask for at least one workspace and as many events."
        )
    index = np.arange(workspaces)
    sizes = 1 + split_exactly(events - workspaces, 1 / (index + 1.0) ** 0.8)
    tracked = index % 10 != 7
    # of every four workspaces one has all flaws, one none, one two of them, one the last
    bad = (index % 2 == 0) & (sizes >= EVENTS_FOR_RULESET)
    unused = (index % 2 == 0) & (sizes >= EVENTS_FOR_FIELD) & tracked
    hasty = ((index % 4 == 0) | (index % 4 == 3)) & (sizes >= EVENTS_FOR_RULESET) & tracked
    return Population(
        seed=seed,
        sizes=sizes,
        zones=index % len(ZONES),
        member_counts=np.clip(np.rint(3 + 1.2 * np.sqrt(sizes / 50)), 3, 60).astype(np.int64),
        steps=np.array([10_000, 1, MICROS])[index % 3],
        is_tracked=tracked,
        has_ledger=index % 13 != 11,
        bad_type=np.where(bad, index // 4 % len(TYPES), NONE),
        bad_version=np.where(bad, index // 2 % 2, NONE),
        unused_category=np.where(unused, index // 3 % len(CATEGORIES), NONE),
        unused_type=np.where(unused, (index // 4 + 2) % len(TYPES), NONE),
        hasty=np.where(hasty, 1, NONE),
    )


def split_exactly(total: int, weights: NDArray[np.float64]) -> Ints:
    """Whole numbers in proportion to weights that sum to `total` (largest remainder)."""
    exact = weights / weights.sum() * total
    parts = np.floor(exact).astype(np.int64)
    parts[np.argsort(parts - exact, kind="stable")[: total - int(parts.sum())]] += 1
    return parts


def mixed(numbers: Ints, seed: int) -> NDArray[np.uint64]:
    """Looks random, never the same for two numbers, and needs no state: splitmix64 of a counter."""
    x = numbers.astype(np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def workspace_id(workspace: int) -> str:
    return f"ws_{workspace:05d}"


def member_id(workspace: int, member: int) -> str:
    return f"ws_{workspace:05d}-m{member:02d}"


def product_id(workspace: int, product: int) -> str:
    return f"ws_{workspace:05d}-p{product}"


def ruleset_id(kind: int, version: int) -> str:
    return f"rs_{TYPES[kind]}_v{version + 1}"


def workspace_rows(people: Population, first: date) -> Iterator[dict[str, Any]]:
    for w in range(len(people.sizes)):
        yield {
            "workspace_id": workspace_id(w),
            "name": f"{STORES[w % len(STORES)]} Store {w // len(STORES) + 1}",
            "timezone": ZONES[people.zones[w]],
            "lead_time_days": w % 5 + 1,
            "updated_at": f"{first - timedelta(days=3)}T08:00:00Z",
        }


def member_rows(people: Population, first: date) -> Iterator[dict[str, Any]]:
    for w, count in enumerate(people.member_counts.tolist()):
        for m in range(count):
            name = f"{NAMES[(w + m) % len(NAMES)]} {'ABCDEFGHIJ'[m // len(NAMES)]}"
            yield {
                "member_id": member_id(w, m),
                "workspace_id": workspace_id(w),
                "name": name,
                "email": f"m{m:02d}@{workspace_id(w)}.example",
                "team": "Catalogue" if m % 3 else "Localisation",
                "updated_at": f"{first - timedelta(days=3)}T08:00:00Z",
            }


def pack_rows(people: Population, first: date) -> Iterator[dict[str, Any]]:
    for w in range(0, len(people.sizes), 2):
        for size, price in ((1_000, "59.00"), (3_000, "165.00"), (10_000, "490.00")):
            yield {
                "pack_id": f"{workspace_id(w)}-pack{size}",
                "workspace_id": workspace_id(w),
                "credits": size,
                "price": price,
                "currency": "USD",
                "validity_days": 365,
                "updated_at": f"{first - timedelta(days=3)}T08:00:00Z",
            }


def budget_rows(workspace: int, used_micros: int, first: date, last: date) -> Iterator[dict[str, Any]]:
    """Budgets of about what is used: of the workspace's months, corrected once, a team and a member."""
    monthly = used_micros * 30 // ((last - first).days + 1) // MICROS + 1
    known = {"workspace_id": workspace_id(workspace), "updated_at": f"{first - timedelta(days=3)}T08:00:00Z"}
    of_all = {"budget_id": "all", "scope": "workspace", "period": "month"}
    yield {**of_all, **known, "credits": str(monthly // 2 + 1)}
    yield {**of_all, **known, "credits": str(monthly), "updated_at": f"{first}T08:00:00Z"}
    of_team = {"budget_id": "catalogue", "scope": "team", "scope_id": "Catalogue", "period": "quarter"}
    yield {**of_team, **known, "amount": f"{monthly // 9 + 1}.50", "currency": "USD"}
    of_member = {"budget_id": "first", "scope": "member", "scope_id": member_id(workspace, 0)}
    yield {**of_member, **known, "period": "week", "credits": str(monthly // 9 + 1)}


def entry_rows(workspace: int, used_micros: int, first: date, last: date) -> Iterator[dict[str, Any]]:
    """One workspace's ledger, known by `last`: lots for about what it used, and each other entry type."""
    used, days = used_micros // MICROS + 1, (last - first).days + 1
    monthly = used * 30 // days + 1

    def entry(name: str, day: date, kind: str, size: int, **more: object) -> dict[str, Any]:
        return {
            "entry_id": f"{workspace_id(workspace)}-{name}",
            # 09:00 UTC is the same date in all the zones used
            "occurred_at": f"{min(day, last)}T09:00:00Z",
            "workspace_id": workspace_id(workspace),
            "entry_type": kind,
            "credits": str(size),
            **more,
        }

    def lot(name: str) -> str:
        return f"{workspace_id(workspace)}-{name}"

    middle = first + timedelta(days=days // 2)
    paid = {"amount": f"{used * 4 // 100 + 1}.50", "currency": "USD"}
    yield entry("purchase1", first - timedelta(days=1), "purchase", used * 3 // 4 + 100, **paid)
    for k in range(0, days, 30):
        starts = first + timedelta(days=k)
        expires = f"{starts + timedelta(days=45)}T00:00:00Z"
        yield entry(f"grant{k // 30}", starts, "grant", monthly // 4 + 10, expires_at=expires, priority=5)
    expires = f"{middle + timedelta(days=365)}T00:00:00Z"
    yield entry("purchase2", middle, "purchase", used // 3 + 50, expires_at=expires, **paid)
    after = middle + timedelta(days=2)
    yield entry("refund1", after, "refund", used // 100 + 1, lot_id=lot("purchase1"))
    yield entry("adjust1", after, "adjustment", -(used // 200) - 1, lot_id=lot("purchase2"))
    early = first + timedelta(days=min(20, days // 2))
    yield entry("void1", early, "void", -(monthly // 8) - 1, lot_id=lot("grant0"))
    starts = last + timedelta(days=5)
    yield entry("renewal", last, "grant", monthly // 4 + 10, effective_at=f"{starts}T09:00:00Z", priority=5)


def planted(people: Population, workspace: int) -> dict[str, Any]:
    """The truth about one workspace, as ids."""
    kind, field = int(people.bad_type[workspace]), int(people.unused_type[workspace])
    hasty = int(people.hasty[workspace])
    flaws = {
        "bad_ruleset": None if kind == NONE else ruleset_id(kind, int(people.bad_version[workspace])),
        "unneeded_field": None
        if field == NONE
        else {
            "product_category": CATEGORIES[people.unused_category[workspace]],
            "generation_type": TYPES[field],
        },
        "hasty_member": None if hasty == NONE else member_id(workspace, hasty),
    }
    return {
        "timezone": ZONES[people.zones[workspace]],
        "is_outcome_tracked": bool(people.is_tracked[workspace]),
        "has_ledger": bool(people.has_ledger[workspace]),
        **flaws,
        "is_healthy": not any(flaws.values()),
    }
