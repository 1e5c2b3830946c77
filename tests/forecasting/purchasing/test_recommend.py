"""What to buy: how many credits, by which packs, and nothing if nothing is needed."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.depletion.calibration import LEVELS, DemandPaths, shipped_calibration
from forecasting.depletion.demand import measure_demand
from forecasting.depletion.runway import Lots, run_down
from forecasting.purchasing.pack_mix import Pack, cheapest_mix, comparable
from forecasting.purchasing.recommend import BuyingTerms, packs_as_json, recommend_purchases

MICRO = 1_000_000
AMPLE = LEVELS.index(0.1)


def packed(pack_id: str, credits: int, price: str, validity_days: int | None = None) -> Pack:
    return Pack(pack_id, credits * MICRO, Decimal(price), "USD", validity_days)


def counts(
    packs: list[Pack], needed: int, *later: tuple[int, int], expected: tuple = ()
) -> dict[str, int] | None:  # type: ignore[type-arg]
    needs = [(0, needed * MICRO), *((days, need * MICRO) for days, need in later)]
    mix = cheapest_mix(packs, needs, [(days, used * MICRO) for days, used in expected])
    return None if mix is None else {pack.pack_id: count for pack, count in mix.counts}


SMALL, LARGE = packed("small", 100, "10"), packed("large", 1_000, "80")


def test_the_cheapest_mix_covers_the_need_and_no_cheaper_one_does() -> None:
    assert counts([SMALL, LARGE], 700) == {"small": 7}
    assert counts([SMALL, LARGE], 850) == {"large": 1}
    assert counts([SMALL, LARGE], 1_150) == {"large": 1, "small": 2}


def test_nothing_is_bought_where_nothing_is_needed() -> None:
    assert counts([SMALL, LARGE], 0) == {}
    assert packs_as_json(cheapest_mix([SMALL], [(0, 0)], [])) == "[]"


def test_credits_that_expire_before_they_are_needed_do_not_count() -> None:
    cheap = packed("cheap", 1_000, "20", 10)
    assert counts([cheap, LARGE], 900, (10, 0), expected=((10, 900),)) == {"cheap": 1}
    # 600 of the 900 are needed after the tenth day
    assert counts([cheap, LARGE], 900, (10, 600), expected=((10, 300),)) == {"large": 1}
    assert counts([cheap], 900, (10, 600), expected=((10, 300),)) is None


def test_of_mixes_of_one_price_the_one_with_the_least_to_expire_is_bought() -> None:
    lasting, expiring = packed("lasting", 100, "10"), packed("expiring", 100, "10", 40)
    assert counts([expiring, lasting], 100, expected=((40, 60),)) == {"lasting": 1}


def test_prices_of_several_currencies_are_not_compared() -> None:
    euro = Pack("euro", MICRO, Decimal(0), "EUR", None)
    assert comparable([SMALL, euro, LARGE]) == [SMALL, LARGE]


def test_terms_out_of_reason_are_refused() -> None:
    for wrong in ({"stockout_risk": 0.0}, {"stockout_risk": 0.9}, {"cover_days": 0}, {"cover_days": 181}):
        with pytest.raises(ValueError, match="found"):
            BuyingTerms(**wrong)  # type: ignore[arg-type]
    assert LEVELS[BuyingTerms(0.05).risk_level] == 0.05
    assert LEVELS[BuyingTerms(0.07).risk_level] == 0.05


lots_drawn = st.lists(
    st.tuples(st.integers(1, 60), st.one_of(st.integers(1, 60), st.just(10_000)), st.integers(1, 500)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(
    lots=lots_drawn,
    daily=st.lists(st.integers(0, 40), min_size=20, max_size=60).filter(any),
    arrives_on=st.integers(1, 60),
    cover_days=st.integers(1, 60),
)
def test_what_is_bought_lasts_as_long_as_asked_and_less_does_not(
    lots: list[tuple[int, int, int]], daily: list[int], arrives_on: int, cover_days: int
) -> None:
    values = np.array([daily], dtype=float) * MICRO
    demand = measure_demand(values, np.ones(values.shape, dtype=bool))
    paths = DemandPaths.from_calibration(demand, shipped_calibration())
    starts, lives, held = (np.array([column]) for column in zip(*lots, strict=True))
    known = Lots(starts, starts + lives, held.astype(float) * MICRO)
    arrival = np.array([arrives_on])
    terms = BuyingTerms(cover_days=cover_days)
    buying = recommend_purchases(paths, known, arrives_on=arrival, packs=[[]], terms=terms, repays=False)
    bought = int(buying.credits_micro[0])
    assert bought % MICRO == 0 and buying.mixes == [None]

    def unpaid(credits: int) -> float:
        more = known.with_lot(
            starts_on=arrival, expires_on=np.array([10_000]), held=np.array([float(credits)])
        )
        cuts = np.array([[arrives_on, arrives_on + cover_days]])
        runway = run_down(paths.at([AMPLE]), more, cuts=cuts)
        return float((runway.unpaid_by(cuts[:, 1]) - runway.unpaid_by(cuts[:, 0]))[0, 0])

    assert unpaid(bought) <= 1
    if bought:
        assert unpaid(bought - MICRO) > 0
