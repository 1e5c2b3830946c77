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
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from forecasting.waste.features import numbered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

UNNEEDED = "unneeded_field"
# reasons compared with the rest of the workspace
COMPARED_REASONS = (
    "failed_generation",
    "rejected_content",
    "excess_regeneration",
    "low_quality_draft",
    "unused_content",
)
REASONS = (*COMPARED_REASONS, UNNEEDED)
# kind -> the column that names it; of equally clear ones the first wins
KINDS = {
    "ruleset": "ruleset_id",
    "template": "template_id",
    "category_type": "product_category",
    "member_type": "member_id",
    "model": "model",
    "workflow": "workflow",
}
# At most this share of workspaces without any difference gets a suggestion: it is divided among all
# tests of a workspace (Bonferroni). Measured on simulated ones it is 1 to 2 %, since segments overlap.
FALSE_SHARE = 0.05
# Known within hours or days: counted up to as_of. The others only of mature generations: young ones
# are not rejected or left unused yet, and whatever is new would look better than it is.
EARLY_REASONS = ("failed_generation", "excess_regeneration", "low_quality_draft")
_COUNTED = dict.fromkeys(EARLY_REASONS, "generation_count") | {"excess_regeneration": "episode_count"}
_AFFECTED = {"excess_regeneration": "long_episode_count"}
MIN_GENERATIONS = 30
MIN_PRODUCTS = 5
MIN_RATIO = 1.5
MAX_ROUNDS = 6


@dataclass(frozen=True)
class Cells:
    """Counts of each product by every column that defines segments.

    Attributes:
        frame: the rows, with workspace_id, generation_type and the columns of KINDS.
        workspace, types, product: codes; types is workspace and generation type.
        segments: (kind, whether of one type) -> code of the segment, -1 for none.
        counts: reason -> what may be wasted for it: generations, only mature ones unless in EARLY_REASONS;
            for excess regeneration, episodes, since the attempts of one are wasted together.
        wasted: reason -> how many of them are wasted for the reason; for excess regeneration, are too long.
    """

    frame: pd.DataFrame
    workspace: Ints
    types: Ints
    product: Ints
    segments: dict[tuple[str, bool], Ints]
    counts: dict[str, Floats]
    wasted: dict[str, Floats]

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Cells:
        """From the frame that `find_segments` takes."""
        workspace = _coded(frame["workspace_id"])
        types = _joined(workspace, _coded(frame["generation_type"]))
        segments = {}
        for kind, column in KINDS.items():
            names = _coded(frame[column])
            for is_of_type in (True, False) if kind != "category_type" else (True,):
                codes = _joined(types if is_of_type else workspace, names)
                segments[kind, is_of_type] = np.where(names < 0, -1, codes)
        return cls(
            frame,
            workspace,
            types,
            _joined(workspace, _coded(frame["product_id"])),
            segments,
            {reason: _numbers(frame, _COUNTED.get(reason, "mature_count")) for reason in REASONS},
            {reason: _numbers(frame, _AFFECTED.get(reason, f"{reason}_count")) for reason in REASONS},
        )


def find_segments(frame: pd.DataFrame) -> pd.DataFrame:
    """The segments that waste clearly more than the rest of their workspace, and fields that are never used.

    Args:
        frame: one row per workspace_id, product_id, generation_type, product_category, ruleset_id,
            template_id, member_id, model and workflow, with generation_count, mature_count, used_count,
            `<reason>_count` for each of REASONS (of mature ones only unless in EARLY_REASONS), episode_count,
            and long_episode_count: those of excess_attempts or more. Ordered by these ids.

    Returns:
        One row per segment: workspace_id, segment_kind, ruleset_id, template_id, product_category, member_id,
        model, workflow, generation_type (null: all of its types), waste_reason, clarity (standard errors of
        the difference), and expected_share: what the rest of the workspace suggests, type by type, without
        what other segments explain (NaN for a field that is never used).
    """
    cells = Cells.from_frame(frame)
    fields = cells.segments["category_type", True]
    # young ones may be used as well
    is_used = _sum_of(fields, _numbers(frame, "used_count")) > 0
    never_used = np.unique(fields[(cells.wasted[UNNEEDED] > 0) & ~is_used[fields]])
    unneeded = pd.DataFrame({"clarity": np.inf, "expected_share": np.nan}, index=never_used)
    found = [_named(cells, "category_type", True, UNNEEDED, unneeded)]
    is_needed = ~np.isin(fields, never_used)
    size = int(cells.workspace.max()) + 1 if len(frame) else 0
    occurs = [_sum_of(cells.workspace, cells.wasted[reason], size) > 0 for reason in COMPARED_REASONS]
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
    wasted = cells.wasted[reason]
    for _ in range(MAX_ROUNDS):
        rows = np.flatnonzero(is_left & (cells.counts[reason] > 0))
        # only workspaces with waste to explain
        has_waste = _sum_of(cells.workspace[rows], wasted[rows]) > 0
        rows = rows[has_waste[cells.workspace[rows]]]
        if not len(rows):
            return
        compared = pd.concat([_compared(cells, reason, rows, of) for of in cells.segments], ignore_index=True)
        tested = compared.groupby("workspace")["segment"].transform("size")
        # the normal quantile; scipy.stats has it too, and takes a second to import
        needed = -ndtri(FALSE_SHARE / reasons[compared["workspace"]] / tested)
        clear = compared[compared["is_material"] & (compared["clarity"] > needed)]
        if clear.empty:
            return
        clear = clear.sort_values(["workspace", "clarity"], ascending=[True, False], kind="stable")
        for (kind, is_of_type), chosen in clear.drop_duplicates("workspace").groupby(
            ["segment_kind", "is_of_type"], sort=False
        ):
            figures = chosen.set_index("segment")[["clarity", "expected_share"]]
            yield _named(cells, kind, is_of_type, reason, figures)
            is_left = is_left & ~np.isin(cells.segments[kind, is_of_type], figures.index)
        # where nothing was found, nothing changed
        is_left = is_left & np.isin(cells.workspace, clear["workspace"])


