"""What usage cost: the lots' prices on each day, and the day's generations laid along its draws.

Which lot pays for which day is in ledger.py. In whole steps: credits in millionths, prices in 10^-12.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from oracle.contract import Row
from oracle.disposition import Fact
from oracle.known import MICRO, local_date, micro
from oracle.ledger import Ledger
from oracle.usage import EXACT, as_credits, ratio

PRICE_STEP = 10**12
TOO_HIGH = 100_000 * PRICE_STEP
Shown = tuple[int | None, str | None]  # a price and its currency
UNPRICED: Shown = (None, None)


@dataclass(frozen=True)
class Draw:
    """A part of a day's usage that one lot paid, or none."""

    lot_id: str
    kind: str
    credits: int
    price: int | None
    currency: str | None

    @property
    def cost(self) -> int:
        """In 10^-18; nothing where no price is known."""
        return self.credits * (self.price or 0)


class PricedLot:
    """The price of a lot as its entries go on."""

    def __init__(self) -> None:
        self.price: int | None = None
        self.currency: str | None = None
        self.is_mixed = False
        self.days: list[tuple[date, Shown]] = []

    def on(self, day: date) -> Shown | None:
        """The price in force at the end of a day; None before the first entry."""
        found = [shown for since, shown in self.days if since <= day]
        return found[-1] if found else None

    def average(self, entry: Row, held: int, default_currency: str | None) -> None:
        """Add what an entry paid to what is unspent."""
        currency = entry["currency"] or default_currency
        paid, is_known = Fraction(0), held == 0 or self.price is not None
        if entry["entry_type"] == "purchase":
            self.is_mixed |= bool(currency and self.currency and currency != self.currency)
            self.currency = self.currency or currency
            if entry["amount"] is None or (entry["amount"] != 0 and currency is None):
                is_known = False
            else:
                paid = Fraction(entry["amount"]) * PRICE_STEP * MICRO
        unspent = (self.price or 0) * held
        steps = (unspent + paid) / (held + micro(entry["credits"]))
        rounded = (2 * steps.numerator + steps.denominator) // (2 * steps.denominator)
        is_priced = is_known and not self.is_mixed and abs(rounded) < TOO_HIGH
        self.price = rounded if is_priced else None


