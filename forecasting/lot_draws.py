"""Which lot paid for which day: the draws of a day on one line of micro-credits, in draw order.

Not here: how the lots are drawn (lot_walk.py), and what a credit of a lot cost (lot_prices.py).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.lot_walk import Calendar, Ints, midnights

LOT, OVERAGE, BEFORE_LEDGER = 0, 1, 2
KINDS = ("lot", "overage", "before_ledger")


def lay_draws(calendar: Calendar, lot_ids: pd.Series, names: pd.Index) -> pd.DataFrame:
    """The draws of every day, those of a day one after another; what no lot paid comes last.

    Args:
        calendar: after the lots have taken their days.
        lot_ids: of each lot, by its number.
        names: of the workspaces.

    Returns:
        One row per draw: workspace_id, usage_date, draw_number (from 1 within the day), draw_count (of the
        day), draw_kind (`lot`, `overage`, `before_ledger`), lot_id (null unless a lot paid), lot_number (as
        in movements; -1 for none), line_start_micro (the credits of the draws before it that day) and
        credits_micro. The credits of a day sum to its usage.
    """
    drawn = [np.zeros((4, 0), dtype=np.int64), *map(_in_columns, calendar.draws), _uncovered(calendar)]
    day, turn, lot, credits = np.concatenate(drawn, axis=1)
    order = np.lexsort((lot, turn, day))
    day, lot, credits = day[order], lot[order], credits[order]
    first = np.flatnonzero(np.diff(day, prepend=-1))
    count = np.diff(np.append(first, len(day)))
    before = np.cumsum(credits) - credits
    workspace = np.searchsorted(calendar.start, day, side="right") - 1
    is_lot = lot >= 0
    ids = lot_ids.to_numpy(dtype=object)
    paid_by = np.full(len(lot), None, dtype=object)
    paid_by[is_lot] = ids[lot[is_lot]]
    is_before = day - calendar.base[workspace] < calendar.first_entry[workspace]
    kind = np.select([is_lot, is_before], [LOT, BEFORE_LEDGER], OVERAGE)
    return pd.DataFrame(
        {
            "workspace_id": names.to_numpy()[workspace],
            "usage_date": midnights(day - calendar.base[workspace]),
            "draw_number": np.arange(len(day)) - np.repeat(first, count) + 1,
            "draw_count": np.repeat(count, count),
            "draw_kind": np.array(KINDS, dtype=object)[kind],
            "lot_id": pd.Series(paid_by, dtype="str"),
            "lot_number": lot,
            "line_start_micro": before - np.repeat(before[first], count),
            "credits_micro": credits,
        }
    )


def _in_columns(draw: tuple[int, int, Ints, Ints]) -> Ints:
    lot, turn, days, credits = draw
    return np.stack([days, np.full(len(days), turn), np.full(len(days), lot), credits])


def _uncovered(calendar: Calendar) -> Ints:
    """What no lot paid of each day, after every lot."""
    days = np.flatnonzero(calendar.uncovered)
    last = np.full(len(days), np.iinfo(np.int64).max)
    return np.stack([days, last, np.full(len(days), -1), calendar.uncovered[days]])