def _compared(cells: Cells, reason: str, rows: Ints, of: tuple[str, bool]) -> pd.DataFrame:
    """Each segment of a kind against the rest of its workspace, of the same types; clarity where material.

    The variance is that of sums over products, since generations for one product are not independent; square
    roots of counts are compared, because low counts are not normal (F. J. Anscombe, Biometrika 35, 1948).
    """
    types = cells.types[rows]
    type_count = _sum_of(types, cells.counts[reason][rows])
    type_wasted = _sum_of(types, cells.wasted[reason][rows])
    rows = rows[cells.segments[of][rows] >= 0]
    segments, segment = numbered(cells.segments[of][rows])
    # parts of a segment by type: each is compared with the rest of its own type
    part = _joined(segment, cells.types[rows])
    part_segment, part_type = _of_each(part, segment), _of_each(part, cells.types[rows])
    count = _sum_of(part, cells.counts[reason][rows])
    wasted = _sum_of(part, cells.wasted[reason][rows])
    rest_count = type_count[part_type] - count
    has_rest = rest_count >= MIN_GENERATIONS
    rest_rate = (type_wasted[part_type] - wasted) / np.maximum(rest_count, 1.0)
    type_rate = type_wasted[part_type] / type_count[part_type]

    def summed(values: Floats) -> Floats:
        return _sum_of(part_segment, values * has_rest, len(segments))

    observed, expected = summed(wasted), summed(count * rest_rate)
    is_material = observed >= MIN_RATIO * expected
    # how much more products differ within the part than by chance alone; only material segments can be clear
    own = (wasted + type_rate) / (count + 1)
    near = np.flatnonzero(is_material[segment])
    gap = cells.wasted[reason][rows[near]] - cells.counts[reason][rows[near]] * own[part[near]]
    squares = _squares(part[near], cells.product[rows[near]], gap, len(count))
    inflation = np.maximum(squares / np.maximum(count * own * (1 - own), 1e-9), 1.0)
    variance = count * type_rate * (1 - type_rate) * inflation * (1 + count / np.maximum(rest_count, 1.0))
    spread = np.sqrt(np.maximum(summed(variance), 1e-9) / np.maximum(summed(count * type_rate), 1e-9))
    clarity = 2 * (np.sqrt(observed + 0.375) - np.sqrt(expected + 0.375)) / np.maximum(spread, 0.2)
    # with a single type, the segment of that type is tested instead
    parts = np.bincount(part_segment, minlength=len(segments))
    is_tested = (summed(count) >= MIN_GENERATIONS) & (parts > (0 if of[1] else 1))
    is_tested &= _has_products(segment, cells.product[rows], len(segments))
    compared = pd.DataFrame(
        {
            "workspace": _of_each(segment, cells.workspace[rows]),
            "segment": segments,
            "segment_kind": of[0],
            "is_of_type": of[1],
            "clarity": clarity.round(6),
            "expected_share": expected / np.maximum(summed(count), 1.0),
            "is_material": is_material,
        }
    )
    return compared[is_tested]


def _squares(part: Ints, product: Ints, gap: Floats, size: int) -> Floats:
    """The sum over the products of each part, of as many, of the square of its gap.

    Within a part, rows are ordered by product: cells are.
    """
    # what fits into 16 bits is sorted by its digits, several times as fast
    by_part = np.argsort(part.astype(np.uint16) if size <= 2**16 else part, kind="stable")
    part, product = part[by_part], product[by_part]
    is_next = (part[1:] != part[:-1]) | (product[1:] != product[:-1])
    cluster = np.append(np.zeros(min(len(part), 1), dtype=np.int64), np.cumsum(is_next))
    return _sum_of(_of_each(cluster, part), _sum_of(cluster, gap[by_part]) ** 2, size)


def _has_products(segment: Ints, product: Ints, size: int) -> Bools:
    """Whether each segment, of as many, has MIN_PRODUCTS products."""
    cells_of = np.bincount(segment, minlength=size)
    # as many cells are of so many products for certain; the others are counted
    enough = MIN_PRODUCTS * np.bincount(product).max(initial=1)
    few = np.flatnonzero(cells_of[segment] < enough)
    products = np.bincount(_of_each(_joined(segment[few], product[few]), segment[few]), minlength=size)
    return (cells_of >= enough) | (products >= MIN_PRODUCTS)


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


def _sum_of(codes: Ints, values: Floats, size: int = 0) -> Floats:
    """The sum of the values of each code."""
    return np.bincount(codes, weights=values, minlength=size).astype(np.float64)


def _of_each(codes: Ints, values: Ints) -> Ints:
    """The value of each code, from 0 up."""
    each = np.zeros(int(codes.max()) + 1 if len(codes) else 0, dtype=np.int64)
    each[codes] = values
    return each


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    return frame[column].to_numpy(dtype=np.float64)


def _coded(ids: pd.Series) -> Ints:
    return np.asarray(pd.factorize(ids)[0], dtype=np.int64)


def _joined(outer: Ints, inner: Ints) -> Ints:
    """One code, from 0 up, for each pair that occurs."""
    if not len(outer):
        return np.zeros(0, dtype=np.int64)
    pairs = outer * (int(inner.max()) + 2) + inner + 1
    return numbered(pairs)[1]
