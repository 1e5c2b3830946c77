"""Suggestions as sentences to act on: where waste is higher than elsewhere, and what less of it could save.

Not here: which segments waste more (segments.py), or how much could be saved (savings.py). The sentences
claim no cause and blame nobody: they say what differs and where to look.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd

from forecasting.waste.segments import EARLY_REASONS, KINDS, MIN_RATIO, UNNEEDED

HORIZON_DAYS = 365

# what happens to the content of a segment, by waste reason
_HAPPENS = {
    "failed_generation": "fail",
    "rejected_content": "are rejected",
    "excess_regeneration": "take {attempts} or more attempts",
    "low_quality_draft": "are low-quality first drafts that are done again",
    "unused_content": "are never used",
}
_ACTIONS = {
    "ruleset": "tightening it",
    "template": "reworking it",
    "category_type": "reviewing what is asked for there",
    "member_type": "going through them together",
    "model": "trying another one",
    "workflow": "reworking it",
}


@dataclass(frozen=True)
class Terms:
    """The period of the evidence, and which episodes are too long.

    Attributes:
        as_of: the last day. days: how far back the evidence reaches.
        maturity_days: content younger than this may still be used.
        excess_attempts: from how many attempts on an episode is too long.
    """

    as_of: date
    days: int
    maturity_days: int
    excess_attempts: int


def write_suggestions(
    segments: pd.DataFrame,
    evidence: pd.DataFrame,
    people: pd.DataFrame,
    types: pd.DataFrame,
    balances: pd.DataFrame,
    terms: Terms,
) -> pd.DataFrame:
    """The suggestions of every workspace.

    Args:
        segments: of `add_savings`.
        evidence: exact counts and credits by workspace_id and suggestion_rank.
        people: workspace_id, member_id, member_name.
        types: generation_type, generation_type_name.
        balances: workspace_id, credits_remaining (null without a ledger), burnt_credits in burnt_days.
        terms: of the evidence.

    Returns:
        One row per workspace and rank: the segments and their evidence, evidence_from and evidence_to,
        saving_days (how many days longer the credits left would last; null without a ledger, without use, and
        where it lasts more than a year anyway) and suggestion.
    """
    suggestions = (
        segments.merge(evidence, on=["workspace_id", "suggestion_rank"], validate="one_to_one")
        .merge(distinct_names(people), on=["workspace_id", "member_id"], how="left", validate="many_to_one")
        .merge(types, on="generation_type", how="left", validate="many_to_one")
        .merge(balances, on="workspace_id", how="left", validate="many_to_one")
    )
    last = pd.Timestamp(terms.as_of)
    suggestions["evidence_from"] = last - pd.Timedelta(days=terms.days - 1)
    is_early = suggestions["waste_reason"].isin(EARLY_REASONS)
    suggestions["evidence_to"] = last - pd.to_timedelta((~is_early) * terms.maturity_days, unit="D")
    suggestions["saving_days"] = _saving_days(suggestions)
    suggestions["suggestion"] = [_sentence(row, terms) for row in suggestions.to_dict("records")]
    suggestions["segment_id"] = [_segment_id(row) for row in suggestions.to_dict("records")]
    return suggestions.drop(
        columns=["member_name", "generation_type_name", "credits_remaining", "burnt_credits", "burnt_days"]
    )


def _saving_days(suggestions: pd.DataFrame) -> pd.Series:
    left = suggestions["credits_remaining"].astype("float64").clip(lower=0)
    burnt, days = suggestions["burnt_credits"].astype("float64"), suggestions["burnt_days"].astype("float64")
    # the saving refers to the days of that usage
    saved = np.minimum(suggestions["saving_mid"], burnt)
    lasts = left * days / burnt.where(burnt > 0)
    longer = (
        (left * days / (burnt - saved).where(burnt > saved)).fillna(HORIZON_DAYS).clip(upper=HORIZON_DAYS)
    )
    return (longer - lasts).where(lasts <= HORIZON_DAYS).round(1)


def _sentence(row: dict[Hashable, Any], terms: Terms) -> str:
    types = _types(row)
    saving = _saving(row)
    if row["waste_reason"] == UNNEEDED:
        return (
            f"{_capital(types)} of {row['product_category']}: none of the {row['evidence_count']:,} made "
            f"{terms.maturity_days} to {terms.days} days ago was used, nor any since; not generating them "
            f"could save {saving}."
        )
    happens = _HAPPENS[str(row["waste_reason"])].format(attempts=terms.excess_attempts)
    action = _ACTIONS[str(row["segment_kind"])]
    share = row["affected_count"] / max(row["evidence_count"], 1)
    elsewhere = row["elsewhere_affected_count"] / max(row["elsewhere_count"], 1)
    comparison = f"{_percent(elsewhere, other=share)} elsewhere"
    if share < MIN_RATIO * elsewhere:
        # other segments, or another mix of types, make a plain comparison misleading
        comparison = f"{_percent(row['expected_share'], other=share)} where all else is alike"
    return (
        f"{_subject(row)}: {_percent(share, other=elsewhere)} of {_whose(row)} {happens}, {comparison}; "
        f"{action} could save {saving}."
    )


def distinct_names(people: pd.DataFrame) -> pd.DataFrame:
    """The people, with their id in a name that several of a workspace have."""
    name = people["member_name"]
    is_shared = people.duplicated(["workspace_id", "member_name"], keep=False) & name.notna()
    with_id = name.astype("str") + " (" + people["member_id"].astype("str") + ")"
    return people.assign(member_name=name.astype("object").where(~is_shared, with_id))


def _subject(row: dict[Hashable, Any]) -> str:
    match row["segment_kind"]:
        case "ruleset":
            return f"Ruleset {row['ruleset_id']}"
        case "template":
            return f"Template {row['template_id']}"
        case "category_type":
            return f"{_capital(_types(row))} of {row['product_category']}"
        case "model":
            return f"Model {row['model']}"
        case "workflow":
            return f"Workflow {row['workflow']}"
    name = row["member_name"]
    return f"Member {name if isinstance(name, str) and name else row['member_id']}"


def _whose(row: dict[Hashable, Any]) -> str:
    match row["segment_kind"]:
        case "category_type":
            return "them"
        case "member_type":
            return f"the {_types(row)}"
    return f"its {_types(row)}"


def _segment_id(row: dict[Hashable, Any]) -> str:
    names = [row[name] for name in KINDS.values()]
    parts = [*names, row["generation_type"]]
    return " / ".join(str(part) for part in parts if isinstance(part, str))


def _types(row: dict[Hashable, Any]) -> str:
    own, name = row["generation_type"], row["generation_type_name"]
    if not isinstance(own, str):
        return "generations"
    known = isinstance(name, str) and name != own
    return f"{str(name)[:1].lower()}{str(name)[1:]}" if known else f"{own} generations"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _percent(share: float, *, other: float) -> str:
    """As few digits as distinguish it from the other share."""
    decimals = 0 if f"{100 * share:.0f}" != f"{100 * other:.0f}" and share >= 0.005 else 1
    return f"{100 * share:.{decimals}f} %"


def _saving(row: dict[Hashable, Any]) -> str:
    # rounded as in the reports: half up, whole from 10 upwards
    low, high = (Decimal(f"{row[name]:.6f}") for name in ("saving_low", "saving_high"))
    unit = Decimal(1).scaleb(0 if high >= 10 else -2 if high >= Decimal("0.01") else -6)
    first, last = (value.quantize(unit, ROUND_HALF_UP) for value in (low, high))
    span = f"{last:,f}" if first == last else f"{first:,f} to {last:,f}" if first else f"up to {last:,f}"
    words = f"{span} credits a month"
    days = row["saving_days"]
    if pd.isna(days):
        return words
    rounded = int(days + 0.5)
    if rounded < 1:
        return f"{words}, less than a day"
    return f"{words}, about {rounded:,} day{'s' if rounded > 1 else ''}"
