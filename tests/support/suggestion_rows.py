"""A segment with its evidence, and the suggestion made from it.

Nothing is asserted here.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from forecasting.waste.suggestions import Terms, write_suggestions

TERMS = Terms(as_of=date(2026, 4, 7), days=90, maturity_days=14, excess_attempts=3)
SEGMENT: dict[str, Any] = {
    "workspace_id": "w1",
    "segment_kind": "ruleset",
    "ruleset_id": "rs_12",
    "template_id": None,
    "product_category": None,
    "member_id": None,
    "model": None,
    "workflow": None,
    "generation_type": "description",
    "waste_reason": "excess_regeneration",
    "expected_share": 0.11,
    "saving_low": 90.0,
    "saving_mid": 115.0,
    "saving_high": 140.0,
    "suggestion_rank": 1,
}
EVIDENCE = {
    "workspace_id": "w1",
    "suggestion_rank": 1,
    "generation_count": 300,
    "wasted_generation_count": 120,
    "credits": 600,
    "wasted_credits": 250,
    "evidence_count": 200,
    "affected_count": 68,
    "elsewhere_count": 500,
    "elsewhere_affected_count": 60,
}
# 115 credits less in 30 days, of 2,340: 2,660 last 1.76 days longer
BALANCE = {"workspace_id": "w1", "credits_remaining": 2660.0, "burnt_credits": 2340.0, "burnt_days": 30.0}


def suggestion_for(
    segment: dict[str, Any] | None = None,
    evidence: dict[str, Any] | None = None,
    balance: dict[str, Any] | None = None,
) -> Any:
    texts = [
        "ruleset_id",
        "template_id",
        "product_category",
        "member_id",
        "model",
        "workflow",
        "generation_type",
    ]
    segments = pd.DataFrame([SEGMENT | (segment or {})]).astype(dict.fromkeys(texts, "string"))
    people = pd.DataFrame({"workspace_id": ["w1"], "member_id": ["m1"], "member_name": ["Sarah"]})
    types = pd.DataFrame(
        {
            "generation_type": ["description", "meta", "alt_text"],
            "generation_type_name": ["Descriptions", "Meta tags", "alt_text"],
        }
    )
    frames = (pd.DataFrame([EVIDENCE | (evidence or {})]), people, types)
    return write_suggestions(segments, *frames, pd.DataFrame([BALANCE | (balance or {})]), TERMS).iloc[0]
