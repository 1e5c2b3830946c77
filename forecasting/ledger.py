"""The credit ledger: which lot paid for which day, what expired, what is left. Exact, in whole micro-credits.

Not here: which entries are known at `as_of`, local dates of instants, and any guess about days after `as_of`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from forecasting.ledger_warnings import FUNDING_TYPES, find_warnings
from forecasting.lot_draws import lay_draws
from forecasting.lot_walk import NEVER, Calendar, Debt, Ints, Kind, Move, OpenLot, Walk, draw, midnights

__all__ = [
    "DEFAULT_POLICY",
    "DRAW_TERMS",
    "NEVER",
    "DrawPolicy",
    "Ints",
    "Ledger",
    "day_numbers",
    "draw",
    "draw_down",
    "midnights",
    "positions",
    "with_expected",
]

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
        lots: one row per (workspace_id, lot_id): funded, consumed, expired, voided, remaining, residual and
            allowance (`_micro`; what was granted less what was taken back, since the lot last stood at zero
            and was filled again), effective_at, expires_at and expires_on as extended, effective_on,
            priority, lot_status, is_alive.
        balance_daily: one row per (workspace_id, usage_date) of workspaces with entries: opening, funded,
            consumed, expired, voided, overage (see `DrawPolicy`), before_ledger (usage before the first
            entry day), closing, residual and usage_residual (`_micro`).
        movements: one row per entry that changed the credits of a lot: workspace_id, entry_id, lot_id,
            counted_on, funded_micro, voided_micro, held_micro (in the lot before), lot_number (as in draws),
            booking_number (the order in which all entries count).
        draws: which lot paid for which day, in the order of the draws of a day; see `lot_draws.lay_draws`.
        warnings: one row per entry with less effect than it asked for: workspace_id, lot_id, entry_id,
            entry_type, warning (`unknown_lot`, `excess_reduction`, `late_extension`), credits_micro (the part
            without effect, positive), counted_on (null for `unknown_lot`).
    """

    lots: pd.DataFrame
    balance_daily: pd.DataFrame
    movements: pd.DataFrame
    draws: pd.DataFrame
    warnings: pd.DataFrame


