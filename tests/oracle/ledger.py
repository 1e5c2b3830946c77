"""Credit lots drawn down day by day, in whole micro-credits: a plain simulation of the ledger rules.

Days are ordinals (date.toordinal), so that a lot without end or up to the year 9999 needs no special case.
Burn rates and forecasts are in burn.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from oracle.contract import Row
from oracle.known import local_date, micro

NEVER = 10**9
LAST_INSTANT = timedelta(microseconds=1)
FUNDING = frozenset({"purchase", "grant"})
FUNDING_OR_CHANGE = FUNDING | {"refund", "adjustment"}


@dataclass
class Lot:
    """One lot: the terms of the entry that opened it, and running totals in micro-credits."""

    lot_id: str
    priority: int
    effective_at: datetime
    expires_at: datetime | None
    effective_day: int
    expiry_day: int
    funded: int = 0
    consumed: int = 0
    expired: int = 0
    voided: int = 0
    remaining: int = 0

    def is_alive(self, day: int) -> bool:
        """Effective date <= day < expiry date."""
        return self.effective_day <= day < self.expiry_day

    def draw_order(self) -> tuple[int, int, int, str]:
        """By priority (lower first), then earlier expiry (null last), earlier effective date, lot id."""
        return self.priority, self.expiry_day, self.effective_day, self.lot_id

    def expire(self) -> int:
        """Let what remains expire; returns it."""
        lost, self.remaining = self.remaining, 0
        self.expired += lost
        return lost

    def fund(self, credits: int) -> int:
        """Add credits; returns them."""
        self.funded += credits
        self.remaining += credits
        return credits

    def take_back(self, credits: int) -> int:
        """Take back the credits given, down to zero at most; returns what was taken."""
        taken = min(self.remaining, credits)
        self.remaining -= taken
        self.voided += taken
        return taken

    def consume(self, credits: int) -> int:
        """Cover as much usage as remains; returns what was covered."""
        covered = min(self.remaining, credits)
        self.remaining -= covered
        self.consumed += covered
        return covered


@dataclass(frozen=True)
class Movement:
    """Credits (signed micro-credits) that an entry moves into or out of a lot on its day."""

    lot: Lot
    day: int
    credits: int


@dataclass(frozen=True)
class BalanceDay:
    """The ledger of one workspace on one day, in micro-credits."""

    usage_date: date
    opening: int
    funded: int
    consumed: int
    expired: int
    voided: int
    overage: int
    closing: int


@dataclass(frozen=True)
class Ledger:
    """The lots of one workspace at the end of as_of, and every day up to it."""

    as_of: date
    lots: list[Lot]
    days: list[BalanceDay]

    @property
    def allowance(self) -> int:
        """Funded credits of the lots alive on as_of."""
        return sum(lot.funded for lot in self.lots if lot.is_alive(self.as_of.toordinal()))

    @property
    def remaining(self) -> int:
        """The credits left in them at the end of as_of."""
        return sum(lot.remaining for lot in self.lots if lot.is_alive(self.as_of.toordinal()))

    def status(self, lot: Lot) -> str:
        """Return the lot_status at as_of."""
        if lot.effective_day > self.as_of.toordinal():
            return "scheduled"
        if lot.remaining > 0:
            return "active"
        if lot.expired > 0:
            return "expired"
        return "voided" if lot.voided > 0 else "exhausted"


def run_ledger(entries: Sequence[Row], usage: Mapping[date, int], *, zone: ZoneInfo, as_of: date) -> Ledger:
    """Book one workspace's known entries and daily usage (micro-credits) up to as_of.

    Days run from the first usage or the first funding, whichever is earlier, without a gap.
    """
    lots, movements = lots_and_movements(entries, zone)
    today = as_of.toordinal()
    by_day: dict[int, list[Movement]] = defaultdict(list)
    for movement in movements:
        by_day[movement.day].append(movement)
    usage_by_day = {day.toordinal(): credits for day, credits in usage.items()}
    first_day = min([*by_day, *usage_by_day], default=NEVER)
    days: list[BalanceDay] = []
    opening = 0
    for day in range(first_day, today + 1):
        days.append(_book_day(day, opening, lots, by_day[day], usage_by_day.get(day, 0)))
        opening = days[-1].closing
    for movement in movements:
        # A scheduled lot is listed with all it holds, known reductions taken off.
        if movement.day > today and movement.lot.effective_day > today and movement.credits > 0:
            movement.lot.fund(movement.credits)
    for movement in movements:
        if movement.day > today and movement.lot.effective_day > today and movement.credits < 0:
            movement.lot.take_back(-movement.credits)
    return Ledger(as_of, sorted(lots, key=lambda lot: lot.lot_id), days)


def _book_day(day: int, opening: int, lots: list[Lot], movements: list[Movement], usage: int) -> BalanceDay:
    """Expiries, funding, expiries again, then voids and negative adjustments, then usage."""
    past = [lot for lot in lots if lot.expiry_day <= day]
    expired = sum(lot.expire() for lot in past)
    funded = sum(m.lot.fund(m.credits) for m in movements if m.credits > 0)
    expired += sum(lot.expire() for lot in past)
    voided = sum(m.lot.take_back(-m.credits) for m in movements if m.credits < 0)
    uncovered = usage
    for lot in sorted((lot for lot in lots if lot.is_alive(day)), key=Lot.draw_order):
        uncovered -= lot.consume(uncovered)
    return BalanceDay(
        usage_date=date.fromordinal(day),
        opening=opening,
        funded=funded,
        consumed=usage - uncovered,
        expired=expired,
        voided=voided,
        overage=uncovered,
        # Read from the lots, not derived from the other columns, so that the residual tests something.
        closing=sum(lot.remaining for lot in lots),
    )


def lots_and_movements(entries: Sequence[Row], zone: ZoneInfo) -> tuple[list[Lot], list[Movement]]:
    """Group the entries into lots. An entry that reduces an unknown lot has no effect."""
    by_lot: dict[str, list[Row]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: (entry["occurred_at"], entry["entry_id"])):
        by_lot[entry["lot_id"]].append(entry)
    lots: list[Lot] = []
    movements: list[Movement] = []
    for lot_id, group in by_lot.items():
        # The first purchase or grant sets the terms; without one, the first refund or positive change.
        openers = [entry for entry in group if entry["entry_type"] in FUNDING] or [
            entry for entry in group if entry["entry_type"] in FUNDING_OR_CHANGE and entry["credits"] > 0
        ]
        if not openers:
            continue
        lot = _lot(lot_id, openers[0], zone)
        lots.append(lot)
        for entry in group:
            is_first_funding = entry is openers[0] and entry["entry_type"] in FUNDING
            # A later purchase or grant counts from its own effective day, the rest from when it happened.
            counts_at = entry["effective_at" if entry["entry_type"] in FUNDING else "occurred_at"]
            own_day = local_date(counts_at, zone).toordinal()
            day = lot.effective_day if is_first_funding else max(own_day, lot.effective_day)
            movements.append(Movement(lot, day, micro(entry["credits"])))
    return lots, movements


def _lot(lot_id: str, terms: Row, zone: ZoneInfo) -> Lot:
    expiry_day = NEVER
    if terms["expires_at"] is not None:
        # The day after the local date of the last instant before expires_at.
        expiry_day = local_date(terms["expires_at"] - LAST_INSTANT, zone).toordinal() + 1
    return Lot(
        lot_id=lot_id,
        priority=terms["priority"],
        effective_at=terms["effective_at"],
        expires_at=terms["expires_at"],
        effective_day=local_date(terms["effective_at"], zone).toordinal(),
        expiry_day=expiry_day,
    )
