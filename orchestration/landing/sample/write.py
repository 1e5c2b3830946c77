"""The sample landing files: the team of five whose 30-day report the README shows.

Not here: what the team did in those days (team.py) and before (earlier.py), how files are written (files.py),
loads of other sizes (load.py).
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from orchestration.landing.sample import files
from orchestration.landing.sample.earlier import (
    GIFT_SET_EVERY,
    PRODUCTS,
    USED_PACKS,
    build_earlier,
    is_gift_set,
)
from orchestration.landing.sample.files import LandingWriter, SampleError, SampleReport, stable_id
from orchestration.landing.sample.load import write_load
from orchestration.landing.sample.team import CENTS, FIRST_DAY, TEAM, Attempt, Episode, build_team

__all__ = ["SampleError", "SampleReport", "write_load", "write_sample"]

WORKSPACE_ID = "acme-store"
SEED = 20260407
# named after the workspace, so that nobody else's file is ever overwritten
OUTCOMES_FILE = f"content_outcomes/{WORKSPACE_ID}.jsonl"
ZIPPED_WEEK = "2026-W12"
UPDATED_AT = "2026-03-06T09:12:44Z"
MODELS = {
    "description": ("gpt-4.1", "openai"),
    "meta": ("gpt-4.1-mini", "openai"),
    "bullets": ("mistral-large", "mistral"),
    "keywords": ("gpt-4.1-mini", "openai"),
}
CATALOGUE = {
    "Shoes": ("Trail Runner", "Sneaker", "Chelsea Boot", "Loafer", "Hiking Sandal", "Court Trainer"),
    "Bags": ("Weekender", "Laptop Backpack", "Tote", "Crossbody", "Belt Bag", "Garment Carrier"),
    "Kitchen": ("Chef's Knife", "Cast-Iron Pan", "Pour-Over Set", "Bread Tin", "Mortar", "Storage Jar"),
    "Garden": ("Pruning Shears", "Raised Bed", "Watering Can", "Solar Lantern", "Herb Planter", "Hose Reel"),
    "Outdoor": ("Camp Chair", "Dry Sack", "Head Torch", "Travel Mug", "Picnic Blanket", "Rain Poncho"),
}
GIFT_SETS = ("Coffee Set", "Care Set", "Picnic Set", "Spice Set", "Tea Set", "Candle Set")
LINES = (
    "Alder",
    "Birch",
    "Cedar",
    "Dune",
    "Ember",
    "Fjord",
    "Grove",
    "Isle",
    "Juniper",
    "Kelp",
    "Linden",
    "Maple",
    "North",
    "Oak",
    "Pine",
    "Quarry",
    "River",
    "Sage",
    "Tide",
    "Umber",
    "Vale",
    "Willow",
    "Yarrow",
)


def write_sample(out: Path) -> SampleReport:
    """Writes the landing files of workspace `acme-store`, 2025-11-10 to 2026-04-07; always the same bytes.

    Args:
        out: the landing folder; created if missing.

    Raises:
        SampleError: a feed folder of `out` holds files that are not this sample's.
    """
    rng = Random(SEED)
    # the days of the report first: what was before them draws nothing from their random numbers
    episodes = [*build_team(rng), *build_earlier(Random(SEED + 1))]
    parts: dict[str, list[tuple[float, dict[str, object]]]] = {}
    outcomes: list[dict[str, object]] = []
    for episode in episodes:
        for attempt in episode.attempts:
            # a delivery is roughly, not strictly, in the order of events
            order = attempt.occurred_at.timestamp() + rng.uniform(0, 3 * 3600)
            parts.setdefault(_part(attempt), []).append((order, _event_row(episode, attempt, rng)))
        outcomes += _outcome_rows(episode, rng)
    named = {
        f"generation_events/{WORKSPACE_ID}-{part}.jsonl{'.gz' if part == ZIPPED_WEEK else ''}": part
        for part in parts
    }
    snapshots = _snapshots()
    writer = LandingWriter(out, [*named, *snapshots, OUTCOMES_FILE])
    for name, part in sorted(named.items()):
        rows = [row for _, row in sorted(parts[part], key=lambda ordered: ordered[0])]
        writer.put(name, files.jsonl(rows), rows=len(rows))
    outcomes.sort(key=lambda row: (str(row["occurred_at"])[:10], row["outcome_id"]))
    writer.put(OUTCOMES_FILE, files.jsonl(outcomes), rows=len(outcomes))
    for name, (text, row_count) in snapshots.items():
        writer.put(name, text, rows=row_count)
    return writer.publish(Decimal(sum(a.cents for e in episodes for a in e.attempts)) / CENTS)


def _part(attempt: Attempt) -> str:
    """What a delivery holds: a week of the report's days, a month of those before."""
    at = attempt.occurred_at
    return "{}-W{:02}".format(*at.isocalendar()) if at.date() >= FIRST_DAY else f"{at:%Y-%m}"


def _event_id(episode: Episode, attempt: Attempt) -> str:
    return stable_id("gen", episode.mate.member_id, episode.product, episode.kind.name, attempt.occurred_at)


