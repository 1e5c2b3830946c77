"""Exact arithmetic of a mapping: amounts times dated rates, minor units, rounding half to even."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

import pyarrow as pa

from orchestration.landing.rejects import Reject, excerpt
from orchestration.landing.sources.feed_query import Amount
from orchestration.landing.sources.rate_cards import DAY_US, RateCards

_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)
_FIRST_DAY = date(1970, 1, 1)
_LONGEST = 150
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")


@dataclass(frozen=True)
class Calculated:
    """The texts of one column, what rounding moved their sum by, and the rows that have no rate."""

    texts: list[str | None]
    rounded: Decimal
    rejected: dict[int, Reject]


def calculate(amount: Amount, rows: pa.Table, cards: RateCards) -> Calculated:
    """Calculate a column of the rows that a feed's query gave.

    A row without any amount has the value of `otherwise`; an amount that is no number stays as it is, and one
    of an event without a time is missing, both for the contract to refuse. An amount of 0 needs no rate.
    """
    amounts = [rows[term.amount].to_pylist() for term in amount.terms]
    texts: list[str | None] = (
        rows[amount.otherwise].to_pylist() if amount.otherwise else [None] * rows.num_rows
    )
    rates = _Rates(amount.card, rows, cards) if amount.card else None
    units = [term.unit for term in amount.terms]
    shift = Decimal(1).scaleb(-amount.minor_units)
    step = None if amount.places is None else Decimal(1).scaleb(-amount.places)
    rounded = Decimal(0)
    rejected: dict[int, Reject] = {}
    for row, found in enumerate(zip(*amounts, strict=True)):
        total: Decimal | None = None
        for unit, text in zip(units, found, strict=True):
            if text is None:
                continue
            number = _number(text)
            if number is None:
                texts[row], total = text, None
                break
            if number and rates:
                rate = rates.of(unit, row)
                if rate is None:
                    if rates.instants[row] is not None:
                        rejected[row] = rates.missing(amount.column, unit, row, text)
                    texts[row], total = None, None
                    break
                number = _EXACT.multiply(number, rate)
            total = number if total is None else _EXACT.add(total, number)
        if total is None:
            continue
        if amount.minor_units:
            total = _EXACT.multiply(total, shift)
        if step is not None:
            exact, total = total, total.quantize(step, context=_EXACT)
            if total != exact:
                rounded = _EXACT.add(rounded, _EXACT.subtract(total, exact))
        texts[row] = f"{total:f}"
    return Calculated(texts, rounded, rejected)


class _Rates:
    """The rates of a card for each row, by its model, generation type and day."""

    def __init__(self, card: str, rows: pa.Table, cards: RateCards) -> None:
        def column(name: str) -> list[str | None]:
            return rows[name].to_pylist() if name in rows.column_names else [None] * rows.num_rows

        self._card, self._cards = card, cards
        self._models, self._types = column("model"), column("generation_type")
        self._found: dict[tuple[str, str | None, str | None, int], Decimal | None] = {}
        self.instants: list[int | None] = rows["instant_us"].to_pylist()

    def of(self, unit: str, row: int) -> Decimal | None:
        instant = self.instants[row]
        if instant is None:
            return None
        model, kind = self._models[row], self._types[row]
        key = (unit, model, kind, instant // DAY_US)
        if key not in self._found:
            self._found[key] = self._cards.find(
                self._card, unit, model=model, generation_type=kind, instant_us=instant
            )
        return self._found[key]

    def missing(self, column: str, unit: str, row: int, amount: str) -> Reject:
        """Why a row has no rate."""
        day = _FIRST_DAY + timedelta(days=(self.instants[row] or 0) // DAY_US)
        model, kind = excerpt(self._models[row]) or "(none)", excerpt(self._types[row]) or "(none)"
        return Reject(
            "rate.missing",
            column,
            excerpt(amount),
            f"the rate card {self._card} has no rate for unit {unit}, model {model}, "
            f"generation type {kind}, on {day}",
            f"Deliver a row of rate_cards with card {self._card}, unit {unit} and a valid_from up to {day}; "
            "the next run then maps this record.",
        )


def _number(text: str) -> Decimal | None:
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return number if abs(number.adjusted()) < _LONGEST else None
