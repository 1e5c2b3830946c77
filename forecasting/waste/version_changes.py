"""Rulesets and templates that replaced another: regeneration rate and first-pass quality before and after.

Not here: why a rate changed. Products, members and texts change with time too, so no difference shows
what the version caused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.ledger import Ints, day_numbers, midnights
from forecasting.spikes.detect import day_number

LISTED_DAYS = 90
KNOWN_DAYS = 180  # an id not used in these days before is new
SIDE_DAYS = 30

LEAST_QUALITY_SPREAD = 0.05
MICRO = 10**6
QUALITY_STEPS = 10**17
_Z90 = 1.6448536269514722  # of a normal distribution, 5 % lie above it and 5 % below its negative
_DAYS_APART = 2 * KNOWN_DAYS  # from one group to the next on one line of days, more than a window is long

Floats = NDArray[np.float64]
Whole = NDArray[np.object_]  # ints of any size

_GROUP = ["workspace_id", "generation_type", "version_kind"]
_IDS = [*_GROUP, "version_id", "previous_id"]


def find_changes(daily: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """Every id first used in the last 90 days, where another one was in use just before.

    An id is new on its first day if none of its attempts of that workspace and generation type lies in the
    days before it, of the last 180. What it replaced is the id with most attempts in the 30 days before;
    of equals the one used later, then the lower id. Without any there is no change: two versions that ran
    side by side all along are none, nor is the first version there ever was.

    Args:
        daily: workspace_id, generation_type, version_kind, version_id, usage_date, attempts; one row for each
            day an id was used.
        as_of: the last local day known.

    Returns:
        workspace_id, generation_type, version_kind, version_id, previous_id, changed_on, in that order, and
        numbered from 0.
    """
    rows = daily.astype(dict.fromkeys([*_GROUP, "version_id"], "str") | {"attempts": "int64"})
    rows = rows.assign(day=day_numbers(rows["usage_date"]) - day_number(as_of) + KNOWN_DAYS - 1)
    rows = rows[rows["day"].between(0, KNOWN_DAYS - 1)]
    rows["group"] = rows.groupby(_GROUP).ngroup() * _DAYS_APART
    rows["began"] = rows.groupby(["group", "version_id"])["day"].transform("min")
    changes = rows[(rows["day"] == rows["began"]) & (rows["began"] >= KNOWN_DAYS - LISTED_DAYS)]
    changes = changes.assign(position=changes["group"] + changes["began"])
    changes = changes.merge(_previous(rows, np.unique(changes["position"])), on="position")
    began = changes["began"].to_numpy() + day_number(as_of) - KNOWN_DAYS + 1
    changes = changes.assign(changed_on=midnights(began))
    return changes[[*_IDS, "changed_on"]].sort_values(_IDS, ignore_index=True)


def _previous(rows: pd.DataFrame, positions: Ints) -> pd.DataFrame:
    """The id most used in the 30 days before each position, a day on the line of all groups."""
    used = (rows["group"] + rows["day"]).to_numpy()
    first, last = (np.searchsorted(positions, used + days, side="right") for days in (0, SIDE_DAYS))
    counts = last - first
    at = np.repeat(np.arange(len(rows)), counts)
    step = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    uses = rows[["version_id", "attempts", "day"]].iloc[at].assign(position=positions[first[at] + step])
    uses = uses.groupby(["position", "version_id"], as_index=False).agg({"attempts": "sum", "day": "max"})
    uses = uses.sort_values(
        ["position", "attempts", "day", "version_id"], ascending=[True, False, False, True]
    )
    return uses.drop_duplicates("position")[["position", "version_id"]].rename(
        columns={"version_id": "previous_id"}
    )


def sides_of(changes: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """Which attempts lie on either side of each change.

    Returns:
        Two rows for each row of `changes`: change (its number), is_after, workspace_id, generation_type,
        version_kind, version_id, from_on, to_on: the previous id in the 30 days before the change, and the
        new one in the 30 days from it on, up to `as_of`.
    """
    day = day_numbers(changes["changed_on"])
    today = day_number(as_of)
    sides = [
        (False, "previous_id", day - SIDE_DAYS, day - 1),
        (True, "version_id", day, np.minimum(day + SIDE_DAYS - 1, today)),
    ]
    return pd.concat(
        [
            changes[_GROUP].assign(
                change=np.arange(len(changes)),
                is_after=is_after,
                version_id=changes[name],
                from_on=midnights(first),
                to_on=midnights(last),
            )
            for is_after, name, first, last in sides
        ],
        ignore_index=True,
    )


def compare(changes: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """Each change with both measures on either side, their differences (after less before) and 90 % ranges.

    Attempts at one product are not independent, so products are what is counted. The variance of a rate
    sum(y) / sum(n) over K products is K / (K - 1) * sum((y - rate * n)^2) / sum(n)^2 (linearised variance of
    a ratio: Cochran, Sampling Techniques, 3rd ed. 1977, chapter 6), those of both sides add up, and the range
    is that of a normal distribution, within -1 and 1. Equal products on a side do not
    prove that the next one is equal: the variance of a regeneration rate is at least (K + 1) / (K + 2)^3,
    that of one regenerated product in K + 2, and quality is taken to spread by at least 0.05 between
    products. So no range is a point. With fewer than 2 products on a side the range of the rate is -1 to 1,
    and quality has none.

    Measured on simulated products (most with one attempt, 15 and 10 % with more; scores that spread by 0.08):
    with 2 to 100 products a side, 86 to 93 % of the ranges of rates contained the true difference;
    of those of quality 83 % with 2 products, 87 % with 5, 89 to 90 % from 10 on.

    Args:
        changes: what `find_changes` found.
        sums: for each change (by its number) and is_after, sums over the products of that side: products,
            attempts, regenerations, attempts_squared, attempts_by_regenerations, regenerations_squared; and
            over those with scored first attempts scored_products, scored, quality_steps (of 10^-17),
            scored_squared, and with the quality of a product in whole millionths scored_by_quality and
            quality_squared. A side that is left out has none.

    Returns:
        `changes` and, for both sides, attempts_*, regenerations_* and first_pass_scored_*; of both measures
        *_before_micro and *_after_micro, whole millionths, half up; *_difference_micro; and its range,
        *_difference_low_micro and *_difference_high_micro. What has no value is null.
    """
    index = pd.MultiIndex.from_product([[False, True], range(len(changes))], names=["is_after", "change"])
    sums = sums.set_index(["is_after", "change"]).reindex(index, fill_value=0)
    before, after = sums.iloc[: len(changes)], sums.iloc[len(changes) :]
    counted = {
        f"{name}_{when}": side[column].to_numpy(dtype=np.int64)
        for name, column in _COUNTS.items()
        for when, side in (("before", before), ("after", after))
    }
    rates = _differences("regeneration_rate", _regeneration_rate(before), _regeneration_rate(after))
    scores = _differences("first_pass_quality_score", _quality_score(before), _quality_score(after))
    found = changes.assign(**counted, **rates, **scores)
    # without any product the range of a rate is the whole of it
    nothing = {"regeneration_rate_difference_low_micro": -MICRO}
    return found.fillna(nothing | {"regeneration_rate_difference_high_micro": MICRO})


_COUNTS = {"attempts": "attempts", "regenerations": "regenerations", "first_pass_scored": "scored"}


@dataclass(frozen=True)
class _Ratio:
    """A measure on one side of every change.

    Attributes:
        micro: whole millionths, exact, half up; 0 where it has no value.
        is_known: whether it has a value.
        variance: of it as a fraction; not a number with fewer than 2 products.
    """

    micro: Ints
    is_known: NDArray[np.bool_]
    variance: Floats


def _regeneration_rate(side: pd.DataFrame) -> _Ratio:
    products = _floats(side, "products")
    moments = ("attempts_squared", "attempts_by_regenerations", "regenerations_squared")
    return _ratio(
        counts=_whole(side, "attempts"),
        totals=_whole(side, "regenerations"),
        products=products,
        moments=[_floats(side, name) for name in moments],
        least=(products + 1) / (products + 2) ** 3,
    )


def _quality_score(side: pd.DataFrame) -> _Ratio:
    products = _floats(side, "scored_products")
    squares = _floats(side, "scored_squared")
    by_quality = _floats(side, "scored_by_quality") / MICRO
    return _ratio(
        counts=_whole(side, "scored"),
        totals=_whole(side, "quality_steps"),
        steps=QUALITY_STEPS,
        products=products,
        moments=[squares, by_quality, _floats(side, "quality_squared") / MICRO**2],
        least=LEAST_QUALITY_SPREAD**2 / np.maximum(products, 1),
    )


def _ratio(
    *, counts: Whole, totals: Whole, products: Floats, moments: list[Floats], least: Floats, steps: int = 1
) -> _Ratio:
    """sum(y) / sum(n) of products; moments are the sums of n^2, n y and y^2, and totals are y in steps."""
    known = np.maximum(counts, 1)
    micro = (2 * MICRO * totals + known * steps) // (2 * known * steps)
    ratio = (totals / (known * steps)).astype(np.float64)
    of_counts, of_both, of_totals = moments
    squares = of_totals - 2 * ratio * of_both + ratio**2 * of_counts
    correction = np.where(products > 1, products, np.nan) / np.maximum(products - 1, 1)
    variance = np.maximum(correction * squares / known.astype(np.float64) ** 2, least)
    return _Ratio(micro.astype(np.int64), (counts > 0).astype(bool), variance)


def _differences(name: str, before: _Ratio, after: _Ratio) -> dict[str, pd.api.extensions.ExtensionArray]:
    """Both sides of a measure, their difference and its range, as nullable whole millionths."""
    is_known = before.is_known & after.is_known
    difference = after.micro - before.micro
    half = _Z90 * np.sqrt(before.variance + after.variance) * MICRO
    has_range = is_known & np.isfinite(half)
    half = np.ceil(np.where(has_range, half, 0)).astype(np.int64)
    return {
        f"{name}_before_micro": _nullable(before.micro, before.is_known),
        f"{name}_after_micro": _nullable(after.micro, after.is_known),
        f"{name}_difference_micro": _nullable(difference, is_known),
        f"{name}_difference_low_micro": _nullable(np.maximum(difference - half, -MICRO), has_range),
        f"{name}_difference_high_micro": _nullable(np.minimum(difference + half, MICRO), has_range),
    }


def _nullable(values: Ints, is_known: NDArray[np.bool_]) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(values, ~is_known)


def _whole(sums: pd.DataFrame, name: str) -> Whole:
    return np.array([int(value) for value in sums[name]], dtype=object)


def _floats(sums: pd.DataFrame, name: str) -> Floats:
    return sums[name].to_numpy(dtype=np.float64)
