"""The pace date against lots: days are numbered from the day after as_of, which is 1."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.depletion.pace import Lot, pace_days
from forecasting.depletion.runway import BEYOND
from forecasting.ledger import NEVER


@pytest.mark.parametrize(
    ("lots", "expected"),
    [
        pytest.param([(1, NEVER, 30)], 3, id="one lot that lasts"),
        pytest.param([(1, NEVER, 31)], 4, id="a day is begun"),
        pytest.param([(1, 3, 100)], 3, id="it expires first"),
        pytest.param([(1, 3, 100), (3, NEVER, 20)], 4, id="the renewal takes over"),
        pytest.param([(1, 3, 100), (4, NEVER, 20)], 3, id="a gap before the renewal"),
        pytest.param([(1, NEVER, 20), (3, NEVER, 20)], 2, id="used up the evening before"),
        pytest.param([(1, 3, 5), (1, NEVER, 100)], 11, id="the first in order is drawn first"),
        pytest.param([], 1, id="nothing held"),
        pytest.param([(1, NEVER, 3650)], 365, id="a year"),
        pytest.param([(1, NEVER, 3651)], BEYOND, id="past the horizon"),
    ],
)
def test_the_first_day_that_ends_with_nothing_left(lots: list[Lot], expected: int) -> None:
    assert pace_days(lots, credits=70, days=7) == expected


def test_without_use_there_is_no_day() -> None:
    assert pace_days([(1, 5, 10)], credits=0, days=7) == BEYOND


any_lot = st.tuples(st.integers(-2, 20), st.one_of(st.integers(1, 40), st.just(NEVER)), st.integers(0, 60))


@settings(max_examples=200, deadline=None)
@given(st.lists(any_lot, max_size=5), st.integers(1, 50), st.integers(1, 7))
def test_any_lots_equal_the_rule_applied_day_by_day(lots: list[Lot], credits: int, days: int) -> None:
    left, expected = [Fraction(held) for _, _, held in lots], BEYOND
    for day in range(1, BEYOND):
        asked = Fraction(credits, days)
        alive = [n for n, (begins, ends, _) in enumerate(lots) if begins <= day < ends]
        for n in alive:
            paid = min(left[n], asked)
            left[n], asked = left[n] - paid, asked - paid
        if not sum(left[n] for n in alive):
            expected = day
            break
    assert pace_days(lots, credits=credits, days=days) == expected
