"""What to change, as sentences a person can act on: where waste stands out, and what less of it could save.

Not here: which segments stand out (waste_segments.py), or how much could be saved (waste_savings.py). The
words claim no cause and judge nobody: they say what differs and where to look.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from forecasting.waste_savings import SAVING_DAYS
from forecasting.waste_segments import UNNEEDED

# what is said of the share of a segment's content that a reason takes
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
}


@dataclass(frozen=True)
class Terms:
    """What the sentences refer to.

    Attributes:
        days: how far back the evidence reaches.
        excess_attempts: from how many attempts on regenerations count as waste.
    """

    days: int
    excess_attempts: int


def tell(
    segments: pd.DataFrame,
    evidence: pd.DataFrame,
    people: pd.DataFrame,
    types: pd.DataFrame,
    standing: pd.DataFrame,
    terms: Terms,
) -> pd.DataFrame:
    """The suggestions of every workspace.

    Args:
        segments: as `add_savings` gives them.
        evidence: exact counts and credits by workspace_id and suggestion_rank.
        people: workspace_id, member_id, member_name.
        types: generation_type, generation_type_name.
        standing: workspace_id, credits_remaining (null without a ledger), burn_rate a day.
        terms: what the sentences refer to.

    Returns:
        One row per workspace and rank: the segments and their evidence, saving_days (by how many days what is
        left would last longer; null without a ledger) and suggestion.
    """
    told = (
        segments.merge(evidence, on=["workspace_id", "suggestion_rank"], validate="one_to_one")
        .merge(people, on=["workspace_id", "member_id"], how="left")
        .merge(types, on="generation_type", how="left")
        .merge(standing, on="workspace_id", how="left")
    )
    left, burn = told["credits_remaining"].astype("float64"), told["burn_rate"].astype("float64")
    saved = (told["saving_mid"] / SAVING_DAYS).clip(upper=0.99 * burn)
    longer = (left.clip(lower=0) / (burn - saved) - left.clip(lower=0) / burn).where(burn > 0)
    told["saving_days"] = longer.round(1)
    told["suggestion"] = [_sentence(row, terms) for row in told.to_dict("records")]
    told["segment_id"] = [_segment_id(row) for row in told.to_dict("records")]
    return told.drop(columns=["member_name", "generation_type_name", "credits_remaining", "burn_rate"])


def _sentence(row: dict[Hashable, Any], terms: Terms) -> str:
    types = _types(row)
    saving = _saving(row)
    if row["waste_reason"] == UNNEEDED:
        return (
            f"{_capital(types)} of {row['product_category']}: none of {row['evidence_count']:,} was used in "
            f"{terms.days} days; not generating them could save {saving}."
        )
    happens = _HAPPENS[str(row["waste_reason"])].format(attempts=terms.excess_attempts)
    action = _ACTIONS[str(row["segment_kind"])]
    elsewhere = _percent(row["elsewhere_affected_count"], row["elsewhere_count"])
    return (
        f"{_subject(row)}: {_percent(row['affected_count'], row['evidence_count'])} of {_whose(row)} "
        f"{happens}, {elsewhere} elsewhere; {action} could save {saving}."
    )


def _subject(row: dict[Hashable, Any]) -> str:
    match row["segment_kind"]:
        case "ruleset":
            return f"Ruleset {row['ruleset_id']}"
        case "template":
            return f"Template {row['template_id']}"
        case "category_type":
            return f"{_capital(_types(row))} of {row['product_category']}"
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
    names = [row[name] for name in ("ruleset_id", "template_id", "product_category", "member_id")]
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


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.0f} %"


def _saving(row: dict[Hashable, Any]) -> str:
    low, high = row["saving_low"], row["saving_high"]
    decimals = 0 if high >= 10 else 2
    first, last = f"{low:,.{decimals}f}", f"{high:,.{decimals}f}"
    span = (
        last if first == last else f"{first} to {last}" if float(first.replace(",", "")) else f"up to {last}"
    )
    words = f"{span} credits a month"
    days = row["saving_days"]
    if pd.isna(days):
        return words
    rounded = int(days + 0.5)
    if rounded < 1:
        return f"{words}, less than a day"
    return f"{words}, about {rounded:,} day{'s' if rounded > 1 else ''}"
