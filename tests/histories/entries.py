"""Credit entries of one history: lots that come late, start later, expire, grow, shrink and are voided.

Which usage they cover is not computed here.
"""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from histories.cast import Cast, FeedRow, Row
from histories.runs import Schedule, moment

CHANGES = (
    *("top-up", "refund", "own refund", "plus", "minus", "void", "minus unknown", "void all"),
    *("extension", "refund of a generation"),
)


def entries_of(cast: Cast, schedule: Schedule, rng: random.Random) -> list[FeedRow]:
    """One to four lots and what changed them; every fifth workspace has no ledger."""
    if rng.random() < 0.2:
        return []
    entries: list[FeedRow] = []
    # of its own, so that what is paid decides nothing else
    paid = random.Random(f"{cast.workspace_id} is paid")

    def enter(entry_type: str, credits: Decimal, **columns: Any) -> Row:
        at = moment(rng, schedule.first_day, schedule.last_day + timedelta(days=2), cast.zone)
        # the same ids in every workspace: an entry is known by workspace and id
        row: Row = {"entry_id": f"e{len(entries)}", "workspace_id": cast.workspace_id, "occurred_at": at}
        row |= {"entry_type": entry_type, "credits": credits, **columns}
        row |= _payment(row, paid)
        entries.append(FeedRow("credit_entries", row, at))
        return row

    lots = [
        enter(rng.choice(("grant", "purchase")), some_funds(rng), **some_terms(schedule, cast.zone, rng))
        for _ in range(rng.randint(1, 4))
    ]
    for change in rng.sample(CHANGES, rng.randint(0, 5)):
        lot = rng.choice(lots)
        lot_id = lot.get("lot_id") or lot["entry_id"]
        if change == "extension":
            until = moment(rng, schedule.first_day, schedule.last_day + timedelta(days=30), cast.zone)
            enter("extension", Decimal(0), lot_id=lot_id, expires_at=until)
        elif change == "refund of a generation":
            event_id = f"{cast.workspace_id}-g{rng.randint(0, 9)}"
            enter("refund", Decimal(rng.randint(1, 5)), related_event_id=event_id)
        else:
            _change(change, lot_id, enter, rng)
    return entries


def some_funds(rng: random.Random) -> Decimal:
    """Amounts with which some lots last and others leave usage uncovered."""
    return Decimal(rng.choice((rng.randint(1, 30), rng.randint(20, 200)))) + Decimal(
        rng.choice((0, 0, rng.randint(0, 999_999)))
    ).scaleb(-6)


def some_terms(schedule: Schedule, zone: str, rng: random.Random) -> Row:
    """When a lot starts and ends, and its priority; a missing value takes the default of the contract."""
    day = timedelta(days=1)
    terms: Row = {"priority": rng.choice((None, None, 1, 10, 20))}
    if rng.random() < 0.5:
        terms["effective_at"] = moment(rng, schedule.first_day, schedule.last_day + 10 * day, zone)
    if rng.random() < 0.5:
        terms["expires_at"] = moment(rng, schedule.first_day + 10 * day, schedule.last_day + 30 * day, zone)
    if rng.random() < 0.3:
        terms["lot_id"] = f"lot{rng.randint(0, 2)}"
    return terms


def _payment(row: Row, rng: random.Random) -> Row:
    """What a purchase cost, in one currency or several; and generations that refunds of a lot name."""
    is_paid, amount, currency = rng.random() < 0.8, Decimal(rng.randint(1, 90_000)) / 7, rng.random()
    if row["entry_type"] == "refund" and row.get("lot_id") and is_paid:
        return {"related_event_id": f"{row['workspace_id']}-g{rng.randint(0, 9)}"}
    if row["entry_type"] not in ("purchase", "grant") or not is_paid:
        return {}
    found: Row = {"amount": amount.quantize(Decimal("1e-9")), "pack_id": "small", "invoice_id": "i1"}
    return found | ({} if currency < 0.2 else {"currency": "EUR" if currency < 0.8 else "USD"})


def _change(change: str, lot_id: str, enter: Any, rng: random.Random) -> None:
    credits = (some_funds(rng) / 2).quantize(Decimal("0.000001"))
    if change == "top-up":
        enter(rng.choice(("purchase", "grant")), credits, lot_id=lot_id, priority=rng.choice((None, 3)))
    elif change == "refund":
        enter("refund", credits, lot_id=lot_id, related_event_id=rng.choice((None, "g1")))
    elif change == "own refund":
        enter("refund", credits)
    elif change == "plus":
        enter("adjustment", credits, lot_id=rng.choice((lot_id, None)))
    elif change == "minus":
        enter("adjustment", -credits, lot_id=lot_id)
    elif change == "void":
        enter("void", -credits, lot_id=lot_id)
    elif change == "minus unknown":
        enter("adjustment", -credits, lot_id="nobody's")
    else:
        enter("void", Decimal(-10_000), lot_id=lot_id)
