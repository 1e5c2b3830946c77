"""The cheapest mix of credit packs that covers a need. By enumeration, bounded by the best price so far.

Not here: how much is needed, and until when (depletion.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import gcd


@dataclass(frozen=True)
class Pack:
    """A pack of credits on offer.

    Attributes:
        pack_id: its id.
        credits_micro: how many micro-credits it brings, more than 0.
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
    usual = min(set(currencies), key=lambda currency: (-currencies.count(currency), currency), default="")
    return [pack for pack in packs if pack.currency == usual and pack.credits_micro > 0]


def cheapest_mix(
    packs: Sequence[Pack], needs: Sequence[tuple[int, int]], expected: Sequence[tuple[int, int]]
) -> Mix | None:
    """The mix of the lowest price whose credits cover the need; of equal ones, with the least to expire.

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
    order = sorted(packs, key=lambda pack: (pack.price / pack.credits_micro, pack.pack_id))
    if not all(
        need <= 0 or any(pack.is_valid_after(days) for pack in order) for days, need in needs
    ):
        return None
    best: list[tuple[Decimal, int, int, tuple[int, ...]]] = []

    def unmet(counts: Sequence[int]) -> int:
        """The largest need that the packs counted so far do not cover."""
        return max(
            need - sum(n * pack.credits_micro for pack, n in zip(order, counts, strict=False) if pack.is_valid_after(days))
            for days, need in needs
        )

    def extend(counts: tuple[int, ...], price: Decimal) -> None:
        missing = unmet(counts)
        if missing <= 0:
            full = counts + (0,) * (len(order) - len(counts))
            chosen = [(pack, n) for pack, n in zip(order, full, strict=True) if n]
            best[:] = sorted([*best, (price, _expiring(chosen, expected), sum(full), full)])[:1]
            return
        if len(counts) == len(order):
            return
        pack = order[len(counts)]
        if best and price + missing * pack.price / pack.credits_micro > best[0][0]:
            return  # no later pack is cheaper by the credit
        most = -(-max(need for _, need in needs) // pack.credits_micro)
        for cheaper in order[: len(counts)]:
            if cheaper.validity_days is None or (
                pack.validity_days is not None and cheaper.validity_days >= pack.validity_days
            ):
                # so many of this pack could be had as fewer credits' price of the cheaper one
                most = min(most, cheaper.credits_micro // gcd(cheaper.credits_micro, pack.credits_micro) - 1)
        for count in range(min(most, -(-missing // pack.credits_micro)) if _lasts(pack, order) else most, -1, -1):
            extend((*counts, count), price + count * pack.price)

    extend((), Decimal(0))
    if not best:
        return None
    price, expiring, _, counts = best[0]
    chosen = tuple((pack, n) for pack, n in zip(order, counts, strict=True) if n)
    return Mix(chosen, price, sum(n * pack.credits_micro for pack, n in chosen), expiring)


def _lasts(pack: Pack, others: Sequence[Pack]) -> bool:
    """Whether it counts for every need that any pack counts for: more than is missing is then never needed."""
    return all(
        pack.validity_days is None or (other.validity_days is not None and other.validity_days <= pack.validity_days)
        for other in others
    )


def _expiring(chosen: Sequence[tuple[Pack, int]], expected: Sequence[tuple[int, int]]) -> int:
    """Credits of a mix expected to expire unused, those that expire first being used first."""
    by_day = dict(expected)
    expiring, bought = 0, 0
    for pack, count in sorted(chosen, key=lambda of: (of[0].validity_days is None, of[0].validity_days or 0)):
        if pack.validity_days is None:
            break
        bought += count * pack.credits_micro
        expiring = max(expiring, bought - by_day[pack.validity_days])
    return max(expiring, 0)
