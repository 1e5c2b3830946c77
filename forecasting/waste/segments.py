"""Where a workspace wastes more than elsewhere with the same kind of content.

A segment is a ruleset, a template, a category, a member, a model or a workflow, with one generation type or,
except a category, with all of its types. It is compared with everything else of the same types in the same
workspace, one waste reason at a time. A segment found is removed before the search for the next, so that one
cause is not reported for every segment that shares its generations.

Not here: what a change could save (savings.py), or the text of a suggestion (suggestions.py). No cause is
claimed: these are differences that chance does not explain.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.waste.cells import (
    COMPARED_REASONS,
    COUNTED,
    KINDS,
    UNNEEDED,
    WASTED,
    Cells,
    joined,
    of_each,
    sum_of,
)
from forecasting.waste.features import Floats, Ints, numbered

Bools = NDArray[np.bool_]

# At most this share of workspaces without any difference gets a suggestion: it is divided among all
# tests of a workspace (Bonferroni). Measured on simulated ones it is 1 to 2 %, since segments overlap.
FALSE_SHARE = 0.05
MIN_GENERATIONS = 30
MIN_PRODUCTS = 5
MIN_RATIO = 1.5
MAX_ROUNDS = 6
# of a single test: what is less clear is no segment of any workspace
LEAST_CLARITY = -NormalDist().inv_cdf(FALSE_SHARE)


def find_segments(cells: Cells) -> pd.DataFrame:
    """The segments that waste clearly more than the rest of their workspace, and fields that are never used.

    Returns:
        One row per segment: workspace_id, segment_kind, ruleset_id, template_id, product_category, member_id,
        model, workflow, generation_type (null: all of its types), waste_reason, clarity (standard errors of
        the difference), and expected_share: what the rest of the workspace suggests, type by type, without
        what other segments explain (NaN for a field that is never used).
    """
    fields = cells.segments["category_type", True]
    # young ones may be used as well
    is_used = sum_of(fields, cells.frame["used_count"].to_numpy()) > 0
    never_used = np.unique(fields[(cells.wasted(UNNEEDED) > 0) & ~is_used[fields]])
    unneeded = pd.DataFrame({"clarity": np.inf, "expected_share": np.nan}, index=never_used)
    found = [_named(cells, "category_type", True, UNNEEDED, unneeded)]
    is_needed = ~np.isin(fields, never_used)
    size = int(cells.workspace.max()) + 1 if len(fields) else 0
    occurs = [sum_of(cells.workspace, cells.wasted(reason), size) > 0 for reason in COMPARED_REASONS]
    reasons = np.sum(occurs, axis=0)
    for reason in COMPARED_REASONS:
        found += _clear_segments(cells, reason, reasons, is_left=is_needed)
    segments = pd.concat(found, ignore_index=True)
    # each segment once, by its clearest reason
    segments = segments.sort_values(["workspace_id", "clarity"], ascending=[True, False], kind="stable")
    keys = ["workspace_id", "segment_kind", *KINDS.values(), "generation_type"]
    segments = segments.drop_duplicates(keys).reset_index(drop=True)
    # a column without any id would be numeric
    return segments.astype(dict.fromkeys(keys, "string"))


def _clear_segments(cells: Cells, reason: str, reasons: Ints, *, is_left: Bools) -> Iterator[pd.DataFrame]:
    """Round by round the clearest segment of each workspace, without what was found before.

    Args:
        cells: all. reason: one of COMPARED_REASONS. reasons: how many of them occur in each workspace.
        is_left: which cells to search.
    """
    wasted = cells.wasted(reason)
    for _ in range(MAX_ROUNDS):
        rows = np.flatnonzero(is_left & (cells.counts(reason) > 0))
        # only workspaces with waste to explain
        has_waste = sum_of(cells.workspace[rows], wasted[rows]) > 0
        rows = rows[has_waste[cells.workspace[rows]]]
        if not len(rows):
            return
        compared = pd.concat([_compared(cells, reason, rows, of) for of in cells.segments], ignore_index=True)
        tested = compared.groupby("workspace")["segment"].transform("size")
        # that of scipy.special is as exact, and takes an eighth of a second to import
        shares, share = np.unique(FALSE_SHARE / reasons[compared["workspace"]] / tested, return_inverse=True)
        needed = np.array([-NormalDist().inv_cdf(each) for each in shares])[share]
        clear = compared[compared["is_material"] & (compared["clarity"] > needed)]
        if clear.empty:
            return
        clear = clear.sort_values(["workspace", "clarity"], ascending=[True, False], kind="stable")
        for (kind, is_of_type), chosen in clear.drop_duplicates("workspace").groupby(
            ["segment_kind", "is_of_type"], sort=False
        ):
            figures = chosen.set_index("segment")[["clarity", "expected_share"]]
            of = str(kind), bool(is_of_type)
            yield _named(cells, *of, reason, figures)
            is_left = is_left & ~np.isin(cells.segments[of], figures.index)
        # where nothing was found, nothing changed
        is_left = is_left & np.isin(cells.workspace, clear["workspace"])


def _compared(cells: Cells, reason: str, rows: Ints, of: tuple[str, bool]) -> pd.DataFrame:
    """Each segment of a kind against the rest of its workspace, of the same types; clarity where material.

    The variance is that of sums over products, since generations for one product are not independent; square
    roots of counts are compared, because low counts are not normal (F. J. Anscombe, Biometrika 35, 1948).
    """
    count_of, wasted_of = cells.counts(reason), cells.wasted(reason)
    types = cells.types[rows]
    type_count = sum_of(types, count_of[rows])
    type_wasted = sum_of(types, wasted_of[rows])
    rows = rows[cells.segments[of][rows] >= 0]
    segments, segment = numbered(cells.segments[of][rows])
    # parts of a segment by type: each is compared with the rest of its own type
    part = joined(segment, cells.types[rows])
    part_segment, part_type = of_each(part, segment), of_each(part, cells.types[rows])
    count = sum_of(part, count_of[rows])
    wasted = sum_of(part, wasted_of[rows])
    rest_count = type_count[part_type] - count
    has_rest = rest_count >= MIN_GENERATIONS
    rest_rate = (type_wasted[part_type] - wasted) / np.maximum(rest_count, 1.0)
    type_rate = type_wasted[part_type] / type_count[part_type]

    def summed(values: Floats) -> Floats:
        return sum_of(part_segment, values * has_rest, len(segments))

    observed, expected = summed(wasted), summed(count * rest_rate)
    is_material = observed >= MIN_RATIO * expected
    average = summed(count * type_rate)
    variance = count * type_rate * (1 - type_rate) * (1 + count / np.maximum(rest_count, 1.0))

    def clarity_of(variance: Floats) -> Floats:
        spread = np.sqrt(np.maximum(summed(variance), 1e-9) / np.maximum(average, 1e-9))
        return 2 * (np.sqrt(observed + 0.375) - np.sqrt(expected + 0.375)) / np.maximum(spread, 0.2)

    # how much more products differ within the part than by chance alone: looked at only where it decides
    # whether the segment is clear, since it can only make it less so
    is_near = is_material & (clarity_of(variance).round(6) > LEAST_CLARITY)
    near = np.flatnonzero(is_near[segment])
    own = (wasted + type_rate) / (count + 1)
    squares = _squares(cells, reason, rows[near], part[near], own)
    inflation = np.maximum(squares / np.maximum(count * own * (1 - own), 1e-9), 1.0)
    # with a single type, the segment of that type is tested instead
    parts = np.bincount(part_segment, minlength=len(segments))
    is_tested = (summed(count) >= MIN_GENERATIONS) & (parts > (0 if of[1] else 1))
    tested = np.flatnonzero(is_tested[segment])
    is_tested &= _has_products(cells, reason, rows[tested], segment[tested], len(segments))
    compared = pd.DataFrame(
        {
            "workspace": of_each(segment, cells.workspace[rows]),
            "segment": segments,
            "segment_kind": of[0],
            "is_of_type": of[1],
            "clarity": clarity_of(variance * inflation).round(6),
            "expected_share": expected / np.maximum(summed(count), 1.0),
            "is_material": is_material,
        }
    )
    return compared[is_tested]


def _squares(cells: Cells, reason: str, rows: Ints, part: Ints, rate: Floats) -> Floats:
    """The sum over the products of each part of the square of what is wasted above the part's rate.

    Args:
        cells: all. rows: some of them. part: of each. rate: of each part.
    """
    of_part, (count, wasted) = cells.products.sum_parts(rows, part, COUNTED[reason], WASTED[reason])
    return sum_of(of_part, (wasted - count * rate[of_part]) ** 2, len(rate))


def _has_products(cells: Cells, reason: str, rows: Ints, segment: Ints, size: int) -> Bools:
    """Whether each segment, of as many, has MIN_PRODUCTS products."""
    counted = COUNTED[reason]
    found = np.bincount(segment, weights=cells.product_counts[counted][rows], minlength=size)
    # as many cells are of so many products for certain; the others are counted
    enough = MIN_PRODUCTS * cells.most_cells
    few = np.flatnonzero(found[segment] < enough)
    of_segment, (count,) = cells.products.sum_parts(rows[few], segment[few], counted)
    products = np.bincount(of_segment[count > 0], minlength=size)
    return (found >= enough) | (products >= MIN_PRODUCTS)


def _named(cells: Cells, kind: str, is_of_type: bool, reason: str, figures: pd.DataFrame) -> pd.DataFrame:
    """The segments of the given codes by their ids, with their figures."""
    codes = cells.segments[kind, is_of_type]
    rows = np.flatnonzero(np.isin(codes, figures.index))
    rows = rows[np.unique(codes[rows], return_index=True)[1]]
    ids = ["workspace_id", KINDS[kind], *(["generation_type"] if is_of_type else [])]
    named = cells.frame.iloc[rows][ids].reset_index(drop=True)
    columns = ["workspace_id", *KINDS.values(), "generation_type"]
    named = named.reindex(columns=columns).assign(segment_kind=kind, waste_reason=reason)
    return named.join(figures.reindex(codes[rows]).reset_index(drop=True))
