"""A fitted model to bytes and back: the same model gives the same bytes, and only known types are read.

Not here: which model that is, or where it is stored. Pickle is never read.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection
from functools import cache
from hashlib import sha256
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

_ID = re.compile(r'(?<="__id__": )\d+|(?<=": ")\d+(?=\.npy")')
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


class ModelRefused(ValueError):
    """A stored model is not the registered one."""


def to_bytes(model: BaseEstimator) -> bytes:
    """The model in the format of skops, without what differs between runs: memory addresses and times."""
    with zipfile.ZipFile(io.BytesIO(_skops().dumps(model))) as written:
        schema = written.read("schema.json").decode()
        numbers = {found: str(index) for index, found in enumerate(dict.fromkeys(_ID.findall(schema)))}
        files = {
            f"{numbers[name.removesuffix('.npy')]}.npy": written.read(name)
            for name in written.namelist()
            if name != "schema.json"
        }
    files["schema.json"] = _ID.sub(lambda found: numbers[found[0]], schema).encode()
    steady = io.BytesIO()
    with zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _FIRST_DATE), files[name], zipfile.ZIP_DEFLATED)
    return steady.getvalue()


def from_bytes(stored: bytes, *, registered_hash: str, trusted: Collection[str]) -> BaseEstimator:
    """Read a stored model back.

    Args:
        stored: the bytes.
        registered_hash: the SHA-256 that the registry has of it.
        trusted: the types it may contain besides those that skops trusts.

    Raises:
        ModelRefused: it is another one, or contains a type that is not trusted.
    """
    found = sha256(stored).hexdigest()
    if found != registered_hash:
        raise ModelRefused(
            f"a stored model has the hash of the registry, {registered_hash[:12]}…; found {found[:12]}…. "
            "The rule is used instead. Delete the file: the next run trains the model again."
        )
    skops = _skops()
    unknown = sorted(set(skops.get_untrusted_types(data=stored)) - set(trusted))
    if unknown:
        raise ModelRefused(
            f"a stored model contains trusted types only; found {', '.join(unknown)}. The rule is used "
            "instead. Delete the file: the next run trains the model again."
        )
    model: BaseEstimator = skops.loads(stored, trusted=list(trusted))
    return model


@cache
def _skops() -> ModuleType:
    """skops.io, with no estimator trusted by itself: to list them it would import all of scikit-learn."""
    import sklearn.utils

    all_estimators = sklearn.utils.all_estimators
    sklearn.utils.all_estimators = lambda: []
    try:
        return import_module("skops.io")
    finally:
        sklearn.utils.all_estimators = all_estimators