def _event_row(episode: Episode, attempt: Attempt, rng: Random) -> dict[str, object]:
    model, provider = MODELS[episode.kind.name]
    credits_charged = str(Decimal(attempt.cents) / CENTS)
    return {
        "event_id": _event_id(episode, attempt),
        "occurred_at": _instant(attempt.occurred_at),
        "workspace_id": WORKSPACE_ID,
        "member_id": episode.mate.member_id,
        "product_id": _product_id(episode.product),
        "product_category": _category(episode.product),
        "generation_type": episode.kind.name,
        "locale": episode.mate.locale,
        "credits": credits_charged,
        "status": attempt.status,
        "quality_score": attempt.quality,
        "ruleset_id": episode.ruleset,
        "template_id": episode.kind.template,
        "model": model,
        "provider": provider,
        "input_tokens": rng.randint(380, 900),
        "output_tokens": attempt.tokens,
        "latency_ms": 30_000 if attempt.status == "timed_out" else 600 + attempt.tokens * rng.randint(9, 16),
        "recorded_at": _instant(attempt.occurred_at + timedelta(seconds=rng.randint(31, 90))),
        "attributes": {"channel": "bulk"} if episode.length == 1 and attempt.tokens % 7 == 0 else None,
    }


def _outcome_rows(episode: Episode, rng: Random) -> list[dict[str, object]]:
    kept = next(attempt for attempt in episode.attempts if attempt.number == episode.length)
    event_id = _event_id(episode, kept)
    return [
        {
            "outcome_id": stable_id("out", event_id, outcome),
            "event_id": event_id,
            "occurred_at": _instant(moment),
            "outcome": outcome,
            "workspace_id": WORKSPACE_ID,
            "member_id": episode.mate.member_id,
            "edit_ratio": round(rng.uniform(0.03, 0.35), 3) if outcome == "edited" else None,
        }
        for outcome, moment in episode.outcomes
    ]


def _snapshots() -> Mapping[str, tuple[bytes, int]]:
    """The small feeds: file name -> content and row count."""
    at = {"workspace_id": WORKSPACE_ID, "updated_at": UPDATED_AT}
    workspaces = [{"name": "Acme Store", "timezone": "UTC", "lead_time_days": 3, **at}]
    members = [
        {
            "member_id": mate.member_id,
            "name": mate.name,
            "email": f"{mate.name.lower()}@acme.example",
            "team": mate.team,
            **at,
        }
        for mate in TEAM
    ]
    products = [
        {"product_id": _product_id(i), "title": _title(i), "category": _category(i), **at}
        for i in [
            *range(sum(mate.product_count for mate in TEAM if mate.team == "Catalogue") + 22),
            *PRODUCTS,
        ]
    ]
    prices = ((1_000, "59.00"), (3_000, "165.00"), (10_000, "490.00"))
    packs = [
        {
            "pack_id": f"pack_{size}",
            "credits": size,
            "price": price,
            "currency": "USD",
            "validity_days": 365,
            **at,
        }
        for size, price in prices
    ]
    year = timedelta(days=365)
    entries = [
        *(
            _purchase(pack.first_day, pack.credits, pack.amount, pack.last_day + timedelta(days=1))
            for pack in USED_PACKS
        ),
        _purchase(FIRST_DAY - timedelta(days=1), 5_000, "262.50", FIRST_DAY - timedelta(days=1) + year),
    ]
    return {
        f"workspaces/{WORKSPACE_ID}.json": (json.dumps(workspaces, indent=2).encode() + b"\n", 1),
        f"members/{WORKSPACE_ID}.csv": (files.csv_table(members), len(members)),
        f"products/{WORKSPACE_ID}.csv": (files.csv_table(products), len(products)),
        f"credit_packs/{WORKSPACE_ID}.csv": (files.csv_table(packs), len(packs)),
        f"credit_entries/{WORKSPACE_ID}.jsonl": (files.jsonl(entries), len(entries)),
    }


def _purchase(day: date, size: int, amount: str, expires_on: date) -> dict[str, object]:
    return {
        "entry_id": stable_id("ce", WORKSPACE_ID, "purchase", day),
        "occurred_at": f"{day}T10:31:07Z",
        "workspace_id": WORKSPACE_ID,
        "entry_type": "purchase",
        "credits": str(size),
        "expires_at": f"{expires_on}T00:00:00Z",
        "amount": amount,
        "currency": "USD",
    }


def _product_id(number: int) -> str:
    return stable_id("prd", WORKSPACE_ID, number)[:16]


def _category(number: int) -> str:
    if is_gift_set(number):
        return "Gift sets"
    return list(CATALOGUE)[number % len(CATALOGUE)]


def _title(number: int) -> str:
    if is_gift_set(number):
        models, turn = GIFT_SETS, number // GIFT_SET_EVERY
    else:
        models, turn = CATALOGUE[_category(number)], number // len(CATALOGUE)
    turn, model = divmod(turn, len(models))
    return f"{LINES[turn % len(LINES)]} {models[model]}"


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
