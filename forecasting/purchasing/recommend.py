"""What to buy: the latest day to order, the credits that last long enough, the packs that bring them.

Not here: when credits run out without buying (depletion/), or how packs are combined (pack_mix.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from forecasting.depletion.calibration import LEVELS
from forecasting.depletion.demand import Floats
from forecasting.depletion.paths import Paths
from forecasting.depletion.runway import Lots, run_down
from forecasting.ledger import Ints, positions
from forecasting.purchasing.pack_mix import Mix, Pack, cheapest_mix, comparable

MICRO = 1_000_000
_AMPLE, _EXPECTED = LEVELS.index(0.1), LEVELS.index(0.5)  # demand that 9 in 10, and that half, do not exceed


@dataclass(frozen=True)
class BuyingTerms:
    """How cautiously to buy.

    Attributes:
        stockout_risk: the accepted probability of being empty before ordered credits arrive, 0.005 to 0.5.
        cover_days: days a purchase should cover from its arrival (90 % confidence).
    """

    stockout_risk: float = 0.05
    cover_days: int = 30

    def __post_init__(self) -> None:
        # every median has a day to order by, which is never later
        if not LEVELS[0] <= self.stockout_risk <= 0.5:
            raise ValueError(
                f"stockout_risk is a probability from {LEVELS[0]} to 0.5; found {self.stockout_risk}. "
                "The default is 0.05."
            )
        if not 1 <= self.cover_days <= 180:
            raise ValueError(f"cover_days is 1 to 180; found {self.cover_days}. The default is 30.")

    @property
    def risk_level(self) -> int:
        """The index of the highest of `LEVELS` within the risk."""
        return max(index for index, level in enumerate(LEVELS) if level <= self.stockout_risk)


DEFAULT_TERMS = BuyingTerms()


def packs_by_workspace(packs: pd.DataFrame, names: pd.Index) -> dict[int, list[Pack]]:
    """The packs each workspace can choose from, by its index in `names`.

    Args:
        packs: workspace_id, pack_id, credits_micro, price (Decimal), currency, validity_days (may be null).
        names: the workspaces.
    """
    listed: dict[int, list[Pack]] = {}
    columns = [
        packs[name].tolist() for name in ("pack_id", "credits_micro", "price", "currency", "validity_days")
    ]
    for workspace, *values in zip(positions(packs["workspace_id"], names).tolist(), *columns, strict=True):
        pack_id, credits, price, currency, validity = values
        days = None if pd.isna(validity) else int(validity)
        if workspace >= 0:
            listed.setdefault(workspace, []).append(
                Pack(str(pack_id), int(credits), price, str(currency), days)
            )
    return {workspace: comparable(found) for workspace, found in listed.items()}


@dataclass(frozen=True)
class Purchases:
    """Recommended purchases of the cases, arrays of one length.

    Attributes:
        credits_micro: whole credits that last `cover_days` from their arrival in 9 of 10 cases; 0: nothing.
        mixes: the cheapest packs that bring them; None where none are listed, or none can.
    """

    credits_micro: Ints
    mixes: list[Mix | None]


def recommend_purchases(
    paths: Paths,
    lots: Lots,
    *,
    arrives_on: Ints,
    packs: Sequence[Sequence[Pack]],
    terms: BuyingTerms,
    repays: bool,
    owed: Floats | None = None,
) -> Purchases:
    """Recommends what to buy so that it arrives on a day, given the lots.

    What is needed is the demand that no lot pays between the arrival and `cover_days` later. Demand
    before the arrival is lost or overage, which buying cannot change; but where overage is repaid, the
    purchase pays for that first.

    Args:
        paths: demand of the cases at `LEVELS`.
        lots: of the cases.
        arrives_on: day number of the arrival, (cases,), 1 to the horizon.
        packs: on offer in each case.
        terms: how cautiously to buy.
        repays: whether credits also pay for demand of days before they were there.
        owed: what was unpaid before the first day, (cases,); matters where it is repaid.
    """
    validities = [
        sorted({pack.validity_days for pack in offer if pack.validity_days is not None}) for offer in packs
    ]
    width = max(map(len, validities), default=0)
    after = np.array([[0, terms.cover_days, *days, *[0] * (width - len(days))] for days in validities])
    after = after.reshape(len(packs), width + 2)
    cuts = arrives_on[:, None] + after
    last_day = int(cuts.max(initial=1))
    runway = run_down(
        paths.at([_AMPLE, _EXPECTED]), lots, repays=repays, cuts=cuts, owed=owed, last_day=last_day
    )
    too_late = 0.0 if repays else runway.unpaid_by(arrives_on)
    # how much of the purchase is used by each cut, (cases, paths, cuts)
    used = np.stack([runway.most_unpaid(arrives_on, cut) - too_late for cut in cuts.T], axis=2).clip(min=0)
    needed = used[:, 0, 1]
    if repays:
        needed = _with_repayment(needed, paths.at([_AMPLE]), lots, cuts[:, :2], owed)
    credits = (np.ceil(needed / MICRO - 1e-9) * MICRO).astype(np.int64)
    mixes = [
        _mix(offer, dict(zip(days, used[case, :, 2:].T, strict=False)), int(credits[case]), terms)
        for case, (offer, days) in enumerate(zip(packs, validities, strict=True))
    ]
    return Purchases(credits, mixes)


def _with_repayment(needed: Floats, ample: Paths, lots: Lots, cuts: Ints, owed: Floats | None) -> Floats:
    """Adds what is missing where a lot expires unused because the purchase repaid overage first."""
    first, end = cuts.T
    last_day = int(cuts.max(initial=1))
    for _ in range(lots.held.shape[1]):
        more = lots.with_lot(starts_on=first, expires_on=end + 1, held=needed)
        bought = run_down(ample, more, repays=True, cuts=cuts, owed=owed, last_day=last_day)
        needed = needed + bought.most_unpaid(first, end)[:, 0]
    return needed


def _mix(offer: Sequence[Pack], used_by: Mapping[int, Floats], needed: int, terms: BuyingTerms) -> Mix | None:
    if not offer:
        return None
    needs = [(0, needed)]
    needs += [
        (days, max(needed - int(ample), 0)) for days, (ample, _) in used_by.items() if days < terms.cover_days
    ]
    return cheapest_mix(offer, needs, [(days, int(expected)) for days, (_, expected) in used_by.items()])


def packs_as_json(mix: Mix | None) -> str | None:
    """A mix as the mart publishes it: [{"pack_id", "count", "credits", "price"}, …], price of all of them."""
    if mix is None:
        return None
    return json.dumps(
        [
            {
                "pack_id": pack.pack_id,
                "count": count,
                "credits": f"{(Decimal(count * pack.credits_micro) / MICRO).normalize():f}",
                "price": f"{(count * pack.price).normalize():f}",
            }
            for pack, count in mix.counts
        ],
        ensure_ascii=False,
    )
