"""The credit ledger: which lot paid for which day, what expired, what is left. Exact, in whole micro-credits.

Not here: which entries are known at `as_of`, local dates of instants, and any guess about days after `as_of`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]

NEVER = np.iinfo(np.int64).max // 4  # the day number of "no such day"; room to add days to it
FUNDING_TYPES = ("purchase", "grant")
MICRO_LIMIT = 4e18  # one workspace's credits and usage together must fit int64
DRAW_TERMS = ("priority", "expires_on", "effective_on", "lot_id")


@dataclass(frozen=True, kw_only=True)
class DrawPolicy:
    """How usage is drawn from the lots, where a team may choose.

    Attributes:
        draw_order: names out of `DRAW_TERMS`. Of the lots alive on a day, the lowest by the first name is
            drawn first, and so on; no expiry comes last. Lots that are equal so far are drawn by lot id.
        repays_overage: whether credits also pay for usage of days before they were there. If so, all that is
            unpaid is asked for again on every later day, with that day's usage, and what a lot pays of it
            is consumed on the day it pays. Overage is then a movement like the others: what the day left
            unpaid less what it repaid of earlier days. It may be below 0; consumed + overage = usage holds
            for every day, and overage summed up to a day is what is still unpaid at the end of that day.

    Raises:
        ValueError: if a name is unknown or comes twice, or repays_overage is not a boolean.
    """

    draw_order: tuple[str, ...] = DRAW_TERMS
    repays_overage: bool = False

    def __post_init__(self) -> None:
        order = self.draw_order
        # a policy is read from a file: nothing has checked its types
        if not isinstance(order, tuple) or any(
            name not in DRAW_TERMS or name in order[:at] for at, name in enumerate(order)
        ):
            raise ValueError(
                f"A draw order lists names out of {', '.join(DRAW_TERMS)}, each once at most; "
                f"found {order!r}. Remove names that are unknown or repeated."
            )
        if not isinstance(self.repays_overage, bool):
            raise ValueError(
                f"repays_overage is a boolean; found {self.repays_overage!r}. Write true or false."
            )


DEFAULT_POLICY = DrawPolicy()


@dataclass(frozen=True)
class Ledger:
    """What `draw_down` returns. Columns ending in `_micro` are int64 micro-credits; days are midnights.

    Attributes:
        lots: one row per (workspace_id, lot_id): funded, consumed, expired, voided, remaining and residual
            (`_micro`), effective_at, expires_at, effective_on, expires_on, priority, lot_status, is_alive.
        balance_daily: one row per (workspace_id, usage_date) of workspaces with entries: opening, funded,
            consumed, expired, voided, overage (see `DrawPolicy`), closing and residual (`_micro`).
        warnings: one row per reduction with less effect than it asked for: workspace_id, lot_id, entry_id,
            entry_type, warning (`unknown_lot`, `excess_reduction`), credits_micro (the part without effect,
            positive), counted_on (null for `unknown_lot`).
    """

    lots: pd.DataFrame
    balance_daily: pd.DataFrame
    warnings: pd.DataFrame


@dataclass(frozen=True)
class _Calendar:
    """The dense days of every workspace, laid end to end: day `d` of workspace `w` is at `base[w] + d`."""

    base: Ints
    start: Ints  # where each workspace begins
    length: Ints
    usage: Ints
    uncovered: Ints  # usage no lot has paid for yet, less what was repaid of earlier days; overage in the end
    expired: Ints
    held: Ints  # what the lots hold at the end of the day, counted lot by lot


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


def draw_down(
    entries: pd.DataFrame, usage: pd.DataFrame, *, as_of: date, policy: DrawPolicy = DEFAULT_POLICY
) -> Ledger:
    """Books usage on the lots that were alive on each local day, and returns lots, daily balances, warnings.

    Within a day: expiries, funding, expiries again, voids and negative adjustments, usage. The draw order
    never changes, so lots are settled one after another, each against the usage the earlier ones left
    uncovered: over all their days at once, or, where overage is repaid, from one entry of the workspace to
    the next, because only an entry can bring the credits to repay it with.

    Args:
        entries: known at `as_of` and free of duplicates: workspace_id, entry_id, entry_type, credits_micro
            (signed), lot_id (the entry's own id if it names none), priority, occurred_at, occurred_on,
            effective_at, effective_on, expires_at, expires_on (first local day not usable; null: never).
            A refund or positive adjustment on a lot that no purchase or grant funded opens that lot itself.
        usage: workspace_id, usage_date, credits_micro; days with usage only.
        as_of: the last local day to book.
        policy: the order in which lots are drawn, and whether overage is repaid.

    Returns:
        The ledger. Daily rows run from the first usage or effective day, whichever is earlier, to `as_of`;
        from the first entry's day where neither has come yet.

    Raises:
        ValueError: if a row is dated after `as_of`, or amounts are too large for exact 64-bit sums.
    """
    today = int(np.datetime64(as_of, "D").astype(np.int64))
    entries = _typed(entries, today)
    names = pd.Index(sorted(entries["workspace_id"].unique()), dtype="str")
    lots = _open_lots(entries, names, policy)
    moves, unknown = _assign_lots(entries, lots, today)
    calendar = _calendar(entries, lots, usage, names, today)
    _settle(lots, moves, calendar, today, policy)
    return Ledger(
        lots=_lots_frame(lots, moves, today),
        balance_daily=_balance_frame(moves, calendar, names, today),
        warnings=_warnings_frame(unknown, moves),
    )


def day_numbers(days: pd.Series) -> Ints:
    """Local days (datetime64 or `datetime.date`) as days since 1970-01-01; null is `NEVER`."""
    numbers = days.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(numbers), NEVER, numbers.astype(np.int64))


def midnights(numbers: Ints) -> NDArray[np.datetime64]:
    """The inverse of `day_numbers`, as datetime64[us]."""
    days = np.where(numbers == NEVER, np.datetime64("NaT", "D").astype(np.int64), numbers)
    return days.astype("datetime64[D]").astype("datetime64[us]")


def positions(ids: pd.Series, names: pd.Index) -> Ints:
    """The index of each id in `names`; -1 if it is not among them."""
    codes, distinct = pd.factorize(ids.astype("str"), use_na_sentinel=False)
    return names.get_indexer(distinct)[codes]


def _refuse_later_rows(days: Ints, today: int, what: str) -> None:
    if len(days) and days.max() > today:
        latest, as_of = np.array([days.max(), today]).astype("datetime64[D]")
        raise ValueError(f"{what} must be dated up to as_of {as_of}, found {latest}; leave out later rows.")


def _typed(entries: pd.DataFrame, today: int) -> pd.DataFrame:
    """The entries with day numbers for days, in the order they occurred."""
    types = (
        dict.fromkeys(["workspace_id", "entry_id", "entry_type", "lot_id"], "str")
        | dict.fromkeys(["credits_micro", "priority"], "int64")
        | dict.fromkeys(["occurred_at", "effective_at", "expires_at"], "datetime64[us]")
    )
    days = {name: day_numbers(entries[name]) for name in ("occurred_on", "effective_on", "expires_on")}
    _refuse_later_rows(days["occurred_on"], today, "Credit entries")
    typed = entries[list(types)].astype(types).assign(**days)
    return typed.sort_values(["occurred_at", "entry_id"], kind="stable", ignore_index=True)


def _open_lots(entries: pd.DataFrame, names: pd.Index, policy: DrawPolicy) -> pd.DataFrame:
    """One row per lot, in draw order: the terms of the entry that opened it, and the walk it takes."""
    is_funding = entries["entry_type"].isin(FUNDING_TYPES)
    # the first purchase or grant opens a lot; only where there is none does a refund or adjustment
    openers = pd.concat([entries[is_funding], entries[~is_funding & (entries["credits_micro"] > 0)]])
    lots = openers.drop_duplicates(["workspace_id", "lot_id"])
    lots = lots.assign(workspace=positions(lots["workspace_id"], names))
    lots = lots.drop(columns=["entry_id", "entry_type", "credits_micro", "occurred_at", "occurred_on"])
    order = dict.fromkeys(["workspace", *policy.draw_order, "lot_id"])
    lots = lots.sort_values(list(order), ignore_index=True)
    # lots that repay the same debt take their days together; any other lot can take its own all at once
    return lots.assign(walk=lots["workspace"] if policy.repays_overage else np.arange(len(lots)))


def _assign_lots(entries: pd.DataFrame, lots: pd.DataFrame, today: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each entry with its lot and the day it counts, in booking order; and those whose lot is unknown."""
    terms = lots[["workspace_id", "lot_id", "workspace", "walk", "effective_on"]]
    terms = terms.rename(columns={"effective_on": "lot_effective_on"}).assign(lot=np.arange(len(lots)))
    placed = entries[entries["credits_micro"] != 0].merge(terms, on=["workspace_id", "lot_id"], how="left")
    unknown = placed[placed["lot"].isna()]
    whole = dict.fromkeys(["lot", "workspace", "walk", "lot_effective_on"], int)
    moves = placed.dropna(subset="lot").astype(whole)
    own_day = np.where(moves["entry_type"].isin(FUNDING_TYPES), moves["effective_on"], moves["occurred_on"])
    moves["day"] = np.maximum(own_day, moves["lot_effective_on"])
    moves["is_reduction"] = moves["credits_micro"] < 0
    # a scheduled lot holds all it is going to; on any other lot a later movement does not count yet
    moves = moves[(moves["day"] <= today) | (moves["lot_effective_on"] > today)]
    order = ["walk", "day", "lot", "is_reduction"]  # stable: then occurred_at, entry_id, from `_typed`
    return moves.sort_values(order, kind="stable", ignore_index=True), unknown


def _calendar(
    entries: pd.DataFrame, lots: pd.DataFrame, usage: pd.DataFrame, names: pd.Index, today: int
) -> _Calendar:
    """The empty days of every workspace with entries, and its usage on them."""
    used_by = positions(usage["workspace_id"], names)
    is_ours = used_by >= 0
    used_by = used_by[is_ours]
    used_on = day_numbers(usage["usage_date"])[is_ours]
    used = usage["credits_micro"].to_numpy().astype(np.int64)[is_ours]
    entered_by = positions(entries["workspace_id"], names)
    _refuse_later_rows(used_on, today, "Usage")
    _refuse_large_sums(np.append(entered_by, used_by), np.append(entries["credits_micro"], used), names)

    first, first_entry = np.full((2, len(names)), NEVER)
    np.minimum.at(first, used_by, used_on)
    np.minimum.at(first, lots["workspace"].to_numpy(), lots["effective_on"].to_numpy())
    np.minimum.at(first_entry, entered_by, entries["occurred_on"].to_numpy())
    first = np.where(first > today, first_entry, first)

    length = today + 1 - first
    start = np.cumsum(length) - length
    base = start - first
    booked, expired, held = np.zeros((3, int(length.sum())), dtype=np.int64)
    np.add.at(booked, base[used_by] + used_on, used)
    return _Calendar(base, start, length, booked, booked.copy(), expired, held)


def _refuse_large_sums(workspace: Ints, credits: Ints, names: pd.Index) -> None:
    size = np.bincount(workspace, weights=np.abs(credits.astype(float)), minlength=len(names))
    for worst in np.flatnonzero(size > MICRO_LIMIT)[:1]:
        raise ValueError(
            f"The entries and usage of a workspace may add up to {MICRO_LIMIT / 1e6:.0f} credits; "
            f"{names[worst]} has {size[worst] / 1e6:.0f}. Void or retract the implausible ones."
        )


@dataclass
class _OpenLot:
    """One lot on its way through the days: pays usage, expires, is funded and reduced."""

    calendar: _Calendar
    base: int
    next_day: int
    expires_on: int
    end: int
    held: int = 0
    consumed: int = 0
    expired: int = 0

    def live_until(self, day: int) -> None:
        """Pays for the days before `day`, then expires if that time has come."""
        stop = min(day, self.expires_on, self.end)
        if self.held and stop > self.next_day:
            days = slice(self.base + self.next_day, self.base + stop)
            demand = self.calendar.uncovered[days]
            asked = int(demand.sum())
            left = draw(demand, np.asarray(self.held))
            self.calendar.held[days] += left
            self.consumed += asked - int(demand.sum())  # from usage, so that the residual checks the lot
            self.held = int(left[-1])
        self.next_day = day
        if self.expires_on <= day:
            self.expire(self.expires_on)

    def expire(self, day: int) -> None:
        if self.held:
            self.calendar.expired[self.base + day] += self.held
            self.expired += self.held
            self.held = 0

    def change(self, credits: int, day: int) -> int:
        """Books one entry on the day up to which the lot has lived; returns what a reduction took."""
        voided = min(max(-credits, 0), self.held)
        self.held += credits if credits > 0 else -voided
        if self.expires_on <= day:
            self.expire(day)
        return voided


@dataclass
class _Debt:
    """What the lots of one workspace have left unpaid so far, and the day on which all of it is asked for."""

    uncovered: Ints  # of this workspace
    first_day: int
    amount: int = 0
    asked_at: int = 0

    @classmethod
    def from_calendar(cls, calendar: _Calendar, workspace: int) -> _Debt:
        start = int(calendar.start[workspace])
        days = slice(start, start + int(calendar.length[workspace]))
        return cls(calendar.uncovered[days], start - int(calendar.base[workspace]))

    def ask_again(self, day: int) -> None:
        """Adds what the days before `day` left unpaid to `day`."""
        at = min(day - self.first_day, len(self.uncovered))
        # slices, because there may be no such day; where more was paid than added, less than 0 is left
        self.uncovered[self.asked_at : self.asked_at + 1] -= self.amount
        self.amount += int(self.uncovered[self.asked_at : at].sum())
        self.uncovered[at : at + 1] += self.amount
        self.asked_at = at


def _settle(
    lots: pd.DataFrame, moves: pd.DataFrame, calendar: _Calendar, today: int, policy: DrawPolicy
) -> None:
    """Walks the lots in draw order; adds what became of them to `lots`, and to `moves` what each took."""
    bases = calendar.base[lots["workspace"].to_numpy()].tolist()
    effective_on, expires_on = lots["effective_on"].to_numpy(), lots["expires_on"].to_numpy()
    # an expiry still ahead has taken nothing, even where a scheduled lot's entries are booked early
    is_over = np.maximum(effective_on, expires_on) <= today
    starts, ends = effective_on.tolist(), np.where(is_over, expires_on, NEVER).tolist()
    walks = np.arange(lots["walk"].max() + 2 if len(lots) else 1)
    lot_bounds = np.searchsorted(lots["walk"].to_numpy(), walks).tolist()
    move_bounds = np.searchsorted(moves["walk"].to_numpy(), walks).tolist()
    booked = list(zip(*(moves[name].tolist() for name in ("day", "lot", "credits_micro")), strict=True))
    voided: list[int] = []
    outcome = np.zeros((len(lots), 3), dtype=np.int64)
    for walk in range(len(walks) - 1):
        numbers = range(*lot_bounds[walk : walk + 2])
        walking = {n: _OpenLot(calendar, bases[n], starts[n], ends[n], today + 1) for n in numbers}
        debt = _Debt.from_calendar(calendar, walk) if policy.repays_overage else None
        voided += _walk(walking, booked[slice(*move_bounds[walk : walk + 2])], today, debt)
        for n, lot in walking.items():
            outcome[n] = lot.consumed, lot.expired, lot.held
    moves["voided"] = np.array(voided, dtype=np.int64)
    lots[["consumed_micro", "expired_micro", "remaining_micro"]] = outcome


def _walk(
    lots: dict[int, _OpenLot], moves: Iterable[tuple[int, int, int]], today: int, debt: _Debt | None
) -> list[int]:
    """Takes lots, in draw order, through (day, lot, credits) and on to today; returns what each took."""

    def live_until(day: int) -> None:
        for lot in lots.values():
            lot.live_until(day)
        if debt:
            debt.ask_again(day)

    voided = []
    for day, number, credits in moves:
        live_until(day)
        voided.append(lots[number].change(credits, day))
    live_until(today + 1)
    return voided


def _lots_frame(lots: pd.DataFrame, moves: pd.DataFrame, today: int) -> pd.DataFrame:
    funded, voided = np.zeros((2, len(lots)), dtype=np.int64)
    np.add.at(funded, moves["lot"].to_numpy(), moves["credits_micro"].clip(lower=0).to_numpy())
    np.add.at(voided, moves["lot"].to_numpy(), moves["voided"].to_numpy())
    gone_or_left = lots[["consumed_micro", "expired_micro", "remaining_micro"]].sum(axis=1)
    effective_on, expires_on = lots["effective_on"].to_numpy(), lots["expires_on"].to_numpy()
    status = np.select(
        [effective_on > today, lots["remaining_micro"] > 0, lots["expired_micro"] > 0, voided > 0],
        ["scheduled", "active", "expired", "voided"],
        default="exhausted",
    )
    lots = lots.assign(
        funded_micro=funded,
        voided_micro=voided,
        residual_micro=funded - voided - gone_or_left,
        effective_on=midnights(effective_on),
        expires_on=midnights(expires_on),
        lot_status=pd.Series(status, dtype="str"),
        is_alive=(effective_on <= today) & (today < expires_on),
    )
    return lots.drop(columns=["workspace", "walk"]).sort_values(["workspace_id", "lot_id"], ignore_index=True)


def _balance_frame(moves: pd.DataFrame, calendar: _Calendar, names: pd.Index, today: int) -> pd.DataFrame:
    booked = moves[moves["day"] <= today]
    at = calendar.base[booked["workspace"].to_numpy()] + booked["day"].to_numpy()
    funded, voided = np.zeros((2, len(calendar.usage)), dtype=np.int64)
    np.add.at(funded, at, booked["credits_micro"].clip(lower=0).to_numpy())
    np.add.at(voided, at, booked["voided"].to_numpy())
    consumed = calendar.usage - calendar.uncovered
    net = funded - consumed - calendar.expired - voided
    closing = np.cumsum(net)
    closing -= np.repeat(closing[calendar.start] - net[calendar.start], calendar.length)
    day = np.arange(len(net)) - np.repeat(calendar.base, calendar.length)
    return pd.DataFrame(
        {
            "workspace_id": names.repeat(calendar.length),
            "usage_date": midnights(day),
            "opening_micro": closing - net,
            "funded_micro": funded,
            "consumed_micro": consumed,
            "expired_micro": calendar.expired,
            "voided_micro": voided,
            "overage_micro": calendar.uncovered,
            "closing_micro": closing,
            "residual_micro": closing - calendar.held,
        },
        copy=False,  # ten million rows are not stacked into blocks a second time
    )


def _warnings_frame(unknown: pd.DataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    unknown = unknown.assign(warning="unknown_lot", credits_micro=-unknown["credits_micro"], day=NEVER)
    excess = (-moves["credits_micro"] - moves["voided"]).where(moves["is_reduction"], 0)
    reduced = moves.assign(warning="excess_reduction", credits_micro=excess)[excess > 0]
    found = pd.concat([unknown, reduced]).astype({"warning": "str", "credits_micro": int, "day": int})
    found = found.sort_values(["workspace_id", "occurred_at", "entry_id"], ignore_index=True)
    columns = ["workspace_id", "lot_id", "entry_id", "entry_type", "warning", "credits_micro", "counted_on"]
    return found.assign(counted_on=midnights(found["day"].to_numpy()))[columns]
