"""Lots on their way through the days: they pay usage, expire, are funded, reduced, extended and refunded.

Not here: which lots and movements there are, and the tables made of the result (ledger.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

NEVER = np.iinfo(np.int64).max // 4  # the day number of "no such day"; room to add days to it


class Kind(IntEnum):
    """What a movement does to its lot."""

    FUND = 0  # a purchase, grant or positive adjustment: allowance
    REFUND = 1
    REDUCE = 2
    EXTEND = 3
    ROUTE = 4  # a refund that names a generation and no lot: into the lot that paid for it
    OWN = 5  # the same refund, where that lot is gone: into one of its own


class Move(NamedTuple):
    """One movement; `number` is the same in both movements of one refund."""

    day: int
    lot: int
    kind: int
    credits: int
    expires_on: int
    related_on: int
    number: int


class Draw(NamedTuple):
    """What one lot paid on some days; lots of a lower turn, then of a lower number, pay first."""

    lot: int
    turn: int
    days: Ints  # positions in the calendar
    credits: Ints


@dataclass(frozen=True)
class Calendar:
    """The dense days of every workspace, laid end to end: day `d` of workspace `w` is at `base[w] + d`."""

    base: Ints
    start: Ints  # where each workspace begins
    length: Ints
    first_entry: Ints  # the first day of each ledger
    usage: Ints
    uncovered: Ints  # usage no lot has paid for yet, less what was repaid of earlier days
    consumed: Ints  # what the lots paid, counted lot by lot
    expired: Ints
    held: Ints  # what the lots hold at the end of the day, counted lot by lot
    draws: list[Draw] = field(default_factory=list)


def midnights(numbers: Ints) -> NDArray[np.datetime64]:
    """Day numbers as datetime64[us]; `NEVER` is null."""
    days = np.where(numbers == NEVER, np.datetime64("NaT", "D").astype(np.int64), numbers)
    return days.astype("datetime64[D]").astype("datetime64[us]")


def draw(demand: Ints, held: Ints) -> Ints:
    """Pays a lot's credits out to demand, day after day, and takes what was paid off `demand` in place.

    Args:
        demand: credits asked for, shape (..., days); leading axes may be paths or workspaces.
        held: credits in the lot before the first day, shape (...).

    Returns:
        Credits left in the lot at the end of each day, shape (..., days).
    """
    before = held[..., np.newaxis]
    left: Ints = np.maximum(before - np.cumsum(demand, axis=-1), 0)
    demand[..., :1] -= before - left[..., :1]
    demand[..., 1:] -= left[..., :-1] - left[..., 1:]
    return left


@dataclass
class OpenLot:
    """One lot on its way through the days.

    Attributes:
        number: among all lots.
        rank: the terms it is drawn by, lowest first; the expiry is at `expiry_index`, if it is one of them.
        allowance: funded less taken back, since the lot last stood at zero and was filled again.
        since_refund: the same since a refund came into the lot while it stood at zero; None if none did.
    """

    calendar: Calendar
    number: int
    base: int
    start: int
    expires_on: int
    today: int
    rank: list[int | str]
    expiry_index: int | None
    next_day: int
    held: int = 0
    consumed: int = 0
    expired: int = 0
    allowance: int = 0
    since_refund: int | None = None
    is_expired: bool = False

    @property
    def ends(self) -> int:
        """The day it expires. An expiry still ahead, of the lot or of its start, takes nothing yet."""
        return self.expires_on if max(self.start, self.expires_on) <= self.today else NEVER

    def live_until(self, day: int, turn: int) -> None:
        """Pays for the days before `day`, as the lot of that turn, then expires if that time has come."""
        ends = self.ends
        if ends <= self.next_day < day:
            self._expire(self.next_day)  # what the entries of a day left in a lot that is over
        stop = min(day, ends, self.today + 1)
        if self.held and stop > self.next_day:
            days = slice(self.base + self.next_day, self.base + stop)
            demand = self.calendar.uncovered[days]
            asked = int(demand.sum())
            left = draw(demand, np.asarray(self.held))
            self.calendar.held[days] += left
            paid = -np.diff(left, prepend=self.held)
            self.calendar.consumed[days] += paid
            drawn = np.flatnonzero(paid)
            self.calendar.draws.append(Draw(self.number, turn, days.start + drawn, paid[drawn]))
            self.consumed += asked - int(demand.sum())  # from usage, so that the residual checks the lot
            self.held = int(left[-1])
        self.next_day = day
        if ends <= day:
            self._expire(ends)
        self.is_expired = self.is_expired or self.expires_on <= day

    def _expire(self, day: int) -> None:
        if self.held:
            self.calendar.expired[self.base + day] += self.held
            self.expired += self.held
            self.held = 0

    def book(self, move: Move) -> int:
        """Books one movement on the day up to which the lot has lived; returns what a reduction took."""
        if move.kind == Kind.REDUCE:
            taken = min(-move.credits, self.held)
            self.held -= taken
            self.allowance = max(self.allowance - taken, 0)
            if self.since_refund is not None:
                self.since_refund -= taken
            return taken
        if move.kind == Kind.EXTEND:
            self.expires_on = move.expires_on
            if self.expiry_index is not None:
                self.rank[self.expiry_index] = move.expires_on
            return 0
        if self.held == 0:
            self.since_refund = 0
        self.held += move.credits
        if move.kind == Kind.FUND:
            before = self.allowance if self.since_refund is None else self.since_refund
            self.allowance, self.since_refund = max(before + move.credits, 0), None
        return 0


@dataclass
class Debt:
    """What the lots of one workspace have left unpaid so far, and the day on which all of it is asked for."""

    uncovered: Ints  # of this workspace
    first_day: int
    asked_at: int  # usage before the first entry is not asked for again
    amount: int = 0

    @classmethod
    def from_calendar(cls, calendar: Calendar, workspace: int) -> Debt:
        """The debt of a workspace on the first day of its ledger: none."""
        start = int(calendar.start[workspace])
        days = slice(start, start + int(calendar.length[workspace]))
        first_day = start - int(calendar.base[workspace])
        first_entry = int(calendar.first_entry[workspace])
        return cls(calendar.uncovered[days], first_day, max(first_entry - first_day, 0))

    def ask_again(self, day: int) -> None:
        """Adds what the days before `day` left unpaid to `day`."""
        at = min(day - self.first_day, len(self.uncovered))
        if at <= self.asked_at:
            return
        # slices, because there may be no such day; where more was paid than added, less than 0 is left
        self.uncovered[self.asked_at : self.asked_at + 1] -= self.amount
        self.amount += int(self.uncovered[self.asked_at : at].sum())
        self.uncovered[at : at + 1] += self.amount
        self.asked_at = at


@dataclass
class Walk:
    """Lots that take their days together, because one may decide what another pays.

    Attributes:
        lots: by number, in draw order.
        first_day: of the calendar of the workspace.
        today: the last day.
        debt: of the workspace, where overage is repaid.
        drawn_last: the lot that the usage of a day drew last; -1 for none. Only days that refunds name.
        routed: the lot each of those refunds goes to, by its number; -1 for one of its own.
    """

    lots: dict[int, OpenLot]
    first_day: int
    today: int
    debt: Debt | None = None
    drawn_last: dict[int, int] = field(default_factory=dict)
    routed: dict[int, int] = field(default_factory=dict)

    def book(self, moves: Sequence[Move]) -> list[tuple[int, int, int]]:
        """Takes the lots through the movements, which are in order, and on to today.

        Returns:
            For each movement the lot it was booked on, -1 if it had no effect; what a reduction took; what
            the lot held before.
        """
        by_day = {day: list(group) for day, group in groupby(moves, key=lambda move: move.day)}
        refunds = [move for move in moves if move.kind == Kind.ROUTE]
        named = {move.related_on for move in refunds if move.related_on <= move.day}
        booked = []
        for day in sorted(by_day.keys() | named):
            self._live_until(day)
            moves_of_day = by_day.get(day, [])
            if refunds:
                self._settle_refunds(day, moves_of_day, is_named=day in named)
            booked += [self._book(move) for move in moves_of_day]
        self._live_until(self.today + 1)
        return booked

    def _live_until(self, day: int) -> None:
        for turn, lot in enumerate(self.lots.values()):
            lot.live_until(day, turn)
        if self.debt:
            self.debt.ask_again(day)

    def _book(self, move: Move) -> tuple[int, int, int]:
        number = self._target(move)
        if number < 0 or (move.kind == Kind.EXTEND and self.lots[number].is_expired):
            return -1, 0, 0
        held = self.lots[number].held
        taken = self.lots[number].book(move)
        if move.kind == Kind.EXTEND and len(self.lots) > 1:
            self.lots = dict(sorted(self.lots.items(), key=lambda item: item[1].rank))
        return number, taken, held

    def _target(self, move: Move) -> int:
        if move.kind == Kind.ROUTE:
            return self.routed[move.number]
        if move.kind == Kind.OWN:
            return move.lot if self.routed.get(move.number, -1) < 0 else -1
        return move.lot

    def _settle_refunds(self, day: int, moves: Sequence[Move], *, is_named: bool) -> None:
        """Finds the lots for the refunds of this day: the day is settled without them first."""
        refunds = [move for move in moves if move.kind == Kind.ROUTE]
        of_today = {move.number for move in refunds}
        copies = {number: _copied(lot) for number, lot in self.lots.items()}
        trial = Walk(copies, self.first_day, self.today, routed=self.routed)
        for move in moves:
            if move.number not in of_today:
                trial._book(move)
        if is_named:
            self.drawn_last[day] = trial._drawn_last(day)
        for refund in refunds:
            number = self.drawn_last.get(refund.related_on, -1)
            is_alive = number >= 0 and trial.lots[number].expires_on > day
            self.routed[refund.number] = number if is_alive else -1

    def _drawn_last(self, day: int) -> int:
        """The lot that the usage of the day, which is booked up to its entries, draws last."""
        last, lots = -1, list(self.lots.items())
        if not self.first_day <= day <= self.today:
            return last
        asked = int(lots[0][1].calendar.uncovered[lots[0][1].base + day])
        for number, lot in lots:
            if asked > 0 and lot.held > 0 and lot.expires_on > day:
                last, asked = number, asked - lot.held
        return last


def _copied(lot: OpenLot) -> OpenLot:
    copied = copy(lot)
    copied.rank = list(lot.rank)
    return copied
