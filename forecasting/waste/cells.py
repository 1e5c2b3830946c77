"""Generations and waste by every combination of ids that defines segments, and by product within each.

Not here: which segments waste more (segments.py), or what a change could save (savings.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.waste.features import Floats, Ints, numbered

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
# Known within hours or days: counted up to as_of. The others only of mature generations: young ones
# are not rejected or left unused yet, and whatever is new would look better than it is.
EARLY_REASONS = ("failed_generation", "excess_regeneration", "low_quality_draft")
# reason -> what may be wasted for it: generations, only mature ones unless the reason is an early one; for
# excess regeneration, episodes, since the attempts of one are wasted together
COUNTED = dict.fromkeys(REASONS, "mature_count") | dict.fromkeys(EARLY_REASONS, "generation_count")
COUNTED["excess_regeneration"] = "episode_count"
# reason -> how many of them are wasted for the reason; for excess regeneration, are too long
WASTED = {reason: f"{reason}_count" for reason in REASONS} | {"excess_regeneration": "long_episode_count"}
IDS = ("workspace_id", "generation_type", *KINDS.values())
COUNTS = (*dict.fromkeys([*COUNTED.values(), *WASTED.values()]), "used_count")
CREDITS = ("credits", "mature_credits", "mature_wasted_credits", "early_wasted_credits", "recent_credits")
MICRO = 1_000_000


@dataclass(frozen=True)
class Products:
    """Sums of each product within each cell; a product is of one workspace.

    Attributes:
        cell, product: codes, rising. sums: of the COUNTS and, in micro-credits, of the CREDITS.
    """

    cell: Ints
    product: Ints
    sums: dict[str, Floats]

    def sum_parts(self, cells: Ints, part: Ints, *columns: str) -> tuple[Ints, list[Floats]]:
        """Sums of each product within parts of several cells.

        Args:
            cells: some of them, each once. part: a code for each. columns: of the sums.

        Returns:
            The part of each product of a part, rising, and its sums of each column.
        """
        last = np.searchsorted(self.cell, cells, side="right")
        count = last - np.searchsorted(self.cell, cells)
        rows = np.repeat(last - np.cumsum(count), count) + np.arange(count.sum())
        size = int(self.product.max(initial=0)) + 1
        pairs, number = numbered(np.repeat(part, count) * size + self.product[rows])
        return pairs // size, [sum_of(number, self.sums[name][rows], len(pairs)) for name in columns]


@dataclass(frozen=True)
class Cells:
    """What is known of each combination of ids.

    Attributes:
        frame: one row per cell: IDS, and sums of the COUNTS and, in micro-credits, of the CREDITS.
        workspace, types: codes; types is workspace and generation type.
        segments: (kind, whether of one type) -> code of the segment, -1 for none.
        products: the same sums by product.
        product_counts: column of COUNTED -> how many products of each cell have any.
        most_cells: no product is in more.
    """

    frame: pd.DataFrame
    workspace: Ints
    types: Ints
    segments: dict[tuple[str, bool], Ints]
    products: Products
    product_counts: dict[str, Ints]
    most_cells: int

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Cells:
        """From one row per generation, or per several that are alike, in any order.

        Args:
            frame: product_id, IDS (null: none), COUNTS and CREDITS; counts of waste are of mature
                generations only unless the reason is one of EARLY_REASONS.
        """
        codes = {name: _coded(frame[name]) for name in IDS}
        workspace = cell = codes["workspace_id"]
        for name in IDS[1:]:
            cell = joined(cell, codes[name])
        product = joined(workspace, _coded(frame["product_id"]))
        size = int(product.max(initial=0)) + 1
        pairs, row = numbered(cell * size + product)
        sums = {name: sum_of(row, _numbers(frame, name), len(pairs)) for name in (*COUNTS, *CREDITS)}
        products = Products(*np.divmod(pairs, size), sums)
        of_cell = np.zeros(int(cell.max(initial=-1)) + 1, dtype=np.int64)
        of_cell[cell] = np.arange(len(frame))
        codes = {name: code[of_cell] for name, code in codes.items()}
        workspace = codes["workspace_id"]
        types = joined(workspace, codes["generation_type"])
        segments = {}
        for kind, column in KINDS.items():
            for is_of_type in (True, False) if kind != "category_type" else (True,):
                segment = joined(types if is_of_type else workspace, codes[column])
                segments[kind, is_of_type] = np.where(codes[column] < 0, -1, segment)
        summed = {name: sum_of(products.cell, values) for name, values in sums.items()}
        named = frame[list(IDS)].iloc[of_cell].reset_index(drop=True)
        product_counts = {
            name: np.bincount(products.cell[sums[name] > 0], minlength=len(of_cell))
            for name in set(COUNTED.values())
        }
        most_cells = int(np.bincount(products.product).max(initial=0))
        return cls(named.assign(**summed), workspace, types, segments, products, product_counts, most_cells)

    def counts(self, reason: str) -> Floats:
        """What may be wasted for the reason."""
        return self.frame[COUNTED[reason]].to_numpy()

    def wasted(self, reason: str) -> Floats:
        """What is wasted for the reason."""
        return self.frame[WASTED[reason]].to_numpy()


def sum_of(codes: Ints, values: Floats, size: int = 0) -> Floats:
    """The sum of the values of each code."""
    return np.bincount(codes, weights=values, minlength=size).astype(np.float64)


def of_each(codes: Ints, values: Ints) -> Ints:
    """The value of each code, from 0 up."""
    each = np.zeros(int(codes.max()) + 1 if len(codes) else 0, dtype=np.int64)
    each[codes] = values
    return each


def joined(outer: Ints, inner: Ints) -> Ints:
    """One code, from 0 up, for each pair that occurs."""
    if not len(outer):
        return np.zeros(0, dtype=np.int64)
    pairs = outer * (int(inner.max()) + 2) + inner + 1
    return numbered(pairs)[1]


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    values = frame[column].to_numpy(dtype=np.float64)
    # sums of whole numbers are exact, so that the order of rows does not matter
    return np.rint(values * MICRO) if column in CREDITS else values


def _coded(ids: pd.Series) -> Ints:
    return np.asarray(pd.factorize(ids, sort=True)[0], dtype=np.int64)
