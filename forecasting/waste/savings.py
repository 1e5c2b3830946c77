"""What a segment could save in 30 days if it wasted no more than the better quarter of its peers.

Its peers are the segments of the same kind for the same generation type in the same workspace. Rates are of
credits, those of small segments shrunk towards the type's: for a reason known at once, of what was wasted for
such reasons; for the others, of all that was wasted, among mature generations. The saving is potential: no
cause is known.

Not here: which segments waste more (segments.py), or the text of a suggestion (suggestions.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.core.groupby import DataFrameGroupBy

from forecasting.waste.cells import EARLY_REASONS, IDS, KINDS, MICRO, UNNEEDED, Cells, sum_of
from forecasting.waste.segments import MIN_GENERATIONS

SAVING_DAYS = 30
# a segment's rate is shrunk by so many pseudo-generations at the type's rate
PRIOR_GENERATIONS = 20
RANGE_SDS = 1.2816  # of a normal distribution, to 10 and 90 %
BETTER_QUARTER = 0.25
DECIMALS = 6
# a saving below this share of the workspace's usage is not worth a change
MIN_SHARE = 0.001


@dataclass(frozen=True)
class Measures:
    """The columns that a rate is computed from; all three count the same generations."""

    count: str
    credits: str
    wasted: str


# waste known at once is counted to as_of, all waste only of generations that are mature
_EARLY = Measures("generation_count", "credits", "early_wasted_credits")
_MATURE = Measures("mature_count", "mature_credits", "mature_wasted_credits")


def add_savings(segments: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """The segments worth a change, most saving first, with their potential saving.

    Args:
        segments: of `find_segments`.
        cells: that they were found in.

    Returns:
        The segments with saving_low, saving_mid, saving_high: credits in SAVING_DAYS, with the 80 % range,
        never more than was wasted; and suggestion_rank, from 1 in each workspace.
    """
    # its index is the cell; texts are numbered once, and not in each of the many sums
    frame = cells.frame[cells.frame["workspace_id"].isin(segments["workspace_id"])]
    frame = frame.astype(dict.fromkeys(IDS, "category"))
    found = [
        _savings(segments[segments["segment_kind"] == kind], frame, cells, kind)
        for kind in KINDS
        if (segments["segment_kind"] == kind).any()
    ]
    if not found:
        numbers = dict.fromkeys(("saving_low", "saving_mid", "saving_high"), 0.0)
        return segments.assign(**numbers, suggestion_rank=0)
    saved = pd.concat(found, ignore_index=True)
    usage = frame.groupby("workspace_id", observed=True)["recent_credits"].sum() / MICRO
    saved = saved[saved["saving_mid"] > MIN_SHARE * saved["workspace_id"].map(usage)]
    ids = list(KINDS.values())
    saved = saved.sort_values(
        ["workspace_id", "saving_mid", *ids, "generation_type"],
        ascending=[True, False, *[True] * (len(ids) + 1)],
        kind="stable",
    )
    rank = saved.groupby("workspace_id").cumcount() + 1
    return saved.assign(suggestion_rank=rank).reset_index(drop=True)


def _savings(segments: pd.DataFrame, frame: pd.DataFrame, cells: Cells, kind: str) -> pd.DataFrame:
    part = ["workspace_id", "generation_type", KINDS[kind]]
    is_early = segments["waste_reason"].isin(EARLY_REASONS)
    merged = pd.concat(
        [
            _of_segments(segments[chosen], frame, cells, part, measures)
            for chosen, measures in ((is_early, _EARLY), (~is_early, _MATURE))
        ],
        ignore_index=True,
    )
    never = (merged["waste_reason"] == UNNEEDED).to_numpy()
    for name, level in {"low": 0.9, "mid": 0.5, "high": 0.1}.items():
        # none of n units was used: at this confidence, at least this share is unused
        unused = (1 - level) ** (1 / merged["products"].clip(lower=1))
        merged[f"never_{name}"] = merged["recent"] * np.where(never, unused, 0.0)
    merged["mid"] = np.where(never, 0.0, merged["saving"])
    merged["variance"] = np.where(never, 0.0, merged["saving_variance"])
    columns = list(segments.columns)
    sums = merged.groupby(columns, dropna=False, sort=False, as_index=False)[
        ["wasted", "mid", "variance", "never_low", "never_mid", "never_high"]
    ].sum()
    spread = RANGE_SDS * np.sqrt(sums["variance"])
    savings = pd.DataFrame(
        {
            "saving_low": (sums["mid"] - spread).clip(lower=0.0) + sums["never_low"],
            "saving_mid": sums["mid"] + sums["never_mid"],
            "saving_high": sums["mid"] + spread + sums["never_high"],
        }
    )
    # never more than was wasted, to the published digits; the whole range becomes smaller, and stays a range
    scale = (sums["wasted"] / savings["saving_high"].clip(lower=1e-9)).clip(upper=1.0)
    return sums[columns].join((savings.mul(scale, axis=0) / MICRO).round(DECIMALS))


def _of_segments(
    segments: pd.DataFrame, frame: pd.DataFrame, cells: Cells, part: list[str], measures: Measures
) -> pd.DataFrame:
    """The parts of the segments by type, each with its saving and how uncertain that is, in micro-credits."""
    grouped = frame.groupby(part, as_index=False, dropna=False, observed=True)
    merged = _merged(segments, _parts(grouped, part, measures), part)
    number = grouped.ngroup()
    number = number[number.isin(merged["part"])]
    rate = np.zeros(int(number.max()) + 1 if len(number) else 0)
    rate[merged["part"]] = merged["rate"]
    cell, number_of_cell = (np.asarray(codes, dtype=np.int64) for codes in (number.index, number))
    of_part, (decided, wasted) = cells.products.sum_parts(
        cell, number_of_cell, measures.credits, measures.wasted
    )
    square = sum_of(of_part, (wasted - rate[of_part] * decided) ** 2)[merged["part"]]
    shrunk = merged["shrunk_decided"].clip(lower=1e-9)
    return merged.assign(
        products=np.bincount(of_part)[merged["part"]],
        saving_variance=(square + merged["open_square"]) / shrunk**2 * merged["recent"] ** 2,
    )


def _merged(segments: pd.DataFrame, parts: pd.DataFrame, part: list[str]) -> pd.DataFrame:
    """The segments with their parts; one of all types is the sum of its parts."""
    of_type = segments["generation_type"].notna()
    pieces = [
        segments[of_type].merge(parts, on=part),
        segments[~of_type]
        .drop(columns="generation_type")
        .merge(parts, on=[name for name in part if name != "generation_type"])
        .drop(columns="generation_type"),
    ]
    return pd.concat(pieces, ignore_index=True)


def _parts(grouped: DataFrameGroupBy, part: list[str], measures: Measures) -> pd.DataFrame:
    """Every segment of a kind and type: its number, its rate, and what it could save.

    Generations without an id are a peer, too.
    """
    names = {measures.count: "count", measures.credits: "decided", measures.wasted: "wasted"}
    names["recent_credits"] = "recent"
    parts = grouped[list(names)].sum().rename(columns=names).rename_axis("part").reset_index()
    types = parts.groupby(part[:2], as_index=False, observed=True)[["count", "decided", "wasted"]].sum()
    parts = parts.merge(types, on=part[:2], suffixes=("", "_of_type"))
    type_rate = parts["wasted_of_type"] / parts["decided_of_type"].clip(lower=1e-9)
    each = parts["decided_of_type"] / parts["count_of_type"].clip(lower=1)
    prior = PRIOR_GENERATIONS * each
    parts["shrunk_decided"] = parts["decided"] + prior
    parts["rate"] = (parts["wasted"] + prior * type_rate) / parts["shrunk_decided"].clip(lower=1e-9)
    is_large = parts["count"] >= MIN_GENERATIONS
    better = (
        parts[is_large]
        .groupby(part[:2], observed=True)["rate"]
        .quantile(BETTER_QUARTER, interpolation="lower")
        .rename("better")
    )
    parts = parts.merge(better.reset_index(), on=part[:2], how="left")
    gain = (parts["rate"] - parts["better"]).clip(lower=0.0).fillna(0.0)
    parts["saving"] = gain * parts["recent"]
    # what little evidence leaves open is as wide as the prior
    parts["open_square"] = PRIOR_GENERATIONS * each**2 * type_rate * (1 - type_rate)
    return parts.astype(dict.fromkeys(part, "str"))
