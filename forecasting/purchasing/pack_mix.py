"""The cheapest mix of credit packs that covers a need. By enumeration, bounded by the best price so far.

Not here: how much is needed, and until when (recommend.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import gcd

MOST_STEPS = 20_000  # of the search; a fraction of a second


@dataclass(frozen=True)
class Pack:
    """A pack of credits on offer.

    Attributes:
        pack_id: its id.
        credits_micro: micro-credits of one, more than 0.
        price: of one, 0 or more.
        currency: of the price.
        validity_days: days it can be used from its arrival; None if it does not expire.
    """

    pack_id: str
    credits_micro: int
    price: Decimal
    currency: str
    validity_days: int | None = None

    def is_valid_after(self, days: int) -> bool:
        """Whether its credits can still be used that many days after they arrived."""
        return self.validity_days is None or self.validity_days > days


@dataclass(frozen=True)
class Mix:
    """What to buy: how many of which packs, their price together, and what of them is expected to expire."""

    counts: tuple[tuple[Pack, int], ...]
    price: Decimal
    credits_micro: int
    expiring_micro: int


def comparable(packs: Sequence[Pack]) -> list[Pack]:
    """The packs in the currency that most are listed in, for prices of two currencies cannot be compared."""
    currencies = [pack.currency for pack in packs]
    main = min(set(currencies), key=lambda currency: (-currencies.count(currency), currency), default="")
    return [pack for pack in packs if pack.currency == main and pack.credits_micro > 0]


def cheapest_mix(
    packs: Sequence[Pack], needs: Sequence[tuple[int, int]], expected: Sequence[tuple[int, int]]
) -> Mix | None:
    """The mix of the lowest price whose credits cover the need.

    Of those of one price, the one with the least to expire, then that of the fewest packs. After `MOST_STEPS`
    the best so far is the answer: packs of nearly one price per credit can make more mixes than can be tried.

    Args:
        packs: on offer, in one currency.
        needs: (days after arrival, micro-credits needed after that day), for 0 and for every validity of a
            pack that ends within the days to be covered. Credits that expire by a day do not count for
            what is needed after it.
        expected: (days after arrival, micro-credits expected to be used by the end of them), for the validity
            of every pack that expires.

    Returns:
        The mix; an empty one if nothing is needed; None if no mix covers the need.
    """
    needs = [(days, need) for days, need in needs if need > 0]
    if not needs:
        return Mix((), Decimal(0), 0, 0)
    if not all(any(pack.is_valid_after(days) for pack in packs) for days, _ in needs):
        return None
    search = _Search(sorted(packs, key=_by_rate), needs, dict(expected))
    search.extend((), Fraction(0), [need for _, need in needs])
    if search.best is None:
        return None
    _, expiring, _, counts = search.best
    chosen = tuple((pack, count) for pack, count in zip(search.packs, counts, strict=False) if count)
    price = sum((count * pack.price for pack, count in chosen), Decimal(0))
    return Mix(chosen, price, sum(count * pack.credits_micro for pack, count in chosen), expiring)


def _by_rate(pack: Pack) -> tuple[Fraction, int, str]:
    """The cheapest credits first; of one price, the larger pack, so that fewer are found first."""
    return _rate(pack), -pack.credits_micro, pack.pack_id


def _rate(pack: Pack) -> Fraction:
    return Fraction(pack.price) / pack.credits_micro


class _Search:
    """Tries counts of one pack after the other, the cheapest by the credit and the most of it first."""

    def __init__(
        self, packs: Sequence[Pack], needs: Sequence[tuple[int, int]], expected: Mapping[int, int]
    ) -> None:
        self.packs, self.expected = packs, expected
        self.best: tuple[Fraction, int, int, tuple[int, ...]] | None = None
        self.steps = 0
        self._prices, self._rates = [Fraction(pack.price) for pack in packs], list(map(_rate, packs))
        self._most = [_most_of(index, packs, max(need for _, need in needs)) for index in range(len(packs))]
        self._counts_for = [[pack.is_valid_after(days) for days, _ in needs] for pack in packs]
        self._lasts = [all(counts_for) for counts_for in self._counts_for]

    def extend(self, counts: tuple[int, ...], price: Fraction, missing: list[int]) -> None:
        """Adds the packs that follow those counted so far, for what of each need is still missing."""
        self.steps += 1
        index = len(counts)
        if max(missing) <= 0:
            chosen = [(pack, count) for pack, count in zip(self.packs, counts, strict=False) if count]
            found = (price, _expiring(chosen, self.expected), sum(counts), counts)
            self.best = found if self.best is None else min(self.best, found)
            return
        if index == len(self.packs):
            return
        pack = self.packs[index]
        most = min(self._most[index], -(-max(missing) // pack.credits_micro))
        for count in range(most, -1, -1):
            brought = count * pack.credits_micro
            rest = [
                need - brought * counts_for
                for need, counts_for in zip(missing, self._counts_for[index], strict=True)
            ]
            cost = price + count * self._prices[index]
            if not self._is_worse(cost, max(rest), index + 1):
                self.extend((*counts, count), cost, rest)
            elif self._lasts[index] and max(rest) >= 0:
                return  # fewer of it leave more to dearer packs
            if self.steps >= MOST_STEPS:
                return

    def _is_worse(self, price: Fraction, missing: int, index: int) -> bool:
        """Whether the best so far is cheaper than this and what is missing from the packs that follow."""
        if self.best is None:
            return False
        if missing > 0:
            if index == len(self.packs):
                return True
            price += missing * self._rates[index]
        return price > self.best[0]


def _most_of(index: int, packs: Sequence[Pack], need: int) -> int:
    """How many of a pack can be in the mix: so many that a cheaper one brings the same are never needed."""
    pack = packs[index]
    most = -(-need // pack.credits_micro)
    for cheaper in packs[:index]:
        if cheaper.validity_days is None or (
            pack.validity_days is not None and cheaper.validity_days >= pack.validity_days
        ):
            most = min(most, cheaper.credits_micro // gcd(cheaper.credits_micro, pack.credits_micro) - 1)
    return max(most, 0)


def _expiring(chosen: Sequence[tuple[Pack, int]], expected: Mapping[int, int]) -> int:
    """Credits of a mix expected to expire unused, those that expire first being used first."""
    expiring, bought = 0, 0
    for pack, count in sorted(
        chosen, key=lambda item: (item[0].validity_days is None, item[0].validity_days or 0)
    ):
        if pack.validity_days is None:
            break
        bought += count * pack.credits_micro
        expiring = max(expiring, bought - expected[pack.validity_days])
    return expiring
