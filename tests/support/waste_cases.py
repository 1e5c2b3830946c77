"""Sampled frames of facts.ml_waste_cases: what was known of generations, and how they ended.

Not here: what is asserted of them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.waste.features import DAY_US, HOUR_US

FIRST = pd.Timestamp("2026-01-01")
FIRST_DAY = (FIRST - pd.Timestamp(0)).days
MATURITY_DAYS = 14


def sample_cases(
    count: int = 12_000,
    days: int = 100,
    *,
    seed: int = 0,
    signal: str = "quality",
    workspaces: int = 3,
    overruled: float = 0.05,
) -> pd.DataFrame:
    """Cases of `days` days as known at the end of the last one.

    Args:
        count: of cases. days: from FIRST on. seed: of the sample. workspaces: they share the cases.
        overruled: share of the settled ones that had the opposite outcome before.
        signal: what waste depends on: `quality` (of the content), `group` (ruleset only) or `nothing`.
    """
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(0, days, count))
    made_us = (FIRST_DAY + day) * DAY_US + rng.integers(0, DAY_US, count)
    ruleset, quality = rng.integers(0, 6, count), rng.uniform(0, 1, count)
    chance = {
        "quality": 0.05 + 0.7 * (quality < 0.3),
        "group": np.array([0.05, 0.1, 0.15, 0.2, 0.4, 0.5])[ruleset],
        "nothing": np.full(count, 0.2),
    }[signal]
    is_wasted = rng.random(count) < chance
    # half of the waste is rejected within days, half is settled by time; the rest is used within days
    is_settled = ~is_wasted | (rng.random(count) < 0.5)
    settled_us = np.where(is_settled, rng.exponential(30 * HOUR_US, count).astype(np.int64), -1)
    settled_on = np.where(is_settled, (made_us + settled_us) // DAY_US - FIRST_DAY, day + MATURITY_DAYS)
    is_known_settled = is_settled & (settled_on < days)
    known_day = np.maximum(day + MATURITY_DAYS, settled_on)
    # of some an opposite outcome came first
    is_overruled = is_known_settled & (rng.random(count) < overruled)
    opposite_us = settled_us // 2
    is_mature = day < days - MATURITY_DAYS
    has_label = is_known_settled | (is_mature & ~is_settled)
    order = rng.permutation(count)
    frame = pd.DataFrame(
        {
            "row_id": order,
            "source": "native",
            "event_id": [f"e{number:06d}" for number in order],
            "workspace_id": [f"w{number % workspaces}" for number in order],
            "member_id": [f"m{number % 7}" for number in order],
            "product_id": [f"p{number % (count // 3 + 1)}" for number in order],
            "generation_type": [("description", "meta")[number % 2] for number in ruleset],
            "product_category": "Shoes",
            "ruleset_id": [f"rs_{number}" for number in ruleset],
            "template_id": None,
            "model": "model",
            "attempt_number": 1,
            "since_previous_us": pd.array([None] * count, dtype="Int64"),
            "quality_score": quality,
            "credits": rng.uniform(0.5, 2.0, count),
            "made_us": made_us,
            "settled_after_us": pd.array(np.where(is_known_settled, settled_us, -1), dtype="Int64"),
            "is_pending": False,
            "is_wasted": pd.array(is_wasted, dtype="boolean"),
            "settled_on": FIRST + pd.to_timedelta(settled_on, unit="D"),
            "known_on": FIRST + pd.to_timedelta(known_day, unit="D"),
            "opposite_after_us": pd.array(opposite_us, dtype="Int64"),
            "opposite_on": pd.Timestamp(0) + pd.to_timedelta((made_us + opposite_us) // DAY_US, unit="D"),
            "usage_date": FIRST + pd.to_timedelta(day, unit="D"),
        }
    )
    frame.loc[~is_known_settled, "settled_after_us"] = None
    frame.loc[~has_label, ["is_wasted", "known_on", "settled_on"]] = None
    frame.loc[~is_overruled, ["opposite_on", "opposite_after_us"]] = None
    frame["is_pending"] = ~has_label
    return frame


def last_day(days: int = 100) -> int:
    """The last of the sampled days, counted from 1970."""
    return FIRST_DAY + days - 1
