"""Which packs: the cheapest mix against every mix there is, ties included.

Not here: how much is needed (`test_buying`).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.purchasing.pack_mix import MOST_STEPS, Pack, _by_rate, _Search, cheapest_mix


def on_offer(pack_id: str, credits: int, price: str, validity_days: int | None = None) -> Pack:
    return Pack(pack_id, credits, Decimal(price), "EUR", validity_days)


def expiring_of(packs: Sequence[Pack], counts: Sequence[int], expected: dict[int, int]) -> int:
    """What expires, one validity after the other, of credits that are used as soon as they can be."""
    gone = 0
    for day in sorted(expected):
        until = sum(n * pack.credits_micro for pack, n in zip(packs, counts, strict=True)
                    if pack.validity_days is not None and pack.validity_days <= day)  # fmt: skip
        gone += max(until - gone - expected[day], 0)
    return gone


any_packs = st.lists(
    st.builds(
        on_offer,
        st.sampled_from("abcd"),
        st.integers(1, 6),
        st.integers(0, 6).map(str),
        st.sampled_from([None, None, 5, 10, 20]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda pack: pack.pack_id,
)


@settings(max_examples=300, deadline=None)
@given(any_packs, st.integers(0, 12), st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)))
def test_no_mix_is_cheaper_nor_of_its_price_expires_less_nor_has_fewer_packs(
    packs: list[Pack], need: int, steps: tuple[int, int, int]
) -> None:
    expected = {5: steps[0], 10: steps[0] + steps[1], 20: sum(steps)}
    needs = [(0, need), (5, max(need - steps[0], 0)), (10, max(need - steps[0] - steps[1], 0))]
    keys: list[tuple[Any, ...]] = []
    for counts in product(range(need + 1), repeat=len(packs)):
        mix = list(zip(packs, counts, strict=True))
        if all(sum(n * pack.credits_micro for pack, n in mix if pack.is_valid_after(day)) >= most
               for day, most in needs):  # fmt: skip
            price = sum((n * pack.price for pack, n in mix), Decimal(0))
            keys.append((price, expiring_of(packs, counts, expected), sum(counts)))
    found = cheapest_mix(packs, needs, list(expected.items()))
    if not keys:
        assert found is None
        return
    assert found is not None
    assert (found.price, found.expiring_micro, sum(n for _, n in found.counts)) == min(keys)


def test_of_packs_of_one_price_by_the_credit_the_fewest_are_bought() -> None:
    # ten small ones were bought for one large one
    packs = [on_offer("a", 100, "1"), on_offer("b", 1_000, "10")]
    found = cheapest_mix(packs, [(0, 1_100)], [])
    assert found is not None
    assert [(pack.pack_id, count) for pack, count in found.counts] == [("b", 1), ("a", 1)]


def test_what_expires_is_compared_also_where_nothing_is_needed_later() -> None:
    # a later need of nothing read as one just met, and the search ended with what covers too much
    packs = [on_offer("b", 3, "1", 5), on_offer("c", 1, "1", 5)]
    found = cheapest_mix(packs, [(0, 1), (5, 0)], [(5, 1)])
    assert found is not None
    assert [(pack.pack_id, count) for pack, count in found.counts] == [("c", 1)]


def test_a_third_of_a_cent_is_not_rounded_away() -> None:
    # 28 digits made the bound of the second mix dearer than its price, which is that of the first
    packs = [on_offer("a", 3, "1", 5), on_offer("b", 9, "3")]
    found = cheapest_mix(packs, [(0, 9)], [(5, 0)])
    assert found is not None
    assert (found.expiring_micro, found.price) == (0, Decimal(3))


def test_the_order_of_the_offer_does_not_matter() -> None:
    packs = [on_offer(name, credits, "7") for name, credits in zip("abcd", (5, 5, 7, 9), strict=True)]
    assert cheapest_mix(packs, [(0, 40)], []) == cheapest_mix(packs[::-1], [(0, 40)], [])


def test_where_nothing_is_on_offer_nothing_can_be_bought_and_nothing_may_be_needed() -> None:
    assert cheapest_mix([], [(0, 5)], []) is None
    nothing = cheapest_mix([], [(0, 0)], [])
    assert nothing is not None
    assert (nothing.counts, nothing.price, nothing.credits_micro) == ((), Decimal(0), 0)


def test_packs_of_one_price_by_the_credit_and_of_no_common_size_end_after_so_many_steps() -> None:
    # every one of a very large number of mixes is as cheap as every other
    sizes = [prime * 10**6 for prime in (101, 103, 107, 109, 113, 127, 131, 137)]
    packs = [Pack(str(size), size, Decimal(size) / 10**6, "EUR") for size in sizes]
    search = _Search(sorted(packs, key=_by_rate), [(0, 10**12)], {})
    search.extend((), search._prices[0] * 0, [10**12])
    assert search.best is not None and search.best[0] >= 10**6
    assert search.steps <= MOST_STEPS + len(packs)