def draw_down(
    entries: pd.DataFrame, usage: pd.DataFrame, *, as_of: date, policy: DrawPolicy = DEFAULT_POLICY
) -> Ledger:
    """Books usage on the lots that were alive on each local day, and returns lots, daily balances, warnings.

    Within a day: expiries, all entries in the order of the instants they count from, expiries again, usage.
    The draw order rarely changes, so lots are settled one after another, each against the usage the earlier
    ones left uncovered, over all their days at once. Where overage is repaid, an expiry is extended or a
    refund looks for the lot that paid, the lots of the workspace take their days together, from one entry to
    the next.

    Args:
        entries: known at `as_of` and free of duplicates: workspace_id, entry_id, entry_type, credits_micro
            (signed), lot_id (null: a lot named after the entry), priority, occurred_at, occurred_on,
            effective_at, effective_on, expires_at, expires_on (first local day not usable; null: never),
            related_on (the usage date of the generation a refund names; null if it names none that is known).
            A refund or positive adjustment on a lot that no purchase or grant funded opens that lot itself. A
            refund that names a generation and no lot goes to the lot that the usage of that day drew last.
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
    draws = lay_draws(calendar, lots["lot_id"], names)
    lots, booked = _without_unused(lots, moves)
    return Ledger(
        lots=_lots_frame(lots, booked, today),
        balance_daily=_balance_frame(booked, calendar, names, today),
        movements=_movements_frame(lots, booked),
        draws=draws,
        warnings=_warnings_frame(entries, lots, moves, unknown),
    )


def with_expected(lots: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """The lots of a ledger and those that plans let expect, which hold all they are going to."""
    moved = ["consumed", "expired", "voided", "residual", "allowance"]
    rows = expected.assign(
        **{f"{name}_micro": 0 for name in moved},
        funded_micro=expected["remaining_micro"],
        lot_status=pd.Series("expected", index=expected.index, dtype="str"),
        is_alive=False,
    )
    return pd.concat([lots, rows[lots.columns]], ignore_index=True)


def day_numbers(days: pd.Series) -> Ints:
    """Local days (datetime64 or `datetime.date`) as days since 1970-01-01; null is `NEVER`."""
    numbers = days.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(numbers), NEVER, numbers.astype(np.int64))


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
    dates = ("occurred_on", "effective_on", "expires_on", "related_on")
    days = {name: day_numbers(entries[name]) for name in dates}
    _refuse_later_rows(days["occurred_on"], today, "Credit entries")
    is_routed = (entries["entry_type"] == "refund") & entries["lot_id"].isna() & entries["related_on"].notna()
    named = entries["lot_id"].where(entries["lot_id"].notna(), entries["entry_id"])
    typed = entries.assign(lot_id=named)[list(types)].astype(types)
    typed = typed.assign(**days, is_routed=is_routed.to_numpy().astype(bool))
    return typed.sort_values(["occurred_at", "entry_id"], kind="stable", ignore_index=True)


def _open_lots(entries: pd.DataFrame, names: pd.Index, policy: DrawPolicy) -> pd.DataFrame:
    """One row per lot, in draw order: the terms of the entry that opened it, and the walk it takes."""
    is_funding = entries["entry_type"].isin(FUNDING_TYPES)
    is_other = ~is_funding & (entries["credits_micro"] > 0)
    # the first purchase or grant opens a lot; only where there is none does a refund or adjustment, and a
    # refund that looks for the lot that paid only if it finds none
    openers = pd.concat(
        [entries[is_funding], entries[is_other & ~entries["is_routed"]], entries[entries["is_routed"]]]
    )
    lots = openers.drop_duplicates(["workspace_id", "lot_id"])
    lots = lots.assign(workspace=positions(lots["workspace_id"], names), opener=lots["entry_id"])
    lots = lots.assign(first_expires_at=lots["expires_at"])
    lots = lots.drop(columns=["entry_id", "credits_micro", "related_on"])
    order = dict.fromkeys(["workspace", *policy.draw_order, "lot_id"])
    lots = lots.sort_values(list(order), ignore_index=True)
    # any lot can take its days all at once, unless entries or a debt decide between lots
    together = entries.loc[entries["is_routed"] | (entries["entry_type"] == "extension"), "workspace_id"]
    is_alone = ~lots["workspace_id"].isin(together) & (not policy.repays_overage)
    starts_walk = is_alone | (lots["workspace"] != lots["workspace"].shift())
    return lots.assign(walk=np.cumsum(starts_walk) - 1)


def _assign_lots(entries: pd.DataFrame, lots: pd.DataFrame, today: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each movement with its lot and the day it counts, in booking order; and entries of unknown lots."""
    terms = lots[["workspace_id", "lot_id", "workspace", "walk", "effective_on", "effective_at", "opener"]]
    terms = terms.rename(columns={name: f"lot_{name}" for name in ("effective_on", "effective_at")})
    is_extension = entries["entry_type"] == "extension"
    has_effect = is_extension | (entries["credits_micro"] != 0)
    placed = entries[has_effect].merge(
        terms.assign(lot=np.arange(len(lots))), on=["workspace_id", "lot_id"], how="left"
    )
    unknown = placed[placed["lot"].isna()]
    whole = dict.fromkeys(["lot", "workspace", "walk", "lot_effective_on"], int)
    moves = placed.dropna(subset="lot").astype(whole)
    moves = moves.assign(kind=_kinds(moves), number=np.where(moves["is_routed"], np.arange(len(moves)), -1))
    is_funding = moves["entry_type"].isin(FUNDING_TYPES)
    own_day = np.where(is_funding, moves["effective_on"], moves["occurred_on"])
    later = moves[["occurred_at", "lot_effective_at"]].max(axis=1)
    moves["day"] = np.maximum(own_day, moves["lot_effective_on"])
    moves["instant"] = moves["effective_at"].where(is_funding, later)
    # at one instant: the funding that opens the lot, what is taken back, what is added
    moves["turn"] = np.select([moves["entry_id"] == moves["opener"], moves["credits_micro"] < 0], [0, 1], 2)
    # an extension, and a refund in search of its lot, count when they occur
    searches = moves[moves["is_routed"]].assign(kind=int(Kind.ROUTE), lot=-1, turn=2)
    moves = pd.concat([searches, moves], ignore_index=True)
    is_at_once = moves["kind"].isin([Kind.ROUTE, Kind.EXTEND])
    moves["day"] = moves["day"].where(~is_at_once, moves["occurred_on"])
    moves["instant"] = moves["instant"].where(~is_at_once, moves["occurred_at"])
    # a scheduled lot holds all it is going to; on any other lot a later movement does not count yet
    moves = moves[(moves["day"] <= today) | (moves["lot_effective_on"] > today)]
    order = ["walk", "day", "instant", "turn", "entry_id"]
    return moves.sort_values(order, kind="stable", ignore_index=True), unknown


