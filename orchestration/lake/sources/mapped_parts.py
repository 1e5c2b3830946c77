"""Maps and types records in parts, two at a time, and gives the results in the order of the records.

What is written of them, and counted, is in `derived_batch`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.landing.contract import FEEDS
from orchestration.landing.rejects import LandingError
from orchestration.landing.sources.engine import Mapped, map_records
from orchestration.landing.sources.mapping import Mapping as SourceMapping
from orchestration.landing.sources.rate_cards import RateCards
from orchestration.landing.typing.row_typer import RowTyper, TypedRows

_SCAN_ROWS = 10_000


@dataclass(frozen=True)
class Part:
    """Records of one source folder: rows of source_records, with their occurrence."""

    source: str
    records: pa.Table


@dataclass(frozen=True)
class TypedFeed:
    """Rows of one feed.

    Attributes:
        owners: the position in its part of the record that each document came from.
        typed: the rows; their position is that of the document.
    """

    feed: str
    owners: np.ndarray
    typed: TypedRows


@dataclass(frozen=True)
class MappedPart:
    """A part with what the mapping made of it; `present` is the position of each record that has content."""

    part: Part
    present: np.ndarray
    mapped: Mapped
    feeds: list[TypedFeed]


class PartMapper:
    """Maps and types parts, one at a time.

    Args:
        connection: a DuckDB connection of its own.
        mappings, cards, joined: by source folder.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        mappings: Mapping[str, SourceMapping],
        cards: Mapping[str, RateCards],
        joined: Mapping[str, pa.Table],
    ) -> None:
        self._connection = connection
        self._mappings, self._cards, self._joined = mappings, cards, joined
        self._typers: dict[str, RowTyper] = {}

    def map(self, part: Part) -> MappedPart:
        """Map and type the records that have content.

        Raises:
            LandingError: their folder has no mapping.
        """
        mapping = self._mappings.get(part.source)
        if mapping is None:
            raise LandingError(
                f"batch {part.records['batch_id'][0]} has records of the folder {part.source}, and no "
                f"mapping of it is known. Put its mapping.yml into landing/{part.source} and run again."
            )
        present = np.flatnonzero(pc.is_valid(part.records["record"]).to_numpy(zero_copy_only=False))
        given = part.records.select(["record", "occurrence", "file_path"])
        if len(present) < given.num_rows:
            given = given.take(pa.array(present))
        # small enough that several threads share one part
        batches = given.combine_chunks().to_batches(max_chunksize=_SCAN_ROWS)
        mapped = map_records(
            self._connection,
            mapping,
            pa.Table.from_batches(batches, given.schema),
            cards=self._cards[part.source],
            joined=self._joined.get(part.source),
        )
        feeds = [
            TypedFeed(
                feed.feed,
                present[feed.documents["record"].to_numpy()],
                self._typer(feed.feed).read(feed.documents["document"]),
            )
            for feed in mapped.feeds
        ]
        return MappedPart(part, present, mapped, feeds)

    def _typer(self, feed: str) -> RowTyper:
        if feed not in self._typers:
            self._typers[feed] = RowTyper(self._connection, FEEDS[feed])
        return self._typers[feed]


def mapped_in_order(parts: Iterable[Part], mappers: Sequence[PartMapper]) -> Iterator[MappedPart]:
    """Each part mapped by one of the mappers; few are held at a time."""
    free: SimpleQueue[PartMapper] = SimpleQueue()
    for mapper in mappers:
        free.put(mapper)

    def map_one(part: Part) -> MappedPart:
        mapper = free.get()
        try:
            return mapper.map(part)
        finally:
            free.put(mapper)

    pending: deque[Future[MappedPart]] = deque()
    with ThreadPoolExecutor(len(mappers)) as pool:
        for part in parts:
            pending.append(pool.submit(map_one, part))
            if len(pending) > len(mappers):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
