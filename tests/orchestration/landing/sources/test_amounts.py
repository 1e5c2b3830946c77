"""Amounts times rates are exact, whichever way they are calculated."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.landing.sources.amounts import Calculated, calculate
from orchestration.landing.sources.feed_query import Amount, Term
from orchestration.landing.sources.rate_cards import DAY_US, RateCards

EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)
RATES = {"a": "0.000001", "b": "1000", "c": "12.5", "d": "123456789012.1234567891", "e": "-3"}
CARDS = RateCards.from_rows(
    pa.Table.from_pylist(
        [
            {
                **{"card": "c", "unit": "usd", "model": model, "generation_type": None},
                **{"valid_from": date(1970, 1, 1), "valid_to": None, "credits_per_unit": Decimal(rate)},
                **{"updated_at": None, "batch_id": 1, "file_path": "x", "line_number": 1},
            }
            for model, rate in RATES.items()
        ]
    )
)
DIGITS = st.text("0123456789", min_size=1, max_size=22)
NUMBERS = st.builds(
    lambda sign, whole, decimals, exponent: f"{sign}{whole}{'.' + decimals if decimals else ''}{exponent}",
    st.sampled_from(["", "-", "+"]),
    DIGITS,
    st.none() | DIGITS,
    st.sampled_from(["", "e-7", "E-07", "e9", "e+2"]),
)
ROWS = st.lists(
    st.tuples(
        st.none() | st.sampled_from(["0", "0.0", "1", "3", "-5", "0.0000005", "ten", ""]) | NUMBERS,
        st.none() | st.sampled_from(["a", "b", "c", "d", "e", "unknown"]),
        st.none() | st.integers(0, 3 * DAY_US),
        st.none() | st.sampled_from(["7.5", "0.0000005", "x"]),
    ),
    min_size=1,
    max_size=8,
)


def calculated(rows: list[tuple[str | None, ...]], factor: str, places: int | None) -> Calculated:
    names = ["amount", "model", "instant_us", "given"]
    types = [pa.string(), pa.string(), pa.int64(), pa.string()]
    columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), types, strict=True)]
    amount = Amount("credits", "c", (Term("usd", "amount"),), None, "given", Decimal(factor), places)
    return calculate(amount, pa.table(dict(zip(names, columns, strict=True))), CARDS)


@example([("1", "c", 0, None), ("3", "c", 0, None), ("-5", "c", 0, None)], "1", 0)
@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from(["1", "-1", "0.01"]), st.sampled_from([None, 0, 2, 6]))
def test_products_are_those_of_plain_decimal_arithmetic(
    rows: list[tuple[str | None, ...]], factor: str, places: int | None
) -> None:
    found = calculated(rows, factor, places)
    moved = Decimal(0)
    for index, ((written, model, instant, instead), text) in enumerate(
        zip(rows, found.texts.to_pylist(), strict=True)
    ):
        exact = None
        if instead is not None:
            exact = None if instead == "x" else Decimal(instead)
        elif written not in (None, "ten", ""):
            number, rate = Decimal(str(written)), RATES.get(str(model))
            is_rated = rate is not None and instant is not None
            assert (index in found.rejected) == bool(number and instant is not None and rate is None)
            if not number or is_rated:
                exact = EXACT.multiply(EXACT.multiply(number, Decimal(rate or 0)), Decimal(factor))
        if exact is None:
            assert text == (written if instead is None and written in ("ten", "") else instead)
            continue
        rounded = exact if places is None else exact.quantize(Decimal(1).scaleb(-places), context=EXACT)
        moved = EXACT.add(moved, EXACT.subtract(rounded, exact))
        assert text is not None and Decimal(text) == rounded
        assert places is None or len(text.partition(".")[2]) == places
    assert found.rounded == moved
