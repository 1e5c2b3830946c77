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
    `places` rounds whatever number it becomes.
    """
    amounts = [rows[term.amount].to_pylist() for term in amount.terms]
    others = rows[amount.otherwise].to_pylist() if amount.otherwise else None
    given = rows[amount.given].to_pylist() if amount.given else None
    product = _Product(amount, rows, cards)
    step = None if amount.places is None else Decimal(1).scaleb(-amount.places)
    texts: list[str | None] = []
    rounded = Decimal(0)
    for row, found in enumerate(zip(*amounts, strict=True)):
        text: str | None = given[row] if given else None
        total: Decimal | None = None
        if text is None:
            total, text = product.of(row, found)
            if total is None and text is None and others and found.count(None) == len(found):
                text = others[row]
        if step is not None:
            exact = _number(text) if total is None and text is not None else total
            if exact is not None:
                total = exact.quantize(step, context=_EXACT)
                if total != exact:
                    rounded = _EXACT.add(rounded, _EXACT.subtract(total, exact))
        texts.append(text if total is None else f"{total:f}")
    return Calculated(texts, rounded, product.rejected)


class _Product:
    """The amounts of a row times their rates."""

    def __init__(self, amount: Amount, rows: pa.Table, cards: RateCards) -> None:
        self._column = amount.column
        self._units = [term.unit for term in amount.terms]
        self._factor = amount.factor
        self._rates = _Rates(amount.card, rows, cards) if amount.card else None
        self.rejected: dict[int, Reject] = {}

    def of(self, row: int, amounts: tuple[str | None, ...]) -> tuple[Decimal | None, str | None]:
        """The sum of the products, or else the text that is no number."""
        total: Decimal | None = None
        for unit, text in zip(self._units, amounts, strict=True):
            if text is None:
                continue
            number = _number(text)
            if number is None:
                return None, text
            if number and self._rates:
                rate = self._rates.of(unit, row)
                if rate is None:
                    if self._rates.instants[row] is not None:
                        self.rejected[row] = self._rates.missing(self._column, unit, row, text)
                    return None, None
                number = _EXACT.multiply(number, rate)
            total = number if total is None else _EXACT.add(total, number)
        return None if total is None else _EXACT.multiply(total, self._factor), None


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
