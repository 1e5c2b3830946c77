"""Exact arithmetic of a mapping: amounts times dated rates, minor units, rounding half to even."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

import pyarrow as pa

from orchestration.landing.rejects import Reject, excerpt
from orchestration.landing.sources.feed_query import Amount
from orchestration.landing.sources.rate_cards import RateCards

_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)
_LONGEST = 150
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")


@dataclass
class Calculated:
    """The texts of one column, what rounding moved their sum by, and the rows that have no rate."""

    texts: list[str | None]
    rounded: Decimal = Decimal(0)
    rejected: dict[int, Reject] = field(default_factory=dict)


def calculate(amount: Amount, rows: pa.Table, cards: RateCards) -> Calculated:
    """Calculate a column of the rows that a feed's query gave.

    A row without any amount has the value of `otherwise`; an amount that is no number stays as it is, for the
    contract to refuse. An amount of 0 needs no rate.
    """
    found = Calculated([None] * rows.num_rows)
    amounts = [rows[term.amount].to_pylist() for term in amount.terms]
    others = rows[amount.otherwise].to_pylist() if amount.otherwise else None
    scopes = _Scopes(rows) if amount.card else None
    for row, texts in enumerate(zip(*amounts, strict=True)):
        if all(text is None for text in texts):
            found.texts[row] = others[row] if others else None
            continue
        numbers = [Decimal(0) if text is None else _number(text) for text in texts]
        if None in numbers:
            found.texts[row] = next(
                text for text, number in zip(texts, numbers, strict=True) if number is None
            )
            continue
        total = Decimal(0)
        for term, number in zip(amount.terms, numbers, strict=True):
            assert number is not None
            if scopes is None or amount.card is None:
                total = number
            elif number:
                instant = scopes.instants[row]
                if instant is None:
                    break  # the contract refuses the time
                rate = cards.find(
                    amount.card,
                    term.unit,
                    model=scopes.models[row],
                    generation_type=scopes.types[row],
                    instant_us=instant,
                )
                if rate is None:
                    found.rejected[row] = _no_rate(amount.card, term.unit, scopes, row, texts)
                    break
                total = _EXACT.add(total, _EXACT.multiply(number, rate))
        else:
            exact = total.scaleb(-amount.minor_units, _EXACT)
            value = exact if amount.places is None else _rounded(exact, amount.places)
            found.rounded = _EXACT.add(found.rounded, _EXACT.subtract(value, exact))
            found.texts[row] = f"{value:f}"
    return found


class _Scopes:
    """By what rates are looked up, for each row."""

    def __init__(self, rows: pa.Table) -> None:
        def column(name: str) -> Sequence[str | None]:
            return rows[name].to_pylist() if name in rows.column_names else [None] * rows.num_rows

        self.models, self.types = column("model"), column("generation_type")
        self.instants: list[int | None] = rows["instant_us"].to_pylist()


def _number(text: str) -> Decimal | None:
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return number if abs(number.adjusted()) < _LONGEST else None


def _rounded(exact: Decimal, places: int) -> Decimal:
    step = Decimal(1).scaleb(-places)
    _, _, exponent = exact.as_tuple()
    return exact.quantize(step, context=_EXACT) if int(exponent) < -places else exact


def _no_rate(card: str, unit: str, scopes: _Scopes, row: int, texts: Sequence[str | None]) -> Reject:
    instant = scopes.instants[row]
    day = _day(instant)
    model, kind = scopes.models[row], scopes.types[row]
    scope = f"model {excerpt(model) or '(none)'}, generation type {excerpt(kind) or '(none)'}"
    return Reject(
        "rate.missing",
        "credits",
        excerpt(", ".join(text or "" for text in texts)),
        f"the rate card {card} has no rate for unit {unit}, {scope}, on {day}",
        f"Deliver a row of rate_cards with card {card}, unit {unit} and a valid_from not after {day}; "
        "the next run then maps this record.",
    )


def _day(instant_us: int | None) -> str:
    return str((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant_us or 0)).date())
