"""What a credit of a lot costs on each day: the moving average of what was paid for what is left in it.

In whole steps of 10^-12 of a currency, so that credits times price is exact in 18 places. Not here: which lot
pays for which day (lot_draws.py), and what becomes of costs (dbt_project/).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from forecasting.lot_walk import Ints, midnights

STEPS = 10**12  # of a price, in one unit of a currency
_MICROS = 10**6
LIMIT = 100_000 * STEPS  # a price from here on is none: on every engine a cost has 18 places
_ALWAYS = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Price:
    """What one credit costs; `steps` is None where it is unknown. Credits that are free have no currency."""

    steps: int | None = None
    currency: str | None = None

    @property
    def shown_currency(self) -> str | None:
        """The currency, where there is a price."""
        return None if self.steps is None else self.currency


_History = Mapping[int, list[tuple[int, Price]]]  # of each lot, the days from which a price holds, in order


@dataclass(frozen=True)
class PricedLedger:
    """What `price_draws` returns.

    Attributes:
        draws: those of the ledger with unit_price_steps (Int64; null if no price is known) and currency.
        movements: those of the ledger with the same, of their lot on that day, and is_cost_returned: whether
            the entry is a refund of a generation, whose credits come back at that price.
        warnings: one row per purchase in another currency than its lot's: workspace_id, lot_id, entry_id,
            entry_type, warning (`two_currencies`), detail, credits_micro (0), counted_on.
    """

    draws: pd.DataFrame
    movements: pd.DataFrame
    warnings: pd.DataFrame


def price_draws(
    draws: pd.DataFrame, movements: pd.DataFrame, entries: pd.DataFrame, overage_prices: pd.DataFrame
) -> PricedLedger:
    """Prices the draws of a ledger by the lots' own entries, and overage by what the workspace agreed on.

    A purchase adds its amount to what is unspent; a grant, an adjustment or another refund adds nothing. The
    price is that sum over the credits, rounded half up, and holds until the next entry. A refund of a
    generation leaves the price of the lot as it is; a lot that it opens has the price of the lot that the day
    of the generation drew last. A purchase without an amount or a currency has no price, nor has its lot
    until it is empty and funded again.

    Args:
        draws, movements: of the ledger.
        entries: workspace_id, entry_id, entry_type, amount (Decimal), currency, related_on.
        overage_prices: workspace_id, version_number, from_on (null: every day), overage_price, currency. Of
            those that hold on a day the one with the greatest number counts.
    """
    terms = ["workspace_id", "entry_id", "entry_type", "amount", "currency", "related_on"]
    booked = movements.merge(entries[terms], on=["workspace_id", "entry_id"], how="left")
    booked = booked.sort_values("booking_number", kind="stable")
    pricing = _Pricing(_lots_of_days(draws, booked))
    rows: list[Any] = list(booked.astype(object).where(booked.notna(), None).itertuples(index=False))
    booked["is_cost_returned"] = np.array([pricing.book(row) for row in rows], dtype=bool)
    prices, chosen = _latest(pricing.history, booked["lot_number"], booked["counted_on"])
    booked = _with_price(booked, prices, chosen)
    names = [*movements.columns, "unit_price_steps", "currency", "is_cost_returned"]
    prices, chosen = _latest(pricing.history, draws["lot_number"], draws["usage_date"])
    _price_overage(draws, overage_prices, prices, chosen)
    return PricedLedger(
        draws=_with_price(draws, prices, chosen),
        movements=booked[names].sort_values(["workspace_id", "entry_id"], ignore_index=True),
        warnings=_warnings(rows, pricing.refused),
    )


@dataclass
class _Pricing:
    """The lots on their way through their entries.

    Attributes:
        lots_of_days: the lots that paid for a day of a workspace, in draw order.
        history: of each lot, the days from which a price holds, in order.
        refused: entries in another currency than their lot's, by position, and the currency of the lot.
    """

    lots_of_days: Mapping[tuple[str, int], list[int]]
    history: dict[int, list[tuple[int, Price]]] = field(default_factory=lambda: defaultdict(list))
    refused: list[tuple[int, str]] = field(default_factory=list)
    _mixed: set[int] = field(default_factory=set)
    _booked: int = 0

    def book(self, entry: Any) -> bool:
        """Sets the price of the lot after an entry; returns whether the cost of a generation comes back."""
        known = self.history[entry.lot_number]
        is_returned = entry.entry_type == "refund" and entry.related_on is not None
        if entry.funded_micro > 0:
            price = known[-1][1] if known else Price()
            if not is_returned:
                price = self._averaged(entry, price)
            elif not known:
                price = self._of_last_lot(entry)
            known.append((_day(entry.counted_on), price))
        self._booked += 1
        return is_returned

    def _averaged(self, entry: Any, price: Price) -> Price:
        held, is_bought = entry.held_micro, entry.entry_type == "purchase"
        if is_bought and entry.currency and price.currency and entry.currency != price.currency:
            self.refused.append((self._booked, price.currency))
            self._mixed.add(entry.lot_number)
        currency = price.currency or (entry.currency if is_bought else None)
        is_unpriced = is_bought and (entry.amount is None or (entry.amount != 0 and not entry.currency))
        if is_unpriced or (held and price.steps is None) or entry.lot_number in self._mixed:
            return Price(None, currency)
        paid = int(Decimal(entry.amount).scaleb(12)) * _MICROS if is_bought else 0
        unspent = (price.steps or 0) * held
        credits = held + entry.funded_micro
        steps = (2 * (unspent + paid) + credits) // (2 * credits)
        return Price(steps if abs(steps) < LIMIT else None, currency)

    def _of_last_lot(self, entry: Any) -> Price:
        day = _day(entry.related_on)
        for lot in reversed(self.lots_of_days.get((entry.workspace_id, day), [])):
            number = bisect_right(self.history[lot], day, key=lambda item: item[0])
            if number:
                price = self.history[lot][number - 1][1]
                return price if price.steps is not None else Price()
        return Price()


def _days(days: pd.Series) -> Ints:
    return days.to_numpy().astype("datetime64[D]").astype(np.int64)


def _day(instant: Any) -> int:
    return int(np.datetime64(instant, "D").astype(np.int64))


def _lots_of_days(draws: pd.DataFrame, booked: pd.DataFrame) -> dict[tuple[str, int], list[int]]:
    """The lots that paid for each day that a refund names."""
    named = booked.loc[booked["related_on"].notna() & (booked["entry_type"] == "refund"), "related_on"]
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    if not named.empty:
        paid = draws[(draws["lot_number"] >= 0) & draws["usage_date"].isin(named.astype("datetime64[us]"))]
        for workspace, day, lot in zip(
            paid["workspace_id"], _days(paid["usage_date"]).tolist(), paid["lot_number"], strict=True
        ):
            found[workspace, day].append(lot)
    return found


def _latest(history: _History, lots: pd.Series, dates: pd.Series) -> tuple[list[Price], Ints]:
    """Prices, and for each row the position of the one that its lot has on that day; the last is none."""
    known = [(lot, *since) for lot in sorted(history) for since in history[lot]]
    prices = [*(price for _, _, price in known), Price()]
    lot, day = lots.to_numpy(), _days(dates)
    if not known:
        return prices, np.zeros(len(lot), dtype=np.int64)
    known_lot, known_day = (np.array([row[at] for row in known], dtype=np.int64) for at in (0, 1))
    first = min(int(known_day.min()), int(day.min(initial=0)))
    span = max(int(known_day.max()), int(day.max(initial=0))) - first + 1
    found = np.searchsorted(known_lot * span + known_day - first, lot * span + day - first, side="right") - 1
    return prices, np.where((found >= 0) & (known_lot[found] == lot), found, len(known))


def _price_overage(draws: pd.DataFrame, versions: pd.DataFrame, prices: list[Price], chosen: Ints) -> None:
    """Adds the prices of overage, and sets the positions of what no lot paid."""
    at = np.flatnonzero(draws["draw_kind"] == "overage")
    day = _days(draws["usage_date"].iloc[at])
    of_workspace = draws.iloc[at].groupby("workspace_id", sort=False).indices
    rows: list[Any] = list(versions.sort_values("version_number", kind="stable").itertuples(index=False))
    for row in rows:
        found = of_workspace.get(row.workspace_id)
        if found is not None:
            first_day = _ALWAYS if pd.isna(row.from_on) else _day(row.from_on)
            chosen[at[found[day[found] >= first_day]]] = len(prices)
            is_known = pd.notna(row.overage_price) and pd.notna(row.currency)
            steps = int(Decimal(row.overage_price).scaleb(12)) if is_known else LIMIT
            prices.append(Price(steps, str(row.currency)) if steps < LIMIT else Price())


def _with_price(rows: pd.DataFrame, prices: list[Price], chosen: Ints) -> pd.DataFrame:
    steps = pd.Series([price.steps for price in prices], dtype="Int64").take(chosen)
    currencies = np.array([price.shown_currency for price in prices], dtype=object)[chosen]
    return rows.assign(
        unit_price_steps=steps.set_axis(rows.index),
        currency=pd.Series(currencies, index=rows.index, dtype="str"),
    )


def _warnings(booked: list[Any], refused: list[tuple[int, str]]) -> pd.DataFrame:
    rows = [(booked[number], currency) for number, currency in refused]
    texts = [
        (
            *(entry.workspace_id, entry.lot_id, entry.entry_id, entry.entry_type),
            *("two_currencies", f"paid in {entry.currency}, the lot in {currency}"),
        )
        for entry, currency in rows
    ]
    names = ["workspace_id", "lot_id", "entry_id", "entry_type", "warning", "detail"]
    days = np.array([_day(entry.counted_on) for entry, _ in rows], dtype=np.int64)
    return pd.DataFrame(texts, columns=names, dtype="str").assign(credits_micro=0, counted_on=midnights(days))
