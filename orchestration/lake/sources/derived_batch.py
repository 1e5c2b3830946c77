"""Derives the rows of one batch: writes what mappings made of its records, and accounts for every record.

When, and by which mappings, is decided in `derivation`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.lake.batch_writer import DELIVERIES, DELIVERIES_SCHEMA, QUARANTINE, SOURCE_RECORDS
from orchestration.lake.delivery import has_credits
from orchestration.lake.erasure.forgotten_list import ANY, Forgotten
from orchestration.lake.erasure.rewriting import rewrite_batch
from orchestration.lake.sources.derived_files import MAPPING_COUNTS, MAPPING_COUNTS_SCHEMA, DerivedWriter
from orchestration.lake.sources.mapped_parts import MappedPart, Part, PartMapper, TypedFeed, mapped_in_order
from orchestration.lake.sources.occurrences import occurrences
from orchestration.lake.sources.person_keys import PERSONAL_COLUMNS, PersonKeys
from orchestration.lake.typed_files import quarantine_rows
from orchestration.landing.contract import FEEDS
from orchestration.landing.rejects import Reject
from orchestration.landing.sources.mapping import Mapping as SourceMapping

_PART_ROWS = 20_000
ERASED = Reject(
    "record.erased",
    None,
    None,
    "the record was refused before the retention; its content is erased",
    "Nothing; deliver the record again to load it.",
)


@dataclass
class _FeedCount:
    """Rows of one feed from one file."""

    accepted: int = 0
    refused: int = 0
    credits: Decimal = Decimal(0)


@dataclass
class _RecordCount:
    """Records of one file, by what became of them."""

    records: int = 0
    mapped: int = 0
    left_out: int = 0
    quarantined: int = 0


@dataclass
class _SourceCount:
    """What was counted in one source folder."""

    files: dict[str, _RecordCount] = field(default_factory=dict)
    feeds: dict[tuple[str, str], _FeedCount] = field(default_factory=dict)
    repeated: int = 0
    rounded: Decimal = Decimal(0)


class DerivedBatch:
    """The rows that mappings make of one batch.

    Args:
        batch: its folder.
        batches: all batches, oldest first.
        mappings: by source folder.
        mappers: work on parts of the batch, side by side.
        forgotten: people whose rows and records are erased.
        names: names and e-mails of people who are forgotten now.
        spill_to: a folder for what does not fit in memory.
    """

    def __init__(
        self,
        batch: Path,
        *,
        batches: Sequence[Path],
        mappings: Mapping[str, SourceMapping],
        mappers: Sequence[PartMapper],
        forgotten: Forgotten,
        names: Collection[str],
        spill_to: Path,
    ) -> None:
        self._batch, self._batches = batch, batches
        self._mappings, self._mappers = mappings, mappers
        self._forgotten, self._names = forgotten, names
        self._spill_to = spill_to
        self._batch_id = int(batch.name)
        self._deliveries = _loaded_files(batch)
        self._counts: dict[str, _SourceCount] = {}
        self._tokens: dict[tuple[str, int], dict[str, str]] = {}
        self._staying: set[tuple[str, int, str]] = set()

    def write(self, writer: DerivedWriter) -> None:
        """Derive and write the batch; records of forgotten people are erased in the lake first.

        Raises:
            LandingError: a folder has records and no mapping.
        """
        self._derive(writer)
        if self._tokens:
            # what is derived must not depend on when people were forgotten
            rewrite_batch(self._batch, [SOURCE_RECORDS], self._without_people)
            writer.clear()
            self._derive(writer)

    def _derive(self, writer: DerivedWriter) -> None:
        self._counts, self._tokens, self._staying = {}, {}, set()
        for mapped in mapped_in_order(self._parts(), self._mappers):
            part = mapped.part
            count = self._counts.setdefault(part.source, _SourceCount())
            fate = self._write_part(mapped, count, writer)
            self._note_mentions(part)
            for file, found in _by_file(part, fate):
                total = count.files.setdefault(file, _RecordCount())
                total.records += found.records
                total.mapped += found.mapped
                total.left_out += found.left_out
                total.quarantined += found.quarantined
        writer.write(DELIVERIES, self._delivery_rows())
        writer.write(MAPPING_COUNTS, self._count_rows())

    def _parts(self) -> Iterator[Part]:
        """The records in parts of one source folder each, with their occurrence."""
        counted = occurrences(
            self._batches[: self._batches.index(self._batch) + 1], self._batch, spill_to=self._spill_to
        )
        start = 0
        with pq.ParquetFile(self._batch / f"{SOURCE_RECORDS}.parquet") as file:
            for rows in file.iter_batches(_PART_ROWS):
                table = pa.Table.from_batches([rows])
                column = pa.array(counted[start : start + rows.num_rows])
                table = table.append_column("occurrence", column)
                start += rows.num_rows
                sources = np.array(table["source_folder"].to_pylist(), dtype=object)
                ends = [*(np.flatnonzero(sources[1:] != sources[:-1]) + 1).tolist(), len(sources)]
                for first, end in pairwise([0, *ends]):
                    part = table.slice(first, end - first).combine_chunks()
                    yield Part(str(sources[first]), part)

    def _write_part(self, mapped: MappedPart, count: _SourceCount, writer: DerivedWriter) -> np.ndarray:
        """Write the rows of a part; returns of each record 0 if left out, 1 if mapped, 2 if refused."""
        part = mapped.part
        fate = np.zeros(part.records.num_rows, np.int8)
        count.repeated += mapped.mapped.repeated
        count.rounded += mapped.mapped.rounded
        for feed in mapped.feeds:
            self._write_feed(part, feed, fate, count, writer)
        rejected = [(int(mapped.present[index]), reject) for index, reject in mapped.mapped.rejected]
        erased = np.setdiff1d(np.arange(len(fate)), mapped.present).tolist()
        rejected += [(index, ERASED) for index in erased]
        rejected.sort(key=lambda found: found[0])
        self._write_rejects(part, part.source, rejected, fate, count, writer)
        return fate

    def _write_feed(
        self, part: Part, found: TypedFeed, fate: np.ndarray, count: _SourceCount, writer: DerivedWriter
    ) -> None:
        feed, typed, owners = FEEDS[found.feed], found.typed, found.owners
        accepted = owners[typed.accepted["position"].to_numpy()]
        fate[accepted] = np.maximum(fate[accepted], 1)
        origin = part.records.take(pa.array(accepted))
        columns = {
            **{name: typed.accepted[name] for name in feed.typed_schema.names},
            "batch_id": origin["batch_id"],
            "file_path": origin["file_path"],
            "line_number": origin["line_number"],
            "content_hash": typed.accepted["content_hash"],
        }
        rows = pa.table(columns, schema=feed.raw_schema)
        without = self._forgotten.erase_new(found.feed, rows)
        if self._forgotten and "member_id" in rows.column_names:
            self._note_people(rows, without, origin)
        writer.write(found.feed, without)
        for file, row_count, credits in _sums(without, is_summed=has_credits(found.feed)):
            total = count.feeds.setdefault((file, found.feed), _FeedCount())
            total.accepted += row_count
            total.credits += credits
        rejected = [(int(owners[row.position]), row.reject) for row in typed.rejected]
        self._write_rejects(part, found.feed, rejected, fate, count, writer)

    def _write_rejects(
        self,
        part: Part,
        feed: str,
        rejected: Sequence[tuple[int, Reject]],
        fate: np.ndarray,
        count: _SourceCount,
        writer: DerivedWriter,
    ) -> None:
        """Quarantine refused rows with the whole text of their record."""
        if not rejected:
            return
        indexes = [index for index, _ in rejected]
        fate[indexes] = 2
        records = part.records.take(pa.array(indexes)).select(["file_path", "line_number", "record"])
        files = records["file_path"].to_pylist()
        loaded = [self._deliveries[file] for file in files]
        rows = quarantine_rows(
            feeds=[feed] * len(files),
            files=files,
            hashes=[delivery["file_sha256"] for delivery in loaded],
            numbers=records["line_number"].to_pylist(),
            rejects=[reject for _, reject in rejected],
            texts=records["record"].to_pylist(),
            times=[delivery["loaded_at"] for delivery in loaded],
            batch_id=self._batch_id,
        )
        writer.write(QUARANTINE, self._forgotten.erase_new_rejects(rows))
        for file in files:
            count.feeds.setdefault((file, feed), _FeedCount()).refused += 1

    def _note_people(self, rows: pa.Table, without: pa.Table, origin: pa.Table) -> None:
        """Remember the records of rows whose member was erased, and what names them there.

        Also those of members who stay, though someone of the same id in another workspace is forgotten.
        """
        members = without["member_id"].unique().to_pylist()
        staying = [member for member in members if member and self._forgotten.token((ANY, member))]
        if staying:
            is_staying = pc.is_in(without["member_id"], value_set=pa.array(staying, pa.string()))
            kept = origin.filter(is_staying).select(["file_path", "record_number"]).to_pylist()
            for place, member in zip(kept, without["member_id"].filter(is_staying).to_pylist(), strict=True):
                self._staying.add((place["file_path"], place["record_number"], member))
        personal = [name for name in PERSONAL_COLUMNS if name in rows.column_names]
        is_erased = pc.fill_null(pc.not_equal(rows["member_id"], without["member_id"]), False)
        places = origin.filter(is_erased).select(["file_path", "record_number"]).to_pylist()
        tokens = without["member_id"].filter(is_erased).to_pylist()
        for row, place, token in zip(
            rows.filter(is_erased).select(personal).to_pylist(), places, tokens, strict=True
        ):
            terms = {*self._names, *(text for text in row.values() if text)}
            found = self._tokens.setdefault((place["file_path"], place["record_number"]), {})
            found |= dict.fromkeys(terms, token)

    def _note_mentions(self, part: Part) -> None:
        """Remember the records that name someone who is forgotten, also where no row does."""
        if not self._forgotten:
            return
        for row in part.records.select(["file_path", "record_number", "record"]).to_pylist():
            key = row["file_path"], row["record_number"]
            text = row["record"] or ""
            found = self._forgotten.mentioned(text)
            if "\\" in text:  # JSON kept in a text
                found |= self._forgotten.mentioned(text.replace("\\", " "))
            found = {term: token for term, token in found.items() if (*key, term) not in self._staying}
            if found:
                self._tokens[key] = found | self._tokens.get(key, {})

    def _without_people(self, _: str, rows: pa.Table) -> pa.Table:
        """The records without the people noted; the same table if it has none of them."""
        keys = zip(rows["file_path"].to_pylist(), rows["record_number"].to_pylist(), strict=True)
        touched = [(index, self._tokens[key]) for index, key in enumerate(keys) if key in self._tokens]
        if not touched:
            return rows
        people = {name: PersonKeys.of(mapping) for name, mapping in self._mappings.items()}
        records, sources = rows["record"].to_pylist(), rows["source_folder"].to_pylist()
        is_changed = False
        for index, tokens in touched:
            erased = people[sources[index]].erase(records[index], tokens)
            is_changed |= erased != records[index]
            records[index] = erased
        return with_records(rows, records) if is_changed else rows

    def _delivery_rows(self) -> pa.Table:
        """A row for each feed that a file has rows of: how many, and how many refused."""
        rows = [
            {
                **self._deliveries[file],
                "feed": feed,
                "line_count": found.accepted + found.refused,
                "accepted_count": found.accepted,
                "quarantined_count": found.refused,
                "accepted_credits": found.credits if has_credits(feed) else None,
                "unknown_columns": None,
                "replaces_earlier": False,
            }
            for count in self._counts.values()
            for (file, feed), found in count.feeds.items()
        ]
        return pa.Table.from_pylist(rows, DELIVERIES_SCHEMA)

    def _count_rows(self) -> pa.Table:
        """A row for each file; what is counted only for a whole folder stands in a row without a file."""
        rows: list[dict[str, Any]] = []
        for source, count in self._counts.items():
            of_source = {"batch_id": self._batch_id, "source_folder": source}
            for file, found in count.files.items():
                rows.append(
                    {
                        **of_source,
                        "file_path": file,
                        "record_count": found.records,
                        "mapped_count": found.mapped,
                        "left_out_count": found.left_out,
                        "quarantined_count": found.quarantined,
                    }
                )
            if count.repeated or count.rounded:
                rows.append({**of_source, "repeated_count": count.repeated, "rounded": count.rounded})
        return pa.Table.from_pylist(rows, MAPPING_COUNTS_SCHEMA)


def with_records(rows: pa.Table, records: list[str | None]) -> pa.Table:
    """The rows of source_records with other records; their hashes stay, by which a repetition is known."""
    index = rows.schema.get_field_index("record")
    return rows.set_column(index, "record", pa.array(records, pa.string()))


def _loaded_files(batch: Path) -> dict[str, dict[str, Any]]:
    """The row of `deliveries` of each file that was loaded into the batch."""
    rows = pq.read_table(batch / f"{DELIVERIES}.parquet").to_pylist()
    return {row["file_path"]: row for row in rows if row["status"] == "loaded" and row["feed"] not in FEEDS}


def _by_file(part: Part, fate: np.ndarray) -> Iterator[tuple[str, _RecordCount]]:
    table = pa.table({"file": part.records["file_path"], "fate": pa.array(fate)})
    for row in table.group_by(["file", "fate"]).aggregate([([], "count_all")]).to_pylist():
        count = row["count_all"]
        yield (
            row["file"],
            _RecordCount(count, *(count if row["fate"] == each else 0 for each in (1, 0, 2))),
        )


def _sums(rows: pa.Table, *, is_summed: bool) -> Iterator[tuple[str, int, Decimal]]:
    """Rows and credits of each file."""
    columns = {"file": rows["file_path"]}
    if is_summed:
        columns["credits"] = rows["credits"].cast(pa.decimal128(38, 6))
    wanted: list[Any] = [([], "count_all"), *([("credits", "sum")] if is_summed else [])]
    for row in pa.table(columns).group_by("file").aggregate(wanted).to_pylist():
        yield row["file"], row["count_all"], row.get("credits_sum") or Decimal(0)
