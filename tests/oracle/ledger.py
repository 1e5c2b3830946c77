"""Credit lots drawn down day by day, in whole micro-credits: a plain simulation of the ledger rules.

Days are ordinals (date.toordinal), so that a lot without end or up to the year 9999 needs no special case.
Burn rates and forecasts are in burn.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from oracle.contract import Row
from oracle.known import local_date, micro

NEVER = 10**9
LAST_INSTANT = timedelta(microseconds=1)
FUNDING = frozenset({"purchase", "grant"})


@dataclass
class Lot:
    """One lot: the terms of the entry that opened it, and running totals in micro-credits."""

    lot_id: str
    opener: str
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
    allowance: int = 0
    since_refund: int | None = None  # allowance since a refund found the lot at zero

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

    def enter(self, entry: Row) -> None:
        """Add or take back the credits of an entry, down to zero at most."""
        credits = micro(entry["credits"])
        if credits < 0:
            taken = min(self.remaining, -credits)
            self.remaining -= taken
            self.voided += taken
            self.allowance = max(self.allowance - taken, 0)
            if self.since_refund is not None:
                self.since_refund -= taken
            return
        if self.remaining == 0:
            self.since_refund = 0
        self.funded += credits
        self.remaining += credits
        if entry["entry_type"] != "refund":
            before = self.allowance if self.since_refund is None else self.since_refund
            self.allowance, self.since_refund = max(before + credits, 0), None

    def consume(self, credits: int) -> int:
        """Cover as much usage as remains; returns what was covered."""
        covered = min(self.remaining, credits)
        self.remaining -= covered
        self.consumed += covered
        return covered


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
    before_ledger: int
    closing: int


@dataclass(frozen=True)
class Ledger:
    """The lots of one workspace at the end of as_of, and every day up to it."""

    as_of: date
    lots: list[Lot]
    days: list[BalanceDay]
    draws: dict[date, list[tuple[str, int]]]  # of each day the lots that paid, in order, and how much
    entered: list[tuple[date, str, Row, int]]  # day, lot, entry and what the lot held before, in order

    @property
    def allowance(self) -> int:
        """What was granted less what was taken back of the lots alive on as_of."""
        return sum(lot.allowance for lot in self.lots if lot.is_alive(self.as_of.toordinal()))

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


def run_ledger(
    entries: Sequence[Row],
    usage: Mapping[date, int],
    *,
    zone: ZoneInfo,
    as_of: date,
    generation_days: Mapping[tuple[str, str], date],
) -> Ledger:
    """Book one workspace's known entries and daily usage (micro-credits) up to as_of.

    Days run from the first usage or the first effective day, whichever is earlier, without a gap.

    Args:
        generation_days: usage date of each reported generation of the workspace, by source and id.
    """
    booking = Booking(entries, usage, zone, as_of, generation_days)
    return booking.run()


class Booking:
    """The days of one workspace, one after another."""

    def __init__(
        self,
        entries: Sequence[Row],
        usage: Mapping[date, int],
        zone: ZoneInfo,
        as_of: date,
        generation_days: Mapping[tuple[str, str], date],
    ) -> None:
        self.entries = sorted(entries, key=lambda entry: (entry["occurred_at"], entry["entry_id"]))
        self.usage = {day.toordinal(): credits for day, credits in usage.items()}
        self.zone, self.as_of, self.today = zone, as_of, as_of.toordinal()
        self.generation_days = generation_days
        self.drawn_last: dict[int, str | None] = {}
        self.lots: dict[str, Lot] = {}
        self.draws: dict[date, list[tuple[str, int]]] = {}
        self.entered: list[tuple[date, str, Row, int]] = []
        for kinds in (FUNDING, {"refund", "adjustment"}):
            for entry in self.entries:
                if entry["entry_type"] in kinds and entry["credits"] > 0 and self._paid_on(entry) is None:
                    self.lots.setdefault(_lot_id(entry), _lot(entry, zone))

    def run(self) -> Ledger:
        """Book every day up to today, and then what scheduled lots are going to hold."""
        known = [self._day(entry, "occurred_at") for entry in self.entries]
        begins = [lot.effective_day for lot in self.lots.values()]
        for entry in self.entries:
            if self._paid_on(entry) is not None and _lot_id(entry) not in self.lots:
                begins.append(max(self._day(entry, "occurred_at"), self._day(entry, "effective_at")))
        first_entry = min([*known, *begins])
        firsts = [*self.usage, *(day for day in begins if day <= self.today)]
        first = min(firsts, default=min(known))
        days = [self._book(day, day < first_entry) for day in range(min([first, *known]), self.today + 1)]
        later = [
            item for day in sorted({self._counts_on(entry) for entry in self.entries} - {None})
            if day > self.today for item in self._changes(day)
        ]  # fmt: skip
        for _, lot, entry in later:
            if lot.effective_day > self.today and entry["entry_type"] != "extension":
                lot.enter(entry)
        lots = sorted(self.lots.values(), key=lambda lot: lot.lot_id)
        shown = [day for day in days if day.usage_date.toordinal() >= first]
        return Ledger(self.as_of, lots, shown, self.draws, self.entered)

    def _day(self, entry: Row, name: str) -> int:
        return local_date(entry[name], self.zone).toordinal()

    def _paid_on(self, entry: Row) -> int | None:
        """The usage date of the generation that a refund without a lot names, if it is reported."""
        if entry["entry_type"] != "refund" or entry["lot_id"] or not entry["related_event_id"]:
            return None
        key = entry["related_source"] or "native", entry["related_event_id"]
        day = self.generation_days.get(key)
        return None if day is None else day.toordinal()

    def _counts_on(self, entry: Row) -> int | None:
        """The day an entry counts on its own lot; None if there is no such lot."""
        lot = self.lots.get(_lot_id(entry))
        if entry["entry_type"] == "extension":
            return self._day(entry, "occurred_at")
        if lot is None or (self._paid_on(entry) is not None and lot.opener != entry["entry_id"]):
            return None
        name = "effective_at" if entry["entry_type"] in FUNDING else "occurred_at"
        return max(self._day(entry, name), lot.effective_day)

    def _changes(self, day: int) -> list[tuple[tuple[datetime, int, str], Lot, Row]]:
        """The entries that count on a day, in the order of the instants they count from."""
        found = []
        for entry in self.entries:
            lot = self.lots.get(_lot_id(entry))
            if lot is None or self._counts_on(entry) != day:
                continue
            at = max(entry["occurred_at"], lot.effective_at)
            turn = 0 if entry["entry_id"] == lot.opener else 1 if entry["credits"] < 0 else 2
            if entry["entry_type"] in FUNDING:
                at = entry["effective_at"]
            if entry["entry_type"] == "extension":
                at = entry["occurred_at"]
            found.append(((at, turn, entry["entry_id"]), lot, entry))
        return sorted(found, key=lambda item: item[0])

    def _book(self, day: int, is_before: bool) -> BalanceDay:
        """Expiries, the entries of the day, expiries again, usage."""
        totals = ("funded", "consumed", "expired", "voided")
        before = {name: sum(getattr(lot, name) for lot in self.lots.values()) for name in totals}
        opening = sum(lot.remaining for lot in self.lots.values())
        over = {lot_id for lot_id, lot in self.lots.items() if lot.expiry_day <= day}
        self._expire(day)
        routed = self._settle_without_refunds(day, over)
        changes = self._changes(day)
        for entry, lot_id in routed:
            changes.append(((entry["occurred_at"], 2, entry["entry_id"]), self.lots[lot_id], entry))
        for _, lot, entry in sorted(changes, key=lambda item: item[0]):
            self.entered.append((date.fromordinal(day), lot.lot_id, entry, lot.remaining))
            self._enter(lot, entry, over)
        self._expire(day)
        uncovered, self.draws[date.fromordinal(day)] = _draw(self.lots, day, self.usage.get(day, 0))
        moved = {
            name: sum(getattr(lot, name) for lot in self.lots.values()) - before[name] for name in totals
        }
        return BalanceDay(
            usage_date=date.fromordinal(day),
            opening=opening,
            **moved,
            overage=0 if is_before else uncovered,
            before_ledger=uncovered if is_before else 0,
            # Read from the lots, not derived from the other columns, so that the residual tests something.
            closing=sum(lot.remaining for lot in self.lots.values()),
        )

    def _expire(self, day: int) -> None:
        for lot in self.lots.values():
            if lot.expiry_day <= day and lot.effective_day <= self.today:
                lot.expire()

    def _enter(self, lot: Lot, entry: Row, over: set[str]) -> None:
        if entry["entry_type"] != "extension":
            lot.enter(entry)
        elif lot.lot_id not in over:
            lot.expires_at = entry["expires_at"]
            lot.expiry_day = _expiry_day(entry, self.zone)

    def _settle_without_refunds(self, day: int, over: set[str]) -> list[tuple[Row, str]]:
        """Which lot the usage of the day draws last, and the refunds of the day that a lot alive takes in.

        The other refunds make a lot of their own.
        """
        real, self.lots = self.lots, {lot_id: copy(lot) for lot_id, lot in self.lots.items()}
        for _, lot, entry in self._changes(day):
            self._enter(lot, entry, over)
        paid = _draw(self.lots, day, self.usage.get(day, 0))[1]
        self.drawn_last[day] = paid[-1][0] if paid else None
        trial, self.lots = self.lots, real
        routed = []
        for entry in self.entries:
            paid_on = self._paid_on(entry)
            if paid_on is None or self._day(entry, "occurred_at") != day:
                continue
            lot_id = self.drawn_last.get(paid_on) if paid_on <= day else None
            if lot_id is not None and trial[lot_id].expiry_day > day:
                routed.append((entry, lot_id))
            else:
                self.lots.setdefault(_lot_id(entry), _lot(entry, self.zone))
        return routed


def _draw(lots: Mapping[str, Lot], day: int, used: int) -> tuple[int, list[tuple[str, int]]]:
    """Draw usage from the lots alive; what is not covered, and what each lot paid, in order."""
    paid = []
    for lot in sorted((lot for lot in lots.values() if lot.is_alive(day)), key=Lot.draw_order):
        covered = lot.consume(used)
        used -= covered
        if covered:
            paid.append((lot.lot_id, covered))
    return used, paid


def _lot_id(entry: Row) -> str:
    return str(entry["lot_id"] or entry["entry_id"])


def _lot(terms: Row, zone: ZoneInfo) -> Lot:
    return Lot(
        lot_id=_lot_id(terms),
        opener=terms["entry_id"],
        priority=terms["priority"],
        effective_at=terms["effective_at"],
        expires_at=terms["expires_at"],
        effective_day=local_date(terms["effective_at"], zone).toordinal(),
        expiry_day=_expiry_day(terms, zone),
    )


def _expiry_day(terms: Row, zone: ZoneInfo) -> int:
    """The day after the local date of the last instant before expires_at."""
    if terms["expires_at"] is None:
        return NEVER
    return local_date(terms["expires_at"] - LAST_INSTANT, zone).toordinal() + 1
