"""A fitted model as bytes, and back: the same model gives the same bytes, and only known types are read.

Not here: which model that is, or where it is kept. Pickle is never read.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

_ID = re.compile(r'(?<="__id__": )\d+|(?<=": ")\d+(?=\.npy")')
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


class ModelRefused(ValueError):
    """A stored model is not what was registered."""


def to_bytes(model: BaseEstimator) -> bytes:
    """The model in the format of skops, without what differs from run to run: addresses and the time."""
    import skops.io  # imports every estimator of scikit-learn, which takes seconds

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as written:
        schema = written.read("schema.json").decode()
        numbers = {found: str(place) for place, found in enumerate(dict.fromkeys(_ID.findall(schema)))}
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


def from_bytes(stored: bytes, *, registered: str, trusted: Collection[str]) -> BaseEstimator:
    """Read a stored model back.

    Args:
        stored: what is kept.
        registered: the SHA-256 that the registry has of it.
        trusted: the types it may hold beside those that skops knows to be harmless.

    Raises:
        ModelRefused: it is another one, or holds a type that no such model has.
    """
    found = sha256(stored).hexdigest()
    if found != registered:
        raise ModelRefused(
            f"a stored model has the hash of the registry, {registered[:12]}…; found {found[:12]}…. The rule "
            "is used instead. Delete the file: the next run learns it anew."
        )
    import skops.io

    unknown = sorted(set(skops.io.get_untrusted_types(data=stored)) - set(trusted))
    if unknown:
        raise ModelRefused(
            f"a stored model holds known types only; found {', '.join(unknown)}. The rule is used instead. "
            "Delete the file: the next run learns it anew."
        )
    return skops.io.loads(stored, trusted=list(trusted))
