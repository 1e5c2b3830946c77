"""Makes rows of the feeds from the records of other systems, again whenever a mapping or a rate changes.

What a mapping makes of a record is in landing/sources/; how a batch is derived is in `derived_batch`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from re import fullmatch

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.in_memory import in_memory
from orchestration.lake.batch_writer import DELIVERIES, SOURCE_RECORDS
from orchestration.lake.lake import Lake
from orchestration.lake.sources.derived_batch import DerivedBatch
from orchestration.lake.sources.mapped_parts import PartMapper
from orchestration.landing.contract import FEEDS
from orchestration.landing.rejects import LandingError
from orchestration.landing.sources.engine import ENGINE_VERSION
from orchestration.landing.sources.mapping import Mapping, MappingError
from orchestration.landing.sources.paths import file_pattern
from orchestration.landing.sources.rate_cards import RateCards
from orchestration.visible_text import counted

RATE_CARDS = "rate_cards"
_DIGITS = 16
_THREADS = 2


@dataclass(frozen=True)
class Derivation:
    """What rows are derived by.

    Attributes:
        mappings: by source folder.
        cards: the rate cards that each of them names.
        definitions: by source folder, the fingerprint of its mapping, its rates and the engine.
        joined: by source folder, a fingerprint of the files whose records are joined to others.
        fingerprint: of all that, and of who is forgotten.
    """

    mappings: dict[str, Mapping]
    cards: dict[str, RateCards]
    definitions: dict[str, str]
    joined: dict[str, str]
    fingerprint: str

    @property
    def text(self) -> str:
        """A short text that changes with a definition or with what is joined; empty without sources."""
        parts = [f".{_hash(name)[:8]}{found[:_DIGITS]}" for name, found in self.definitions.items()]
        joined = _hash(*self.joined.values())[:8] if self.joined else ""
        return "".join(parts) + (f"~{joined}" if joined else "")


def derivation_now(lake: Lake) -> Derivation:
    """What the rows of the lake are derived by, now.

    Raises:
        LandingError: a mapping cannot be used.
    """
    try:
        mappings = lake.mappings.read()
    except MappingError as error:
        raise LandingError(
            f"{error}. The rows loaded by it stay served until it can be used again."
        ) from None
    cards = _rate_cards(lake, mappings)
    definitions = {
        name: _hash(mapping.fingerprint, cards[name].fingerprint, _engine(mapping))
        for name, mapping in mappings.items()
    }
    joined = {name: _joined_files(lake, mapping) for name, mapping in mappings.items() if mapping.join}
    parts = [part for found in (definitions, joined) for item in found.items() for part in item]
    fingerprint = _hash(*parts, lake.forgotten.fingerprint)[:_DIGITS]
    return Derivation(mappings, cards, definitions, joined, fingerprint)


def derive(
    lake: Lake, *, progress: Callable[[str], None] | None = None, names: Collection[str] = ()
) -> Derivation:
    """Derive every batch that is not derived by what holds now, and remove what was derived by anything else.

    Args:
        lake: the lake; records of people who are forgotten are erased in it.
        progress: called with a line on each source whose rows are derived again.
        names: names and e-mails of people who are forgotten now, to erase in their records.

    Raises:
        LandingError: a mapping cannot be used, or is missing.
    """
    derivation = derivation_now(lake)
    known = lake.derived
    done = {batch.name for batch in known.batches(derivation.fingerprint)}
    batches = lake.batches()
    pending = [batch for batch in batches if batch.name not in done and _has_records(batch)]
    with in_memory() as connection:
        joined = {
            name: _joined_records(lake, derivation.mappings[name]) for name in derivation.joined if pending
        }
        mappers = [
            PartMapper(each, derivation.mappings, derivation.cards, joined)
            for each in (connection, *(connection.cursor() for _ in range(_THREADS - 1)))
        ]
        for batch in pending:
            if progress:
                progress(f"batch {int(batch.name)}: mapping {counted(_record_count(batch), 'record')}")
            with known.new_batch(derivation.fingerprint, int(batch.name)) as writer:
                DerivedBatch(
                    batch,
                    batches=batches,
                    mappings=derivation.mappings,
                    mappers=mappers,
                    forgotten=lake.forgotten,
                    names=names,
                    spill_to=known.folder,
                ).write(writer)
    known.remove_others(derivation.fingerprint)
    return derivation


def _record_count(batch: Path) -> int:
    return int(pq.read_metadata(batch / f"{SOURCE_RECORDS}.parquet").num_rows)


def _has_records(batch: Path) -> bool:
    # a batch of an older release has no such file; a lost one is an error
    return (batch / f"{SOURCE_RECORDS}.parquet").exists() and _record_count(batch) > 0


def _rate_cards(lake: Lake, mappings: dict[str, Mapping]) -> dict[str, RateCards]:
    """The rate cards that each mapping names, from all deliveries of the feed."""
    tables = []
    if any(mapping.cards for mapping in mappings.values()) and RATE_CARDS in FEEDS:
        tables = [pq.read_table(path) for path in lake.paths(RATE_CARDS)]
    rows = pa.concat_tables(tables, promote_options="default") if tables else None
    found = {}
    for name, mapping in mappings.items():
        if rows is None or not mapping.cards:
            found[name] = RateCards.empty()
        else:
            named = pa.array(sorted(mapping.cards), pa.string())
            found[name] = RateCards.from_rows(rows.filter(pc.is_in(rows["card"], value_set=named)))
    return found


def _is_joined(mapping: Mapping, file_path: str) -> bool:
    folder, _, inner = file_path.partition("/")
    patterns = [file_pattern(files) for join in mapping.join.values() for files in join.files]
    return folder == mapping.name and any(fullmatch(pattern, inner) for pattern in patterns)


def _joined_files(lake: Lake, mapping: Mapping) -> str:
    """A fingerprint of the deliveries of files that are joined."""
    found = []
    for path in lake.paths(DELIVERIES):
        rows = pq.read_table(path, columns=["feed", "file_path", "file_sha256", "status"]).to_pylist()
        found += [
            str(row["file_sha256"])
            for row in rows
            if row["feed"] == mapping.name
            and row["status"] == "loaded"
            and _is_joined(mapping, row["file_path"])
        ]
    return _hash(*found)


def _joined_records(lake: Lake, mapping: Mapping) -> pa.Table:
    """All records of the files that are joined, oldest first."""
    tables = []
    for path in lake.paths(SOURCE_RECORDS):
        rows = pq.read_table(path, filters=[("source_folder", "=", mapping.name)])
        names = [name for name in rows["file_path"].unique().to_pylist() if _is_joined(mapping, name)]
        is_joined = pc.is_in(rows["file_path"], value_set=pa.array(names, pa.string()))
        tables.append(rows.filter(is_joined).select(["record", "file_path"]))
    empty = pa.schema([("record", pa.string()), ("file_path", pa.string())]).empty_table()
    return pa.concat_tables([empty, *tables]).combine_chunks()


def _engine(mapping: Mapping) -> str:
    """What else decides the rows: the engine, and the columns of their feeds."""
    return f"{ENGINE_VERSION} {[str(FEEDS[feed].raw_schema) for feed in mapping.all_feeds]}"


def _hash(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()
