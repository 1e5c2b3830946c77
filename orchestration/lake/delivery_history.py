"""What earlier batches already hold, as far as a new ingestion must know it.

Read from the committed `deliveries`; nothing is decided here.
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
class Earlier:
    """The newest delivery under one name."""

    sha256: str | None
    size_bytes: int
    modified_ns: int


@dataclass
class History:
    """Earlier deliveries.

    Attributes:
        newest: by file name.
        loaded: the name each loaded content first came under.
        newest_loaded: by feed, the content loaded last.
        sizes: the sizes seen, by feed: a large file of a new size need not be read just to compare it.
    """

    newest: dict[str, Earlier] = field(default_factory=dict)
    loaded: dict[ContentKey, str] = field(default_factory=dict)
    newest_loaded: dict[str, ContentKey] = field(default_factory=dict)
    sizes: set[tuple[str, int]] = field(default_factory=set)

    def is_unchanged(self, file: LandingFile) -> bool:
        """Whether the file looks as it did when it was last read."""
        earlier = self.newest.get(file.name)
        return earlier is not None and (earlier.size_bytes, earlier.modified_ns) == (
            file.size_bytes,
            file.modified_ns,
        )

    def add(self, delivery: Delivery) -> None:
        """Note a delivery of this run."""
        key = delivery.content_key
        if delivery.status == "loaded" and key:
            self.loaded.setdefault(key, delivery.file.name)
            self.newest_loaded[delivery.file.feed] = key
        self.sizes.add((delivery.file.feed, delivery.size_bytes))


def read_history(paths: Iterable[Path]) -> History:
    """The history in the given `deliveries` files, oldest first."""
    history = History()
    for path in paths:
        columns = pq.read_table(path, columns=_COLUMNS).to_pydict()
        for feed, name, sha256, size, modified_ns, status in zip(
            *(columns[name] for name in _COLUMNS), strict=True
        ):
            history.newest[name] = Earlier(sha256, size, modified_ns)
            history.sizes.add((feed, size))
            if status == "loaded" and sha256:
                key = (feed, format_of(name), sha256)
                history.loaded.setdefault(key, name)
                history.newest_loaded[feed] = key
    return history
