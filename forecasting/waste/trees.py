"""What a boosted model predicts for every stretch of a case: the same as its own method, faster.

A split of a tree rules leaves out, and all that the value of one feature rules out in all trees is one row of
a table. So each feature of a case is looked up once, whatever the stretch, and the first leaf that is left of
a tree is the one it ends in (C. Lucchese et al., "QuickScorer: a fast algorithm to rank documents with
additive ensembles of regression trees", SIGIR 2015).

As bytes they are arrays in NumPy's format: the same model, the same bytes, and nothing that is read can run
code.

Not here: how the model is trained, what its classes mean (hazards.py), or which one is stored (model.py).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecasting.waste.features import Floats

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

MAX_LEAVES = 15
AT_ONCE = 8_192  # as much as the caches of a processor hold

Leaves = NDArray[np.uint16]  # a bit for each leaf of a tree, the first one lowest
_LEFT = np.arange(2**MAX_LEAVES)
_FIRST_LEFT = np.where(_LEFT > 0, np.frexp((_LEFT & -_LEFT).astype(float))[1] - 1, 0)


class ModelRefused(ValueError):
    """A stored model is not the registered one."""


@dataclass(frozen=True)
class Trees:
    """The trees of a model of two classes, by feature; one for each round of boosting.

    Attributes:
        thresholds: of each feature, rising. left: of each feature, the leaves that are left in each tree with
            a value above none of its thresholds, above the first, the first two, and so on.
        values: of each leaf of each tree. baseline: what they are added to.
    """

    thresholds: list[Floats]
    left: list[Leaves]
    values: Floats
    baseline: float

    @classmethod
    def of(cls, model: HistGradientBoostingClassifier) -> Trees:
        """The trees of a fitted model of numbers, none of them missing, with MAX_LEAVES leaves at most."""
        trees = [tree.nodes for (tree,) in model._predictors]
        values = np.zeros((len(trees), MAX_LEAVES))
        splits: list[list[tuple[float, int, int]]] = [[] for _ in range(model.n_features_in_)]
        for number, nodes in enumerate(trees):
            _read(nodes, 0, 0, number=number, splits=splits, values=values[number])
        thresholds = [np.unique([split[0] for split in of]) for of in splits]
        left = []
        for of, known in zip(splits, thresholds, strict=True):
            table = np.full((len(known) + 1, len(trees)), 2**MAX_LEAVES - 1, dtype=np.uint16)
            for threshold, number, below in of:
                table[np.searchsorted(known, threshold) + 1, number] &= np.uint16(~below & 0xFFFF)
            left.append(np.bitwise_and.accumulate(table, axis=0))
        return cls(thresholds, left, values, float(model._baseline_prediction.item()))

    def probabilities(self, matrix: NDArray[np.float32], *, stretches: int) -> Floats:
        """The probability of the second class for each case and stretch.

        Args:
            matrix: every feature but the last, which is the number of the stretch.
            stretches: how many.

        Returns:
            Shape (cases, stretches).
        """
        raw = np.empty((len(matrix), stretches))
        for start in range(0, len(matrix), AT_ONCE):
            raw[start : start + AT_ONCE] = self._raw(matrix[start : start + AT_ONCE], stretches)
        return 1 / (1 + np.exp(-raw))

    @cached_property
    def _value_of_left(self) -> Floats:
        """The value of the first leaf that is left, for each tree and all that can be left."""
        return self.values[:, _FIRST_LEFT]

    def _raw(self, matrix: NDArray[np.float32], stretches: int) -> Floats:
        left = np.full((len(matrix), len(self.values)), 2**MAX_LEAVES - 1, dtype=np.uint16)
        for column, (thresholds, table) in enumerate(zip(self.thresholds[:-1], self.left[:-1], strict=True)):
            if len(thresholds):
                above = np.searchsorted(thresholds, matrix[:, column].astype(np.float64))
                left &= np.take(table, above, axis=0)
        by_stretch = self.left[-1][np.searchsorted(self.thresholds[-1], np.arange(stretches))]
        sums = np.full((stretches, len(matrix)), self.baseline)
        # in the order of the model's own sum
        for of_tree, value_of, of_stretches in zip(
            np.ascontiguousarray(left.T), self._value_of_left, by_stretch.T, strict=True
        ):
            values: dict[np.uint16, Floats] = {}  # many trees ask only whether it is an early stretch
            for stretch, of_stretch in enumerate(of_stretches):
                if of_stretch not in values:
                    values[of_stretch] = value_of[of_tree & of_stretch]
                sums[stretch] += values[of_stretch]
        return sums.T


def _read(
    nodes: NDArray[Any],
    at: int,
    leaves: int,
    *,
    number: int,
    splits: list[list[tuple[float, int, int]]],
    values: Floats,
) -> int:
    """Read a tree from a node on, left before right; returns how many leaves were read up to its end."""
    node = nodes[at]
    if node["is_leaf"]:
        values[leaves] = node["value"]
        return leaves + 1
    middle = _read(nodes, node["left"], leaves, number=number, splits=splits, values=values)
    below = (1 << middle) - (1 << leaves)
    splits[node["feature_idx"]].append((node["num_threshold"], number, below))
    return _read(nodes, node["right"], middle, number=number, splits=splits, values=values)


def to_bytes(models: Mapping[str, Trees]) -> bytes:
    """The arrays of models, under their names; those of a feature are numbered."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, trees in models.items():
        arrays |= {f"{name}/values": trees.values, f"{name}/baseline": np.array(trees.baseline)}
        for number, (thresholds, left) in enumerate(zip(trees.thresholds, trees.left, strict=True)):
            arrays |= {f"{name}/thresholds{number}": thresholds, f"{name}/left{number}": left}
    stored = io.BytesIO()
    np.savez_compressed(stored, allow_pickle=False, **arrays)
    return stored.getvalue()


def from_bytes(stored: bytes, *, registered_hash: str) -> dict[str, Trees]:
    """Read stored models back.

    Args:
        stored: the bytes.
        registered_hash: the SHA-256 that the registry has of it.

    Raises:
        ModelRefused: it is another one.
    """
    found = sha256(stored).hexdigest()
    if found != registered_hash:
        raise ModelRefused(
            f"a stored model has the hash of the registry, {registered_hash[:12]}…; found {found[:12]}…. "
            "The rule is used instead. Delete the file: the next run trains the model again."
        )
    with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
        names = [name.split("/")[0] for name in arrays.files if name.endswith("/values")]
        features = range((len(arrays.files) // len(names) - 2) // 2)
        return {
            name: Trees(
                [arrays[f"{name}/thresholds{number}"] for number in features],
                [arrays[f"{name}/left{number}"] for number in features],
                arrays[f"{name}/values"],
                float(arrays[f"{name}/baseline"]),
            )
            for name in names
        }
