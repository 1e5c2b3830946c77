"""Credit entries of one history: lots that come late, start later, expire, grow, shrink and are voided.

What usage they pay for is not computed here.
"""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from histories.cast import Cast, Happening, Row
from histories.runs import Nights, moment

CHANGES = ("top-up", "refund", "own refund", "plus", "minus", "void", "minus unknown", "void all")


def entries_of(cast: Cast, nights: Nights, rng: random.Random) -> list[Happening]:
    """One to four lots and what changed them; every fifth workspace has no ledger."""
    if rng.random() < 0.2:
        return []
    told: list[Happening] = []

    def enter(entry_type: str, credits: Decimal, **columns: Any) -> Row:
        at = moment(rng, nights.first_day, nights.last_day + timedelta(days=2), cast.zone)
        # the same ids in every workspace: an entry is known by workspace and id
        row: Row = {"entry_id": f"e{len(told)}", "workspace_id": cast.workspace_id, "occurred_at": at}
        row |= {"entry_type": entry_type, "credits": credits, **columns}
        told.append(Happening("credit_entries", row, at))
        return row

    lots = [
        enter(rng.choice(("grant", "purchase")), some_funds(rng), **some_terms(nights, cast.zone, rng))
        for _ in range(rng.randint(1, 4))
    ]
    for change in rng.sample(CHANGES, rng.randint(0, 5)):
        lot = rng.choice(lots)
        lot_id = lot.get("lot_id") or lot["entry_id"]
        _change(change, lot_id, enter, rng)
    return told


def some_funds(rng: random.Random) -> Decimal:
    """So much that some lots last and others leave usage uncovered."""
    return Decimal(rng.choice((rng.randint(1, 30), rng.randint(20, 200)))) + Decimal(
        rng.choice((0, 0, rng.randint(0, 999_999)))
    ).scaleb(-6)


def some_terms(nights: Nights, zone: str, rng: random.Random) -> Row:
    """When a lot starts and ends, and how early it is drawn; what is left out follows the contract."""
    day = timedelta(days=1)
    terms: Row = {"priority": rng.choice((None, None, 1, 10, 20))}
    if rng.random() < 0.5:
        terms["effective_at"] = moment(rng, nights.first_day, nights.last_day + 10 * day, zone)
    if rng.random() < 0.5:
        terms["expires_at"] = moment(rng, nights.first_day + 10 * day, nights.last_day + 30 * day, zone)
    if rng.random() < 0.3:
        terms["lot_id"] = f"lot{rng.randint(0, 2)}"
    if rng.random() < 0.3:
        terms |= {"amount": Decimal(rng.randint(1, 900)) / 4, "currency": "EUR"}
    return terms


def _change(change: str, lot_id: str, enter: Any, rng: random.Random) -> None:
    some = some_funds(rng) / 2
    some = some.quantize(Decimal("0.000001"))
    if change == "top-up":
        enter(rng.choice(("purchase", "grant")), some, lot_id=lot_id, priority=rng.choice((None, 3)))
    elif change == "refund":
        enter("refund", some, lot_id=lot_id, related_event_id=rng.choice((None, "g1")))
    elif change == "own refund":
        enter("refund", some)
    elif change == "plus":
        enter("adjustment", some, lot_id=rng.choice((lot_id, None)))
    elif change == "minus":
        enter("adjustment", -some, lot_id=lot_id)
    elif change == "void":
        enter("void", -some, lot_id=lot_id)
    elif change == "minus unknown":
        enter("adjustment", -some, lot_id="nobody's")
    else:
        enter("void", Decimal(-10_000), lot_id=lot_id)
