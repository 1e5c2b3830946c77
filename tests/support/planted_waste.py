"""Workspaces with one planted cause of waste each, sampled generation by generation.

Not here: what is to be found in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecasting.waste.cells import EARLY_REASONS, REASONS

MATURITY_DAYS = 14

TYPES = ("description", "meta", "bullets", "keywords")
CATEGORIES = ("Shoes", "Bags", "Kitchen", "Garden")


@dataclass(frozen=True)
class Plan:
    """What a workspace does: shares of its episodes.

    Attributes:
        workspace_id: also names the cause. episodes: how many. members: how many.
        excess, bad_excess: episodes of 3 attempts, elsewhere and with the bad ruleset.
        rejected, hasty_rejected: last attempts rejected, elsewhere and by the hasty member.
        unused: last attempts never used. unneeded: whether one field is never used.
    """

    workspace_id: str
    episodes: int = 1500
    members: int = 5
    excess: float = 0.08
    bad_excess: float = 0.08
    rejected: float = 0.08
    hasty_rejected: float = 0.08
    unused: float = 0.06
    unneeded: bool = False


BAD_RULESET, BAD_TYPE, HASTY_MEMBER, UNNEEDED = "rs_description_2", "description", "m1", ("meta", "Bags")


def generate(plan: Plan, seed: int) -> pd.DataFrame:
    """One row per generation of 90 days: ids, attempt, waste_reason (null if not wasted), credits."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for _ in range(plan.episodes):
        product = int(rng.integers(0, plan.episodes // 3))
        kind = TYPES[rng.integers(0, len(TYPES))]
        ruleset = f"rs_{kind}_{rng.integers(1, 4)}"
        member = f"m{int(plan.members * rng.random() ** 1.5)}"
        category = CATEGORIES[product % len(CATEGORIES)]
        excess = plan.bad_excess if ruleset == BAD_RULESET else plan.excess
        attempts = 3 + int(rng.integers(0, 2)) if rng.random() < excess else 1 + int(rng.random() < 0.1)
        refused = plan.hasty_rejected if member == HASTY_MEMBER else plan.rejected
        end = rng.random()
        last = (
            "rejected_content" if end < refused else "unused_content" if end < refused + plan.unused else None
        )
        if plan.unneeded and (kind, category) == UNNEEDED:
            last = "unneeded_field"
        age = int(rng.integers(0, 90))
        # rejections come within days, only time shows what is unused
        is_known = age >= MATURITY_DAYS or (last == "rejected_content" and rng.random() < age / MATURITY_DAYS)
        reason = last if is_known else None
        for attempt in range(1, attempts + 1):
            thrown = "excess_regeneration" if attempts >= 3 and attempt >= 2 else None
            rows.append(
                {
                    "workspace_id": plan.workspace_id,
                    "product_id": f"p{product}",
                    "generation_type": kind,
                    "product_category": category,
                    "ruleset_id": ruleset,
                    "template_id": f"tpl_{kind}",
                    "member_id": member,
                    "model": "model",
                    "workflow": None,
                    "attempt": attempt,
                    "attempts": attempts,
                    "waste_reason": reason if attempt == attempts else thrown,
                    "is_used": attempt == attempts and last is None,
                    "credits": round(float(rng.uniform(0.5, 3.0)), 2),
                    "age": age,
                }
            )
    return pd.DataFrame(rows)


def counted(generations: pd.DataFrame) -> pd.DataFrame:
    """The generations as `Cells.from_frame` takes them."""
    is_mature, is_wasted = generations["age"] >= MATURITY_DAYS, generations["waste_reason"].notna()
    return generations.assign(
        generation_count=1.0,
        mature_count=is_mature.astype(float),
        used_count=generations["is_used"].astype(float),
        mature_credits=generations["credits"].where(is_mature, 0.0),
        mature_wasted_credits=generations["credits"].where(is_mature & is_wasted, 0.0),
        early_wasted_credits=generations["credits"].where(
            generations["waste_reason"].isin(EARLY_REASONS), 0.0
        ),
        recent_credits=generations["credits"].where(generations["age"] < 30, 0.0),
        episode_count=(generations["attempt"] == 1).astype(float),
        long_episode_count=((generations["attempt"] == 1) & (generations["attempts"] >= 3)).astype(float),
        **{
            f"{reason}_count": (
                (generations["waste_reason"] == reason) & (is_mature | (reason in EARLY_REASONS))
            ).astype(float)
            for reason in REASONS
        },
    )