def _kinds(moves: pd.DataFrame) -> Ints:
    return np.select(
        [
            moves["entry_type"] == "extension",
            moves["is_routed"],
            moves["credits_micro"] < 0,
            moves["entry_type"] == "refund",
        ],
        [Kind.EXTEND, Kind.OWN, Kind.REDUCE, Kind.REFUND],
        Kind.FUND,
    ).astype(np.int64)


def _calendar(
    entries: pd.DataFrame, lots: pd.DataFrame, usage: pd.DataFrame, names: pd.Index, today: int
) -> Calendar:
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
    begins = lots["effective_on"].where(~lots["is_routed"], lots[["effective_on", "occurred_on"]].max(axis=1))
    np.minimum.at(first, used_by, used_on)
    np.minimum.at(first, lots["workspace"].to_numpy(), begins.to_numpy())
    np.minimum.at(first_entry, entered_by, entries["occurred_on"].to_numpy())
    first = np.where(first > today, first_entry, first)
    np.minimum.at(first_entry, lots["workspace"].to_numpy(), begins.to_numpy())

    length = today + 1 - first
    start = np.cumsum(length) - length
    base = start - first
    booked, consumed, expired, held = np.zeros((4, int(length.sum())), dtype=np.int64)
    np.add.at(booked, base[used_by] + used_on, used)
    return Calendar(base, start, length, first_entry, booked, booked.copy(), consumed, expired, held)


def _refuse_large_sums(workspace: Ints, credits: Ints, names: pd.Index) -> None:
    size = np.bincount(workspace, weights=np.abs(credits.astype(float)), minlength=len(names))
    for worst in np.flatnonzero(size > MICRO_LIMIT)[:1]:
        raise ValueError(
            f"The entries and usage of a workspace may add up to {MICRO_LIMIT / 1e6:.0f} credits; "
            f"{names[worst]} has {size[worst] / 1e6:.0f}. Void or retract the implausible ones."
        )


def _settle(
    lots: pd.DataFrame, moves: pd.DataFrame, calendar: Calendar, today: int, policy: DrawPolicy
) -> None:
    """Walks the lots in draw order; adds what became of them to `lots`, and to `moves` lot and effect."""
    order = [name for name in dict.fromkeys([*policy.draw_order, "lot_id"]) if name in lots]
    expiry_index = order.index("expires_on") if "expires_on" in order else None
    ranks = list(zip(*(lots[name].tolist() for name in order), strict=True))
    opened = [
        OpenLot(calendar, number, base, start, end, today, list(rank), expiry_index, start)
        for number, base, start, end, rank in zip(
            range(len(lots)),
            calendar.base[lots["workspace"].to_numpy()].tolist(),
            lots["effective_on"].tolist(),
            lots["expires_on"].tolist(),
            ranks,
            strict=True,
        )
    ]
    walks = np.arange(lots["walk"].max() + 2 if len(lots) else 1)
    lot_bounds = np.searchsorted(lots["walk"].to_numpy(), walks).tolist()
    move_bounds = np.searchsorted(moves["walk"].to_numpy(), walks).tolist()
    columns = ("day", "lot", "kind", "credits_micro", "expires_on", "related_on", "number")
    waiting = list(map(Move._make, zip(*(moves[name].tolist() for name in columns), strict=True)))
    workspaces = lots["workspace"].tolist()
    effects: list[tuple[int, int, int]] = []
    for walk in range(len(walks) - 1):
        numbers = range(*lot_bounds[walk : walk + 2])
        workspace = workspaces[numbers[0]]
        first_day = int(calendar.start[workspace] - calendar.base[workspace])
        debt = Debt.from_calendar(calendar, workspace) if policy.repays_overage else None
        walking = Walk({number: opened[number] for number in numbers}, first_day, today, debt)
        effects += walking.book(waiting[slice(*move_bounds[walk : walk + 2])])
    moves[["lot", "voided", "held"]] = np.array(effects, dtype=np.int64).reshape(len(moves), 3)
    outcome = [(lot.consumed, lot.expired, lot.held, lot.allowance, lot.expires_on) for lot in opened]
    names = [f"{name}_micro" for name in ("consumed", "expired", "remaining", "allowance")]
    lots[[*names, "expires_on"]] = np.array(outcome, dtype=np.int64).reshape(len(lots), 5)
    extended = moves[(moves["kind"] == Kind.EXTEND) & (moves["lot"] >= 0)].drop_duplicates("lot", keep="last")
    lots.loc[extended["lot"], "expires_at"] = extended["expires_at"].to_numpy()


