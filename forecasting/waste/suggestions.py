"""Suggestions as sentences to act on: where waste is higher than elsewhere, and what less of it could save.

Not here: which segments waste more (segments.py), or how much could be saved (savings.py). The sentences
claim no cause and blame nobody: they say what differs and where to look.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd

from forecasting.waste.cells import EARLY_REASONS, KINDS, UNNEEDED
from forecasting.waste.segments import MIN_RATIO

HORIZON_DAYS = 365


def N_(sentence: str) -> str:
    """Mark a sentence for the extractor of the report's catalogues, where its translations are."""
    return sentence


# what happens to the content of a segment, by waste reason
_HAPPENS = {
    "failed_generation": N_("fail"),
    "rejected_content": N_("are rejected"),
    "excess_regeneration": N_("take {attempts} or more attempts"),
    "low_quality_draft": N_("are low-quality first drafts that are done again"),
    "unused_content": N_("are never used"),
}
_ACTIONS = {
    "ruleset": N_("tightening it"),
    "template": N_("reworking it"),
    "category_type": N_("reviewing what is asked for there"),
    "member_type": N_("going through them together"),
    "model": N_("trying another one"),
    "workflow": N_("reworking it"),
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
        where it lasts more than a year anyway), suggestion, and suggestion_parts: the same as JSON, a
        sentence and its parts, for other languages.
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
    parts = [_parts(row, terms) for row in suggestions.to_dict("records")]
    suggestions["suggestion"] = [in_english(sentence) for sentence in parts]
    suggestions["suggestion_parts"] = [json.dumps(sentence, ensure_ascii=False) for sentence in parts]
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


def _parts(row: dict[Hashable, Any], terms: Terms) -> dict[str, Any]:
    """The suggestion as a sentence and its parts, for `in_english` and for translation."""
    types, saving = _types(row), _saving(row)
    if row["waste_reason"] == UNNEEDED:
        return _sentence(
            N_(
                "{types} of {category}: none of the {count} made {last} to {first} days ago was used, nor "
                "any since; not generating them could save {saving}."
            ),
            types={"capital": types},
            category=str(row["product_category"]),
            count={"number": str(row["evidence_count"])},
            last={"number": str(terms.maturity_days)},
            first={"number": str(terms.days)},
            saving=saving,
        )
    share = row["affected_count"] / max(row["evidence_count"], 1)
    elsewhere = row["elsewhere_affected_count"] / max(row["elsewhere_count"], 1)
    comparison = _sentence(N_("{share} elsewhere"), share=_percent(elsewhere, other=share))
    if share < MIN_RATIO * elsewhere:
        # other segments, or another mix of types, make a plain comparison misleading
        expected = _percent(row["expected_share"], other=share)
        comparison = _sentence(N_("{share} where all else is alike"), share=expected)
    return _sentence(
        N_("{segment}: {share} of {generations} {happens}, {comparison}; {action} could save {saving}."),
        segment=_segment(row),
        share=_percent(share, other=elsewhere),
        generations=_whose(row),
        happens=_sentence(
            _HAPPENS[str(row["waste_reason"])], attempts={"number": str(terms.excess_attempts)}
        ),
        comparison=comparison,
        action=_sentence(_ACTIONS[str(row["segment_kind"])]),
        saving=saving,
    )


def _sentence(sentence: str, **parts: Any) -> dict[str, Any]:
    return {"sentence": sentence, "parts": parts}


def in_english(part: Any) -> str:
    """A part as text: a name, {"number": digits}, {"days": number}, {"capital": part}, or a sentence."""
    match part:
        case {"sentence": sentence, "parts": parts}:
            return str(sentence).format(**{name: in_english(value) for name, value in parts.items()})
        case {"number": digits}:
            return f"{Decimal(digits):,f}"
        case {"days": days}:
            return f"{days:,} day{'' if days == 1 else 's'}"
        case {"capital": words}:
            text = in_english(words)
            return text[:1].upper() + text[1:]
    return str(part)


def distinct_names(people: pd.DataFrame) -> pd.DataFrame:
    """The people, with their id in a name that several of a workspace have."""
    name = people["member_name"]
    is_shared = people.duplicated(["workspace_id", "member_name"], keep=False) & name.notna()
    with_id = name.astype("str") + " (" + people["member_id"].astype("str") + ")"
    return people.assign(member_name=name.astype("object").where(~is_shared, with_id))


def _segment(row: dict[Hashable, Any]) -> dict[str, Any]:
    match row["segment_kind"]:
        case "ruleset":
            return _sentence(N_("Ruleset {name}"), name=str(row["ruleset_id"]))
        case "template":
            return _sentence(N_("Template {name}"), name=str(row["template_id"]))
        case "category_type":
            types, category = {"capital": _types(row)}, str(row["product_category"])
            return _sentence(N_("{types} of {category}"), types=types, category=category)
        case "model":
            return _sentence(N_("Model {name}"), name=str(row["model"]))
        case "workflow":
            return _sentence(N_("Workflow {name}"), name=str(row["workflow"]))
    name = row["member_name"]
    known = name if isinstance(name, str) and name else str(row["member_id"])
    return _sentence(N_("Member {name}"), name=known)


def _whose(row: dict[Hashable, Any]) -> dict[str, Any]:
    match row["segment_kind"]:
        case "category_type":
            return _sentence(N_("them"))
        case "member_type":
            return _sentence(N_("the {types}"), types=_types(row))
    return _sentence(N_("its {types}"), types=_types(row))


def _segment_id(row: dict[Hashable, Any]) -> str:
    names = [row[name] for name in KINDS.values()]
    parts = [*names, row["generation_type"]]
    return " / ".join(str(part) for part in parts if isinstance(part, str))


def _types(row: dict[Hashable, Any]) -> str | dict[str, Any]:
    own, name = row["generation_type"], row["generation_type_name"]
    if not isinstance(own, str):
        return _sentence(N_("generations"))
    if isinstance(name, str) and name != own:
        return f"{name[:1].lower()}{name[1:]}"
    return _sentence(N_("{type} generations"), type=own)


def _percent(share: float, *, other: float) -> dict[str, Any]:
    """As few digits as distinguish it from the other share."""
    decimals = 0 if f"{100 * share:.0f}" != f"{100 * other:.0f}" and share >= 0.005 else 1
    return _sentence(N_("{number} %"), number={"number": f"{100 * share:.{decimals}f}"})


def _saving(row: dict[Hashable, Any]) -> dict[str, Any]:
    # rounded as in the reports: half up, whole from 10 upwards
    low, high = (Decimal(f"{row[name]:.6f}") for name in ("saving_low", "saving_high"))
    unit = Decimal(1).scaleb(0 if high >= 10 else -2 if high >= Decimal("0.01") else -6)
    first, last = (value.quantize(unit, ROUND_HALF_UP) for value in (low, high))
    least, most = {"number": f"{first:f}"}, {"number": f"{last:f}"}
    if first == last:
        span: dict[str, Any] = most
    elif first:
        span = _sentence(N_("{least} to {most}"), least=least, most=most)
    else:
        span = _sentence(N_("up to {most}"), most=most)
    words = _sentence(N_("{credits} credits a month"), credits=span)
    days = row["saving_days"]
    if pd.isna(days):
        return words
    rounded = int(days + 0.5)
    if rounded < 1:
        return _sentence(N_("{saving}, less than a day"), saving=words)
    return _sentence(N_("{saving}, about {days}"), saving=words, days={"days": rounded})
