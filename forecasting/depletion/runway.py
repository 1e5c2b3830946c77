"""Future demand against the lots: when a balance is empty, what it is each day, what stays unpaid.

Days are numbered from the day after as_of, which is 1. As in the ledger, lots expire and begin at the start
of a day, and are drawn in the order of the policy. Not here: how demand is predicted (calibration.py), or
what was booked up to as_of (ledger.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.depletion.demand import Floats
from forecasting.depletion.paths import Paths
from forecasting.ledger import NEVER, DrawPolicy, Ints, day_numbers, positions

HORIZON_DAYS = 365
BEYOND = HORIZON_DAYS + 1  # the day number of "not within the horizon"
CASES_AT_ONCE = 2_000


@dataclass(frozen=True)
class Lots:
    """The lots of each case, in draw order, padded with empty ones; arrays (cases, lots).

    Attributes:
        starts_on: day number from which the lot can be drawn, 1 or less if it can already.
        expires_on: first day number on which it cannot; very large if it does not expire.
        held: micro-credits.
    """

    starts_on: Ints
    expires_on: Ints
    held: Floats

    def __getitem__(self, cases: Ints) -> Lots:
        width = int(np.flatnonzero((self.held[cases] > 0).any(axis=0)).max(initial=-1)) + 1
        at = (cases, slice(width))
        return Lots(self.starts_on[at], self.expires_on[at], self.held[at])

    @classmethod
    def from_frame(cls, lots: pd.DataFrame, names: pd.Index, *, as_of: int, policy: DrawPolicy) -> Lots:
        """Lots still to be drawn, of each workspace.

        Args:
            lots: `Ledger.lots` columns workspace_id, lot_id, priority, effective_on, expires_on,
                remaining_micro; lots without credits left, or expired by as_of, are ignored.
            names: the workspaces.
            as_of: the last day booked, as a day number.
            policy: the draw order.
        """
        table = lots_in_order(lots, names, as_of=as_of, policy=policy)
        row = table["case"].to_numpy()
        index = np.arange(len(table)) - np.searchsorted(row, row)
        shape = (len(names), int(index.max(initial=-1)) + 1)
        padded = cls(np.ones(shape, np.int64), np.full(shape, NEVER), np.zeros(shape))
        padded.starts_on[row, index] = table["starts"]
        padded.expires_on[row, index] = table["expires"]
        padded.held[row, index] = table["held"]
        return padded

    def with_lot(self, *, starts_on: Ints, expires_on: Ints, held: Floats) -> Lots:
        """The same lots and one more for each case, drawn last."""
        added = (starts_on, expires_on, held)
        mine = (self.starts_on, self.expires_on, self.held)
        return Lots(*(np.column_stack([old, new]) for old, new in zip(mine, added, strict=True)))


def lots_in_order(lots: pd.DataFrame, names: pd.Index, *, as_of: int, policy: DrawPolicy) -> pd.DataFrame:
    """The lots of `Lots.from_frame` as rows: case, starts, expires, and held in whole micro-credits."""
    case = positions(lots["workspace_id"], names)
    held = lots["remaining_micro"].to_numpy().astype(np.int64)
    table = pd.DataFrame(
        {
            "case": case,
            "lot_id": lots["lot_id"].astype("str").to_numpy(),
            "priority": lots["priority"].to_numpy().astype(np.int64),
            "effective_on": day_numbers(lots["effective_on"]),
            "expires_on": day_numbers(lots["expires_on"]),
            "held": held,
        }
    )
    table = table[(case >= 0) & (held > 0)]
    starts = np.maximum(table["effective_on"].to_numpy() - as_of, 1)
    table = table.assign(starts=starts, expires=table["expires_on"].to_numpy() - as_of)
    table = table[table["expires"] > table["starts"]]
    return table.sort_values(list(dict.fromkeys(["case", *policy.draw_order, "lot_id"])), kind="stable")


@dataclass(frozen=True)
class Runway:
    """Each case's balance on each path, in stretches between one change of its lots and the next.

    Attributes:
        empty_on: first day number that ends with no credits left, the day after the last one if none does;
            (cases, paths).
        starts_on: first day of each stretch, (cases, stretches), ascending; the first is 1.
        demand_before: demand of all earlier stretches, (cases, paths, stretches).
        held: credits at the start of each stretch, (cases, paths, stretches).
        unpaid_before: demand so far that no lot has paid when the stretch starts; what credits that come then
            repay is not among it, (cases, paths, stretches).
        unpaid_after: the same at the end of the stretch.
    """

    empty_on: Ints
    starts_on: Ints
    demand_before: Floats
    held: Floats
    unpaid_before: Floats
    unpaid_after: Floats

    def at(self, paths: Sequence[int]) -> Runway:
        """Only the paths at these indexes."""
        at = list(paths)
        of_paths = (self.demand_before, self.held, self.unpaid_before, self.unpaid_after)
        return Runway(self.empty_on[:, at], self.starts_on, *(part[:, at] for part in of_paths))

    def unpaid_by(self, day: Ints) -> Floats:
        """What no lot paid before a day on which a stretch starts, (cases, paths)."""
        at = (self.starts_on == day[:, None]).argmax(axis=1)
        return np.take_along_axis(self.unpaid_before, at[:, None, None], axis=2)[..., 0]

    def most_unpaid(self, first: Ints, end: Ints) -> Floats:
        """The most that is unpaid at the end of a day from `first` on and before `end`, (cases, paths).

        A stretch must start on either, if it is not past the last day.
        """
        is_within = (self.starts_on >= first[:, None]) & (self.starts_on < end[:, None])
        return np.where(is_within[:, None, :], self.unpaid_after, 0.0).max(axis=2)

    def balances(self, paths: Paths, days: int) -> Floats:
        """Credits left at the end of each of the next days, (cases, paths, days)."""
        day = np.arange(1, days + 1)
        demand = paths.by(np.broadcast_to(day.astype(float), (len(self.starts_on), 1, days)))
        left = np.zeros(demand.shape)
        for stretch in range(self.starts_on.shape[1]):
            here = self.held[..., stretch, None] - (demand - self.demand_before[..., stretch, None])
            left = np.where(day >= self.starts_on[:, stretch, None, None], np.maximum(here, 0), left)
        return left


def run_down(
    paths: Paths,
    lots: Lots,
    *,
    repays: bool = False,
    cuts: Ints | None = None,
    owed: Floats | None = None,
    last_day: int = HORIZON_DAYS,
) -> Runway:
    """Draws the demand of every path down from the lots.

    Args:
        paths: demand of the cases.
        lots: of the cases.
        repays: whether credits also pay for demand of days before they were there.
        cuts: day numbers, (cases, n), on which a stretch starts even if no lot changes.
        owed: what was unpaid before the first day, (cases,); matters where it is repaid.
        last_day: the end of the projection; a balance that lasts beyond it is empty on the day after.
    """
    beyond = last_day + 1
    starts_on = np.maximum(lots.starts_on, 1)
    starts = _stretches(
        np.column_stack([starts_on, lots.expires_on, *([] if cuts is None else [cuts])]), beyond
    )
    ends = np.column_stack([starts[:, 1:], np.full(len(starts), beyond)])
    begun = paths.by(np.zeros((len(starts), 1, 1)))[..., 0]  # 0 everywhere, in the shape of the paths
    left = begun[..., None] + np.zeros(lots.held.shape)[:, None, :]
    unpaid = begun + (0.0 if owed is None else owed[:, None])
    empty_on = np.full(begun.shape, beyond)
    stretches: list[tuple[Floats, ...]] = []
    for start, end in zip(starts.T[..., None], ends.T[..., None], strict=True):
        begins = (starts_on == start) & (lots.expires_on > start)
        left = np.where((lots.expires_on <= start)[:, None, :], 0.0, left)
        left += np.where(begins, lots.held, 0.0)[:, None, :]
        alive = np.flatnonzero(((starts_on <= start) & (lots.expires_on > start)).any(axis=0)).tolist()
        if repays:
            unpaid = unpaid - _draw(left, unpaid, alive)
        held = _sum(left, alive)
        # shorter lists of stretches are padded with some that start beyond
        until = np.where(start < beyond, np.maximum(paths.by((end - 1.0)[..., None])[..., 0], begun), begun)
        is_emptied = (empty_on == beyond) & (until - begun >= held) & (start < beyond)
        if is_emptied.any():
            reached = np.minimum(paths.until((begun + held)[..., None])[..., 0], beyond)
            day = np.clip(np.ceil(reached - 1e-9), start, np.maximum(end - 1, start)).astype(np.int64)
            empty_on = np.where(is_emptied, np.where(held <= 0, start, day), empty_on)
        asked = until - begun
        after = unpaid + (asked - _draw(left, asked, alive))
        stretches.append((begun, held, unpaid, after))
        begun, unpaid = until, after
    # more demand early on can save credits from expiring and so last longer; a quantile can not
    empty_on = np.maximum.accumulate(empty_on, axis=1)
    return Runway(empty_on, starts, *(np.stack(part, axis=2) for part in zip(*stretches, strict=True)))


def _stretches(changes: Ints, beyond: int) -> Ints:
    """The first days of the stretches between changes, ascending from 1; `beyond` where a case has fewer."""
    days = np.sort(np.where((changes > 1) & (changes < beyond), changes, beyond), axis=1)
    is_again = np.zeros(days.shape, dtype=bool)
    is_again[:, 1:] = days[:, 1:] == days[:, :-1]
    days = np.sort(np.where(is_again, beyond, days), axis=1)
    count = int((days < beyond).sum(axis=1).max(initial=0))
    return np.column_stack([np.ones(len(days), np.int64), days[:, :count]])


def _sum(left: Floats, alive: Sequence[int]) -> Floats:
    """What the lots hold together, added one by one: a sum of floats must not depend on padding."""
    total = np.zeros(left.shape[:-1])
    for lot in alive:
        total += left[..., lot]
    return total


def _draw(left: Floats, asked: Floats, alive: Sequence[int]) -> Floats:
    """Takes what is asked off the lots in `left` that are alive, in their order; returns what they paid."""
    rest = asked.copy()
    for lot in alive:
        paid = np.minimum(left[..., lot], rest)
        left[..., lot] -= paid
        rest -= paid
    return asked - rest


def chunks(lots: Lots) -> Iterator[Ints]:
    """Indexes of cases, a few thousand at a time, those with as many lots together so that few are padded."""
    order = np.argsort((lots.held > 0).sum(axis=1), kind="stable")
    for start in range(0, len(order), CASES_AT_ONCE):
        yield order[start : start + CASES_AT_ONCE]
