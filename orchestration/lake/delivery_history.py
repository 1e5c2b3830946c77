"""Earlier deliveries, read from the committed batches, to find out what is new.

What to do with a known file is decided in `ingestion`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.lake.delivery import ContentKey, Delivery
from orchestration.lake.landing_files import LandingFile
from orchestration.landing.formats.dispatch import format_of

_COLUMNS = ["feed", "file_path", "file_sha256", "size_bytes", "modified_ns", "status"]


@dataclass(frozen=True, slots=True)
class EarlierDelivery:
    """The newest delivery under one name; `is_loaded` unless it was rejected as a whole."""

    sha256: str | None
    size_bytes: int
    modified_ns: int
    is_loaded: bool


@dataclass
class DeliveryHistory:
    """Earlier deliveries.

    Attributes:
        newest: the newest delivery by file name.
        loaded: the file name under which each content was first loaded.
        newest_loaded: by feed, the content loaded last.
        sizes: feed and size of each file; a large file of a new size is not hashed before it is read.
    """

    newest: dict[str, EarlierDelivery] = field(default_factory=dict)
    loaded: dict[ContentKey, str] = field(default_factory=dict)
    newest_loaded: dict[str, ContentKey] = field(default_factory=dict)
    sizes: set[tuple[str, int]] = field(default_factory=set)

    def is_unchanged(self, file: LandingFile) -> bool:
        """Whether size and time of the file are those of its last delivery."""
        earlier = self.newest.get(file.name)
        return earlier is not None and (earlier.size_bytes, earlier.modified_ns) == (
            file.size_bytes,
            file.modified_ns,
        )

    def add(self, delivery: Delivery) -> None:
        """Add a delivery of this run."""
        key = delivery.content_key
        if delivery.status == "loaded" and key:
            self.loaded.setdefault(key, delivery.file.name)
            self.newest_loaded[delivery.file.feed] = key
        self.sizes.add((delivery.file.feed, delivery.size_bytes))


def read_history(paths: Iterable[Path]) -> DeliveryHistory:
    """The history in the given `deliveries` files, oldest first."""
    history = DeliveryHistory()
    for path in paths:
        columns = pq.read_table(path, columns=_COLUMNS).to_pydict()
        for feed, name, sha256, size, modified_ns, status in zip(
            *(columns[name] for name in _COLUMNS), strict=True
        ):
            history.newest[name] = EarlierDelivery(sha256, size, modified_ns, status != "rejected")
            history.sizes.add((feed, size))
            if status == "loaded" and sha256:
                key = (feed, format_of(name), sha256)
                history.loaded.setdefault(key, name)
                history.newest_loaded[feed] = key
    return history