def _without_unused(lots: pd.DataFrame, moves: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lots but those that a refund would have opened and did not, and the movements of credits.

    Marks the movements on other lots as gone.
    """
    is_used = ~lots["is_routed"].to_numpy()
    is_used[moves.loc[(moves["lot"] >= 0) & (moves["credits_micro"] > 0), "lot"]] = True
    lot = moves["lot"].to_numpy()
    moves["is_gone"] = (lot >= 0) & ~is_used[lot] if len(lots) else False
    moves["lot"] = moves["lot"].where(~moves["is_gone"], -1)
    booked = moves[(moves["lot"] >= 0) & (moves["kind"] != Kind.EXTEND)]
    numbers = np.cumsum(is_used) - 1
    booked = booked.assign(lot_number=booked["lot"], lot=numbers[booked["lot"].to_numpy()])
    return lots[is_used].reset_index(drop=True), booked


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
    of_entries = ["opener", "entry_type", "occurred_at", "occurred_on", "is_routed", "first_expires_at"]
    lots = lots.drop(columns=["workspace", "walk", *of_entries])
    return lots.sort_values(["workspace_id", "lot_id"], ignore_index=True)


def _balance_frame(moves: pd.DataFrame, calendar: Calendar, names: pd.Index, today: int) -> pd.DataFrame:
    booked = moves[moves["day"] <= today]
    at = calendar.base[booked["workspace"].to_numpy()] + booked["day"].to_numpy()
    funded, voided = np.zeros((2, len(calendar.usage)), dtype=np.int64)
    np.add.at(funded, at, booked["credits_micro"].clip(lower=0).to_numpy())
    np.add.at(voided, at, booked["voided"].to_numpy())
    net = funded - calendar.consumed - calendar.expired - voided
    closing = np.cumsum(net)
    closing -= np.repeat(closing[calendar.start] - net[calendar.start], calendar.length)
    day = np.arange(len(net)) - np.repeat(calendar.base, calendar.length)
    before_ledger = np.where(day < np.repeat(calendar.first_entry, calendar.length), calendar.uncovered, 0)
    return pd.DataFrame(
        {
            "workspace_id": names.repeat(calendar.length),
            "usage_date": midnights(day),
            "opening_micro": closing - net,
            "funded_micro": funded,
            "consumed_micro": calendar.consumed,
            "expired_micro": calendar.expired,
            "voided_micro": voided,
            "overage_micro": calendar.uncovered - before_ledger,
            "before_ledger_micro": before_ledger,
            "closing_micro": closing,
            "residual_micro": closing - calendar.held,
            "usage_residual_micro": calendar.usage - calendar.consumed - calendar.uncovered,
        },
        copy=False,  # ten million rows are not stacked into blocks a second time
    )


def _movements_frame(lots: pd.DataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    moves = moves.sort_values(["day", "instant", "turn", "workspace", "entry_id"], kind="stable")
    frame = pd.DataFrame(
        {
            "workspace_id": moves["workspace_id"],
            "entry_id": moves["entry_id"],
            "lot_id": lots["lot_id"].to_numpy()[moves["lot"].to_numpy()],
            "counted_on": midnights(moves["day"].to_numpy()),
            "funded_micro": moves["credits_micro"].clip(lower=0),
            "voided_micro": moves["voided"],
            "held_micro": moves["held"],
            "lot_number": moves["lot_number"],
            "booking_number": np.arange(len(moves)),
        }
    )
    return frame.sort_values(["workspace_id", "entry_id"], ignore_index=True)


def _warnings_frame(
    entries: pd.DataFrame, lots: pd.DataFrame, moves: pd.DataFrame, unknown: pd.DataFrame
) -> pd.DataFrame:
    found = find_warnings(entries, lots, moves, unknown)
    return found.assign(counted_on=midnights(found["counted_on"].to_numpy()))
