"""What-if forecasts: fewer regenerations, a saving, more members, a bulk of products, a pack bought on a day.

The forecast of the nightly run, with changed demand or an additional lot. Not here: the command line, or
reading the warehouse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pandas as pd

from forecasting.depletion.balance_state import BalanceState
from forecasting.depletion.calibration import LEVELS, DemandPaths
from forecasting.depletion.forecast import (
    CreditHistory,
    DepletionForecast,
    Method,
    demand_of,
    forecast_depletion,
)
from forecasting.depletion.paths import Change
from forecasting.depletion.runway import BEYOND, HORIZON_DAYS, Lots, chunks, run_down
from forecasting.ledger import NEVER, midnights, positions

MICRO = 1_000_000

CHANGE_EXAMPLES = (
    "regeneration-rate=-50%",
    "saving=120 credits",
    "members=+2",
    "bulk=400 products",
    "bulk=400 products@2026-05-01",
    "buy=PACK@2026-05-01",
)


class WhatIfError(ValueError):
    """A change cannot be read, or does not fit the workspace; the message says why and what to do."""


@dataclass(frozen=True)
class RecentUsage:
    """What a workspace used in the last 30 days; relative changes refer to it.

    Attributes:
        credits_micro: micro-credits used.
        regeneration_micro: of these, on attempts from the second of an episode on.
        member_count: members with a generation.
        product_count: products with a generation.
    """

    credits_micro: int
    regeneration_micro: int
    member_count: int
    product_count: int


def forecast_with_changes(
    history: CreditHistory, changes: list[str], *, facts: RecentUsage, as_of: date, method: Method
) -> DepletionForecast:
    """Forecasts one workspace with all the changes applied together.

    Args:
        history: of that workspace only.
        changes: written like `CHANGE_EXAMPLES`.
        facts: of that workspace.
        as_of: the last local day known.
        method: calibration, policy and terms.

    Raises:
        WhatIfError: a change cannot be read, or does not fit the workspace.
    """
    factor, extra, extra_on = Fraction(1), 0, 1
    for text in changes:
        name, _, value = text.partition("=")
        match name.strip():
            case "regeneration-rate":
                factor *= _regenerations(text, value, facts)
            case "saving":
                factor *= _saving(text, value, facts)
            case "members":
                factor *= _members(text, value, facts)
            case "bulk":
                if extra:
                    raise WhatIfError(f"one bulk at a time; {text!r} is a second. Add the products up.")
                extra, extra_on = _bulk(text, value, facts, as_of)
            case "buy":
                history = _with_purchase(text, value, history, as_of)
            case _:
                raise _unreadable(text)
    change = Change(float(factor), float(extra), extra_on)
    return forecast_depletion(history, as_of=as_of, method=method, change=change)


def medians_after_saving(
    history: CreditHistory, savings: pd.DataFrame, *, as_of: date, method: Method
) -> pd.Series:
    """The median date on which credits run out if a saving were made, of each saving by itself.

    The same as `forecast_with_changes` with that saving, for many workspaces at once.

    Args:
        history: of all workspaces; those without a saving are ignored.
        savings: workspace_id, saving_micro: micro-credits in 30 days.
        as_of: the last local day known.
        method: calibration and policy.

    Returns:
        Midnights in the order of the savings; null where the forecast as it is has no median, or this is past
        the horizon.
    """
    ours = history.for_workspaces(savings["workspace_id"])
    state = BalanceState.from_history(ours, today=int(np.datetime64(as_of, "D").astype(np.int64)))
    demand, _ = demand_of(ours, state.names, state.today)
    lots = Lots.from_frame(ours.lots, state.names, as_of=state.today, policy=method.policy)
    workspace = positions(savings["workspace_id"], state.names)
    burnt = np.maximum(state.burn_credits[workspace], 1)
    factor = 1 - np.minimum(savings["saving_micro"].to_numpy().astype(float) / burnt, 1.0)
    empty_on = np.full(len(savings), BEYOND)
    is_ok = state.has_status("ok")[workspace]
    for chunk in chunks(lots[workspace[is_ok]]):
        cases = np.flatnonzero(is_ok)[chunk]
        of_case = demand[workspace[cases]].scaled(factor[cases])
        paths = DemandPaths.from_calibration(of_case, method.calibration).at([LEVELS.index(0.5)])
        owed = state.owed[workspace[cases]].astype(float)
        runway = run_down(paths, lots[workspace[cases]], repays=method.policy.repays_overage, owed=owed)
        empty_on[cases] = runway.empty_on[:, 0]
    days = np.where(empty_on <= HORIZON_DAYS, state.today + empty_on, NEVER)
    return pd.Series(midnights(days), index=savings.index)


def _unreadable(text: str) -> WhatIfError:
    return WhatIfError(
        f"a change is written as {', '.join(CHANGE_EXAMPLES)}; found {text!r}. Write it like one of these."
    )


def _regenerations(text: str, value: str, facts: RecentUsage) -> Fraction:
    """The factor of demand if credits spent on regenerations change by that percentage."""
    found = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*%\s*", value)
    if not found:
        raise _unreadable(text)
    percent = Fraction(found[1])
    if percent < -100:
        raise WhatIfError(f"a regeneration rate falls by 100 % at most; found {text!r}. Write -100% or more.")
    if not facts.credits_micro:
        raise _unused(text)
    return 1 + percent / 100 * Fraction(facts.regeneration_micro, facts.credits_micro)


def _saving(text: str, value: str, facts: RecentUsage) -> Fraction:
    """The factor of demand if so many credits less were used in 30 days."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:credits?)?\s*", value)
    if not found:
        raise _unreadable(text)
    if not facts.credits_micro:
        raise _unused(text)
    saved = Fraction(found[1]) * MICRO
    if saved > facts.credits_micro:
        used = f"{facts.credits_micro / MICRO:,.0f}"
        raise WhatIfError(f"{used} credits were used in 30 days; {text!r} saves more. Write at most that.")
    return 1 - saved / facts.credits_micro


