"""A trained model to bytes and back: arrays of numbers in NumPy's format; the same model, the same bytes.

Not here: which model that is, or where it is stored. Nothing that is read can run code.
"""

from __future__ import annotations

import io
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from forecasting.waste.trees import Trees


class ModelRefused(ValueError):
    """A stored model is not the registered one."""


def to_bytes(trees: Trees) -> bytes:
    """The arrays of a model; those of a feature are numbered."""
    arrays: dict[str, NDArray[np.generic]] = {"values": trees.values, "baseline": trees.baseline}
    for number, (thresholds, left) in enumerate(zip(trees.thresholds, trees.left, strict=True)):
        arrays |= {f"thresholds{number}": thresholds, f"left{number}": left}
    stored = io.BytesIO()
    np.savez_compressed(stored, allow_pickle=False, **arrays)
    return stored.getvalue()


def from_bytes(stored: bytes, *, registered_hash: str) -> Trees:
    """Read a stored model back.

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
        features = range((len(arrays.files) - 2) // 2)
        return Trees(
            [arrays[f"thresholds{number}"] for number in features],
            [arrays[f"left{number}"] for number in features],
            arrays["values"],
            arrays["baseline"],
        )
