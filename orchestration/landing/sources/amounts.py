"""Exact arithmetic of a mapping: amounts times dated rates, minor units, rounding half to even."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.landing.rejects import Reject, excerpt
from orchestration.landing.sources.feed_query import Amount
from orchestration.landing.sources.rate_cards import DAY_US, RateCards

_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)
_FIRST_DAY = date(1970, 1, 1)
_LONGEST = 150
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
# numbers and rates whose product Arrow holds exactly, which is many times faster; others are left to Python
_SHORT = r"^[+-]?[0-9]{1,15}(\.[0-9]{1,20})?([eE]-0?[0-9])?$"
_SHORT_NUMBER, _SHORT_RATE = pa.decimal256(50, 30), pa.decimal256(24, 12)


@dataclass(frozen=True)
class Calculated:
    """The texts of one column, what rounding moved their sum by, and the rows that have no rate."""

    texts: pa.Array
    rounded: Decimal
    rejected: dict[int, Reject]


def calculate(amount: Amount, rows: pa.Table, cards: RateCards) -> Calculated:
    """Calculate a column of the rows that a feed's query gave.

    A row without any amount has the value of `otherwise`; an amount that is no number stays as it is, and one
    of an event without a time is missing, both for the contract to refuse. An amount of 0 needs no rate.
    `places` rounds whatever number it becomes.
    """
    product = _Product(amount, rows, cards)
    texts, rounded = _short_products(amount, rows, product)
    left = np.flatnonzero(pc.is_null(texts).to_numpy(zero_copy_only=False))
    if not len(left):
        return Calculated(texts, rounded, {})
    found = texts.to_pylist()
    for row, text, moved in _long_products(amount, rows, product, left.tolist()):
        found[row] = text
        rounded = _EXACT.add(rounded, moved)
    return Calculated(pa.array(found, pa.string()), rounded, product.rejected)


def _short_products(amount: Amount, rows: pa.Table, product: "_Product") -> tuple[pa.Array, Decimal]:
    """The texts of rows whose numbers and rates are short; null for all others."""
    none = pa.nulls(rows.num_rows, pa.string())
    if amount.places is None or amount.places > _SHORT_RATE.scale or len(amount.terms) > 1:
        return none, Decimal(0)
    (term,) = amount.terms
    written = rows[term.amount].combine_chunks()
    is_short = pc.match_substring_regex(written, _SHORT)
    if amount.given:
        is_short = pc.and_(is_short, pc.is_null(rows[amount.given].combine_chunks()))
    numbers = pc.if_else(is_short, written, None).cast(_SHORT_NUMBER)
    exact = pc.multiply(numbers, product.rates(term.unit))
    places = pc.round(exact, ndigits=amount.places, round_mode="half_to_even")
    moved = pc.sum(pc.subtract(places, exact)).as_py() or Decimal(0)
    return places.cast(pa.decimal256(76, amount.places)).cast(pa.string()), moved


def _long_products(
    amount: Amount, rows: pa.Table, product: "_Product", left: list[int]
) -> Iterator[tuple[int, str | None, Decimal]]:
    """Of each row that is left, its text and by how much rounding moved it."""
    taken = rows.take(pa.array(left))
    amounts = [taken[term.amount].to_pylist() for term in amount.terms]
    others = taken[amount.otherwise].to_pylist() if amount.otherwise else None
    given = taken[amount.given].to_pylist() if amount.given else None
    step = None if amount.places is None else Decimal(1).scaleb(-amount.places)
    for index, (row, found) in enumerate(zip(left, zip(*amounts, strict=True), strict=True)):
        text: str | None = given[index] if given else None
        total: Decimal | None = None
        moved = Decimal(0)
        if text is None:
            total, text = product.of(row, found)
            if total is None and text is None and others and found.count(None) == len(found):
                text = others[index]
        if step is not None:
            exact = _number(text) if total is None and text is not None else total
            if exact is not None:
                total = exact.quantize(step, context=_EXACT)
                moved = _EXACT.subtract(total, exact)
        yield row, text if total is None else f"{total:f}", moved


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

    def rates(self, unit: str) -> pa.Array | pa.Scalar:
        """The short rates of all rows, times the factor; null where there is none, or a long one."""
        if not self._rates:
            return pa.scalar(self._factor, _SHORT_RATE)
        found, places = self._rates.distinct(unit)
        rates = [_short(rate, self._factor) for rate in found]
        return pa.array(rates, _SHORT_RATE).take(pa.array(places))


class _Rates:
    """The rates of a card for each row, by its model, generation type and day."""

    def __init__(self, card: str, rows: pa.Table, cards: RateCards) -> None:
        def column(name: str) -> list[str | None]:
            return rows[name].to_pylist() if name in rows.column_names else [None] * rows.num_rows

        self._card, self._cards, self._rows = card, cards, rows
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

    def distinct(self, unit: str) -> tuple[list[Decimal | None], np.ndarray]:
        """The rates of the days, models and types that occur, and the place of each row's rate in them."""
        days = pc.divide(self._rows["instant_us"].combine_chunks(), DAY_US)
        codes = [_codes(days)]
        codes += [
            _codes(self._rows[name].combine_chunks())
            for name in ("model", "generation_type")
            if name in self._rows.column_names
        ]
        _, first, places = np.unique(np.stack(codes), axis=1, return_index=True, return_inverse=True)
        return [self.of(unit, row) for row in first.tolist()], places.reshape(-1)

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


def _codes(values: pa.Array) -> np.ndarray:
    return values.dictionary_encode(null_encoding="encode").indices.to_numpy()


def _short(rate: Decimal | None, factor: Decimal) -> Decimal | None:
    """The rate times the factor, if Arrow holds it exactly."""
    if rate is None:
        return None
    found = _EXACT.multiply(rate, factor)
    exponent = found.as_tuple().exponent
    fits = isinstance(exponent, int) and exponent >= -_SHORT_RATE.scale and abs(found) < 10**12
    return found if fits else None


def _number(text: str) -> Decimal | None:
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return number if abs(number.adjusted()) < _LONGEST else None