def _members(text: str, value: str, facts: RecentUsage) -> Fraction:
    found = re.fullmatch(r"\s*([+-]\d+)\s*", value)
    if not found:
        raise _unreadable(text)
    if not facts.member_count:
        raise _unused(text)
    members = facts.member_count + int(found[1])
    if members < 0:
        raise WhatIfError(f"{facts.member_count} members were active; {text!r} would leave less than none.")
    return Fraction(members, facts.member_count)


def _bulk(text: str, value: str, facts: RecentUsage, as_of: date) -> tuple[int, int]:
    """The credits of so many products, at the workspace's own credits per product, and the day number."""
    found = re.fullmatch(r"\s*(\d+)\s*products?\s*(?:@\s*(\S+)\s*)?", value)
    if not found:
        raise _unreadable(text)
    if not facts.product_count:
        raise _unused(text)
    on = _day(text, found[2], as_of) if found[2] else as_of + timedelta(days=1)
    credits = int(found[1]) * Fraction(facts.credits_micro, facts.product_count)
    return round(credits), (on - as_of).days


def _with_purchase(text: str, value: str, history: CreditHistory, as_of: date) -> CreditHistory:
    """The history with one more lot: ordered on the day, effective after the lead time."""
    pack_id, _, day = value.rpartition("@")
    if not pack_id or not day:
        raise _unreadable(text)
    listed = history.packs[history.packs["pack_id"].astype("str") == pack_id.strip()]
    if listed.empty:
        known = ", ".join(sorted(history.packs["pack_id"].astype("str"))) or "none"
        raise WhatIfError(
            f"a pack that is bought is on offer; {pack_id.strip()!r} is not. Known packs: {known}."
        )
    pack = listed.iloc[0]
    lead_days = int(history.workspaces["lead_time_days"].iloc[0])
    arrival = pd.Timestamp(_day(text, day.strip(), as_of) + timedelta(days=lead_days))
    lives = None if pd.isna(pack["validity_days"]) else int(pack["validity_days"])
    lot = {
        "workspace_id": history.workspaces["workspace_id"].iloc[0],
        "lot_id": f"what-if {len(history.lots)}",
        "lot_status": "scheduled",
        "priority": 10,
        "effective_on": arrival,
        "expires_on": pd.NaT if lives is None else arrival + pd.Timedelta(days=lives),
        "remaining_micro": int(pack["credits_micro"]),
    }
    lots = history.lots.astype({"remaining_micro": "int64", "priority": "int64"})
    added = pd.DataFrame([lot]).astype({"effective_on": "datetime64[us]", "expires_on": "datetime64[us]"})
    return replace(history, lots=pd.concat([lots, added.reindex(columns=lots.columns)], ignore_index=True))


def _day(text: str, written: str, as_of: date) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise WhatIfError(
            f"a day is written as YYYY-MM-DD; found {text!r}. Write it like 2026-05-01."
        ) from None
    if not 0 < (day - as_of).days <= 365:
        raise WhatIfError(f"a change lies within a year after {as_of}; found {text!r}. Choose a day in it.")
    return day


def _unused(text: str) -> WhatIfError:
    return WhatIfError(
        f"{text!r} is relative to the last 30 days; nothing was used in them. Choose a bulk or a purchase."
    )
