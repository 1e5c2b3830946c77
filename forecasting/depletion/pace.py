"""The pace date: when constant use of the last days, met by the ledger, finds nothing left. Exact.

Not here: any range of the date (forecast.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from forecasting.depletion.runway import BEYOND

Lot = tuple[int, int, int]  # the first day, the first day no more, micro-credits


def pace_days(lots: Sequence[Lot], *, credits: int, days: int) -> int:
    """Days until the first one by whose end nothing is left; `BEYOND` if that is past the horizon.

    Args:
        lots: in draw order; days are numbered from the day after as_of, which is 1.
        credits: micro-credits used in `days` days.
        days: the days these were used in.
    """
    if not credits:
        return BEYOND
    # micro-credits times days are whole numbers; Python's integers cannot overflow
    left = [held * days for _, _, held in lots]
    changes = {day for start, end, _ in lots for day in (start, end) if 1 < day < BEYOND}
    for start, end in pairwise([1, *sorted(changes), BEYOND]):
        alive = [n for n, (begins, expires, _) in enumerate(lots) if begins <= start < expires]
        held = sum(left[n] for n in alive)
        if held <= credits * (end - start):
            return start + max(-(-held // credits) - 1, 0)
        asked = credits * (end - start)
        for n in alive:
            paid = min(left[n], asked)
            left[n], asked = left[n] - paid, asked - paid
    return BEYOND


def pace_of(table: pd.DataFrame, *, credits: Sequence[int], days: Sequence[int]) -> list[int]:
    """`pace_days` of each workspace.

    Args:
        table: `lots_in_order`.
        credits: micro-credits used by each workspace.
        days: the days these were used in.
    """
    lots: list[list[Lot]] = [[] for _ in credits]
    columns = (table[name].tolist() for name in ("case", "starts", "expires", "held"))
    for case, *lot in zip(*columns, strict=True):
        lots[case].append((lot[0], lot[1], lot[2]))
    return [
        pace_days(mine, credits=used, days=count)
        for mine, used, count in zip(lots, credits, days, strict=True)
    ]