class WorkspaceMoney:
    """Lot prices and draws of one workspace with a ledger.

    Args:
        generation_days: the usage date of every generation it reports, by source and id.
        versions: of the workspace, oldest first, with the price of overage and the currency.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        generation_days: Mapping[tuple[str, str], date],
        versions: Sequence[Row],
        zone: ZoneInfo,
    ) -> None:
        self.ledger, self.versions, self.zone = ledger, versions, zone
        self.lots: dict[str, PricedLot] = defaultdict(PricedLot)
        self.returned: list[tuple[date, str, int]] = []
        currency = versions[-1]["currency"] if versions else None
        for day, lot_id, entry, held in ledger.entered:
            if entry["credits"] <= 0:
                continue
            lot = self.lots[lot_id]
            key = entry["related_source"] or "native", entry["related_event_id"]
            paid_on = generation_days.get(key) if entry["entry_type"] == "refund" else None
            if paid_on is None:
                lot.average(entry, held, currency)
            else:
                self.returned.append((day, lot_id, micro(entry["credits"])))
                if not lot.days:
                    lot.price, lot.currency = self._of_last_lot(paid_on)
            lot.days.append((day, (lot.price, lot.currency) if lot.price is not None else UNPRICED))
        self.draws = self._draws()

    def _of_last_lot(self, day: date) -> Shown:
        for lot_id, _ in reversed(self.ledger.draws.get(day, [])):
            found = self.lots[lot_id].on(day)
            if found is not None:
                return found
        return UNPRICED

    def _draws(self) -> dict[date, list[Draw]]:
        """The draws of every day, overage last."""
        days: dict[date, list[Draw]] = defaultdict(list)
        for day, paid in self.ledger.draws.items():
            for lot_id, credits in paid:
                days[day].append(Draw(lot_id, "lot", credits, *(self.lots[lot_id].on(day) or UNPRICED)))
        for balance in self.ledger.days:
            day = balance.usage_date
            if balance.overage:
                days[day].append(Draw("(overage)", "overage", balance.overage, *self._overage_price(day)))
            if balance.before_ledger:
                days[day].append(Draw("(before ledger)", "before_ledger", balance.before_ledger, *UNPRICED))
        return days

    def _overage_price(self, day: date) -> Shown:
        for version in reversed(self.versions):
            if version["updated_at"] is None or local_date(version["updated_at"], self.zone) <= day:
                if version["overage_price"] is None or version["currency"] is None:
                    return UNPRICED
                price = int(Fraction(version["overage_price"]) * PRICE_STEP)
                return (price, version["currency"]) if price < TOO_HIGH else UNPRICED
        return UNPRICED

    def laid(self, facts: Iterable[Fact]) -> dict[tuple[str, str], list[Draw]]:
        """What of each draw paid for each generation, by its key."""
        by_day: dict[date, list[Fact]] = defaultdict(list)
        for fact in facts:
            by_day[fact.generation.usage_date].append(fact)
        found: dict[tuple[str, str], list[Draw]] = {}
        for day, generations in by_day.items():
            left = [(draw, draw.credits) for draw in reversed(self.draws.get(day, ()))]
            for fact in sorted(
                generations, key=lambda each: (each.generation.occurred_at, *each.generation.key)
            ):
                asked, parts = fact.generation.credits, []
                while asked and left:
                    draw, rest = left.pop()
                    taken = min(asked, rest)
                    parts.append(Draw(draw.lot_id, draw.kind, taken, draw.price, draw.currency))
                    asked -= taken
                    if rest > taken:
                        left.append((draw, rest - taken))
                found[fact.generation.key] = parts
        return found

    def lot_draws(self, as_of: date) -> dict[tuple[str, date], dict[str, Any]]:
        """The mart lot_draws, by lot and day."""
        sums: dict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0])
        shown: dict[tuple[str, date], tuple[str, Shown]] = {}
        for day, draws in self.draws.items():
            for draw in draws:
                sums[draw.lot_id, day][0] += draw.credits
                shown[draw.lot_id, day] = draw.kind, (draw.price, draw.currency)
        for day, lot_id, credits in self.returned:
            if day <= as_of:
                sums[lot_id, day][1] += credits
                shown[lot_id, day] = "lot", self.lots[lot_id].on(day) or UNPRICED
        rows = {}
        for key, (credits, refunded) in sums.items():
            kind, (price, currency) = shown[key]
            rows[key] = {
                "draw_kind": kind,
                "credits": as_credits(credits),
                "unit_price": None if price is None else Decimal(price).scaleb(-12, EXACT),
                "currency": currency,
                "cost": None if price is None else as_cost(credits * price),
                "refunded_credits": as_credits(refunded),
                "refunded_cost": None if price is None else as_cost(-refunded * price),
            }
        return rows


def as_cost(steps: int) -> Decimal:
    """Steps of 10^-18 as an exact amount."""
    return Decimal(steps).scaleb(-18, EXACT)


def cost_columns(
    facts: Sequence[Fact], laid_out: Mapping[tuple[str, str], Sequence[Draw]], *, with_wasted: bool = True
) -> dict[str, Any]:
    """The columns of cost of a group of generations."""

    def priced_of(some: Iterable[Fact]) -> list[Draw]:
        parts = [part for fact in some for part in laid_out.get(fact.generation.key, ())]
        return [part for part in parts if part.price is not None]

    priced = priced_of(facts)
    currencies = {part.currency for part in priced} - {None}
    is_known = bool(priced) and len(currencies) <= 1
    used = sum(fact.generation.credits for fact in facts)
    row = {
        "cost": as_cost(sum(part.cost for part in priced)) if is_known else None,
        "currency": next(iter(currencies)) if len(currencies) == 1 else None,
        "unpriced_credits": as_credits(used - sum(part.credits for part in priced)),
    }
    if with_wasted:
        wasted = priced_of(fact for fact in facts if fact.disposition == "wasted")
        row["wasted_cost"] = as_cost(sum(part.cost for part in wasted)) if is_known else None
    return row


def unit_cost_rows(
    facts: Sequence[Fact], laid_out: Mapping[tuple[str, str], Sequence[Draw]]
) -> dict[str, dict[str, Any]]:
    """unit_costs of one scope, by currency; (none) for credits that are free or have no price."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for fact in facts:
        parts = laid_out.get(fact.generation.key, ())
        rest = fact.generation.credits - sum(part.credits for part in parts)
        if rest:
            rows["(none)"]["unpriced"] += rest
        for part in parts:
            row = rows[part.currency or "(none)"]
            row["unpriced" if part.price is None else "priced"] += part.credits
            row["cost"] += part.cost
            row["wasted"] += part.cost if fact.disposition == "wasted" else 0
    products = {fact.generation.product_id for fact in facts} - {None}
    counts = {
        "generation": len(facts),
        "product": len(products),
        "used_generation": sum(fact.disposition == "used" for fact in facts),
    }
    return {
        currency: {
            "cost": as_cost(row["cost"]),
            "wasted_cost": as_cost(row["wasted"]),
            "priced_credits": as_credits(row["priced"]),
            "unpriced_credits": as_credits(row["unpriced"]),
            **{f"{name}_count": count for name, count in counts.items()},
            **{f"cost_per_{name}": ratio(Fraction(row["cost"], 10**18), n) for name, n in counts.items()},
        }
        for currency, row in rows.items()
    }
