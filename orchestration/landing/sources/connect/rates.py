"""What a unit costs in credits, as the user says it, and the rows of the feed `rate_cards` that say so."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from orchestration.landing.sources.connect.flat.flat_table import RateChoice
from orchestration.landing.sources.language import Mapping, Rate, Value
from orchestration.landing.sources.rate_cards import RateCards

# a rate that was always so: before the first day that the contract accepts
VALID_FROM = date(2000, 1, 1)
_FORM = re.compile(r"([0-9.]+)/(?:([0-9]+)[ _]?)?([A-Za-z][A-Za-z_ ]*?)(?::(.+))?", re.DOTALL)
_TOKENS = ("input_token", "output_token")
_PLACES = 12


def read_rate(text: str) -> RateChoice:
    """A rate such as 100/usd, 1/generation, 0.5/1000 tokens or 100/usd:Cost.

    Raises:
        ValueError: it cannot be read.
    """
    match = _FORM.fullmatch(text.strip())
    if not match:
        raise ValueError(
            f"{text!r} is no rate; write AMOUNT/UNIT[:COLUMN], such as 100/usd or 0.5/1000 tokens"
        )
    amount, count, unit, column = match.groups()
    try:
        each = Decimal(amount) / int(count or 1)
    except (InvalidOperation, ZeroDivisionError) as error:
        raise ValueError(f"{text!r}: {amount}/{count or 1} is no number of credits") from error
    if each != each.quantize(Decimal(1).scaleb(-_PLACES)):
        raise ValueError(
            f"{text!r}: {each} has more than {_PLACES} places; name a rate that can be written exactly"
        )
    return RateChoice(each, _unit(unit), column)


def _unit(text: str) -> str:
    word = text.strip().lower().replace(" ", "_")
    word = {"dollar": "usd", "dollars": "usd", "euro": "eur", "euros": "eur"}.get(word, word)
    return word.removesuffix("s") if word.endswith(("tokens", "generations", "requests", "credits")) else word


def units_of(mapping: Mapping) -> dict[str, set[str]]:
    """The units that a mapping asks of each card."""
    found: dict[str, set[str]] = {}
    for rate in _rates(mapping):
        units = set(rate.tokens or _TOKENS) if rate.unit == "tokens" else {rate.unit}
        found.setdefault(rate.card, set()).update(units)
    return found


def _rates(mapping: Mapping) -> list[Rate]:
    variants = [variant for feed in mapping.all_feeds.values() for variant in feed.variants]
    pending = [value for variant in variants for value in variant.columns.values()]
    found: list[Rate] = []
    while pending:
        value: Value = pending.pop()
        pending += value.parts
        if value.rate:
            found.append(value.rate)
    return found


def card_rows(rates: Sequence[RateChoice], mapping: Mapping) -> list[dict[str, Any]]:
    """The rows of `rate_cards` that give the mapping's cards these rates.

    Raises:
        ValueError: the mapping has no use for a rate.
    """
    rows = []
    for card, units in sorted(units_of(mapping).items()):
        for rate in rates:
            meant = {rate.unit} & units or (units & set(_TOKENS) if rate.unit == "token" else set())
            rows += [(card, unit, rate.credits_per_unit) for unit in sorted(meant)]
    missing = [rate.unit for rate in rates if rate.credits_per_unit not in [row[2] for row in rows]]
    if missing:
        wanted = (
            ", ".join(sorted(unit for units in units_of(mapping).values() for unit in units)) or "no rate"
        )
        raise ValueError(f"--rate: the mapping {mapping.name} needs {wanted}; found {', '.join(missing)}")
    return [
        {"card": card, "valid_from": VALID_FROM.isoformat(), "unit": unit, "credits_per_unit": f"{each:f}"}
        for card, unit, each in rows
    ]


def cards_of(rows: Sequence[dict[str, Any]]) -> RateCards:
    """The rate cards of such rows."""
    typed = [
        {
            **row,
            "valid_from": date.fromisoformat(row["valid_from"]),
            "credits_per_unit": Decimal(row["credits_per_unit"]),
        }
        for row in rows
    ]
    return RateCards.from_rows(pa.Table.from_pylist(typed)) if typed else RateCards.empty()
