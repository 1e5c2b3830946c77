"""Records of another system as they are stored: verbatim, with their file, line and hash.

What a mapping makes of them is in `derivation`.
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.lake.batch_writer import SOURCE_RECORDS, SOURCE_RECORDS_SCHEMA
from orchestration.lake.delivery import Delivery
from orchestration.lake.typed_files import QuarantinedLine, TypedFiles
from orchestration.landing.contract import FEEDS
from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.formats.dispatch import Format, format_of
from orchestration.landing.formats.records import Layout, read_records
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import Reject, excerpt
from orchestration.landing.sources.mapping import Mapping
from orchestration.landing.sources.paths import read_path
from orchestration.landing.typing.json_text import JsonRejected, json_text, parse_json

# of the records with the same names one is looked at: in a good one, no name occurs twice
_CHECKED = """
    select
        position,
        sha256(record) as content_hash,
        case
            when json_valid(record) and starts_with(ltrim(record), '{') then hash(json_keys(record))
        end as form
    from records
    order by position
"""
_FORMATS: dict[str, Format] = {
    "jsonl": "json_lines",
    "ndjson": "json_lines",
    "json": "json",
    "csv": "csv",
    "parquet": "parquet",
}


class SourceTarget:
    """The records of one source folder."""

    table = SOURCE_RECORDS
    schema = SOURCE_RECORDS_SCHEMA

    def __init__(self, mapping: Mapping, *, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._layout = layout_of(mapping)
        self._counts: dict[str, int] = {}
        self.folder = mapping.name
        self.is_snapshot = any(FEEDS[feed].is_snapshot for feed in mapping.all_feeds)

    def format_of(self, file_name: str) -> Format | None:
        """The format by the file name, else by the mapping."""
        return format_of(file_name) or self._layout.format

    def read(self, content: BinaryIO, *, file_name: str, options: ReadOptions) -> Iterator[Chunk]:
        """The chunks of a file, in order."""
        return read_records(content, file_name=file_name, layout=self._layout, options=options)

    def rows(self, files: Sequence[tuple[Delivery, Chunk]], *, batch_id: int) -> TypedFiles:
        """The records that are JSON objects."""
        numbers = pa.chunked_array(
            [part for _, chunk in files for part in chunk.documents["line_number"].chunks], pa.int64()
        )
        records = pa.concat_tables([chunk.documents for _, chunk in files])["document"]
        records = pc.utf8_rtrim(records, "\r\n").combine_chunks()
        checked = self._check(records)
        table = pa.table({"line_number": numbers, "record": records, "content_hash": checked["content_hash"]})
        is_good = _have_good_forms(checked["form"], records)
        faults: dict[int, QuarantinedLine] = {}
        for position in np.flatnonzero(~is_good).tolist():
            text = records[position].as_py()
            reject = _fault(text)
            is_good[position] = reject is None
            if reject:
                faults[position] = QuarantinedLine(numbers[position].as_py(), text, reject)
        tables, quarantined, start = [], [], 0
        counts = dict(self._counts)
        for delivery, chunk in files:
            end = start + chunk.documents.num_rows
            lines = [QuarantinedLine(line.line_number, line.text, line.reject) for line in chunk.rejected]
            lines += (
                [faults[position] for position in range(start, end) if position in faults] if faults else []
            )
            kept = table.slice(start, end - start).filter(pa.array(is_good[start:end]))
            tables.append(self._with_origin(kept, delivery, batch_id, counts))
            quarantined.append(sorted(lines, key=lambda line: line.line_number or 0))
            delivery.accepted_count += kept.num_rows
            delivery.quarantined_count += len(lines)
            delivery.note_chunk(chunk)
            start = end
        self._counts = counts
        return TypedFiles(pa.concat_tables(tables).combine_chunks(), quarantined)

    def _with_origin(
        self, rows: pa.Table, delivery: Delivery, batch_id: int, counts: dict[str, int]
    ) -> pa.Table:
        count, name = rows.num_rows, delivery.file.name
        first = counts.get(name, delivery.continued_after or 0)
        counts[name] = first + count
        columns = {
            "batch_id": pa.array(np.full(count, batch_id)),
            "source_folder": pa.repeat(pa.scalar(self.folder, pa.string()), count),
            "file_path": pa.repeat(pa.scalar(name, pa.string()), count),
            "line_number": rows["line_number"],
            "record_number": pa.array(np.arange(first + 1, first + count + 1)),
            "record": rows["record"],
            "content_hash": rows["content_hash"],
        }
        return pa.table(columns, schema=SOURCE_RECORDS_SCHEMA)

    def _check(self, records: pa.Array) -> pa.Table:
        table = pa.table({"position": np.arange(len(records)), "record": records})
        batches = pa.Table.from_batches(table.to_batches(max_chunksize=10_000), table.schema)
        self._connection.register("records", batches)
        try:
            return self._connection.sql(_CHECKED).to_arrow_table()
        finally:
            self._connection.unregister("records")


def layout_of(mapping: Mapping) -> Layout:
    """How the files of a mapping are laid out."""
    reads = mapping.reads
    return Layout(
        format=_FORMATS.get(reads.format or ""),
        records=read_path(reads.records).keys if reads.records else (),
        separator=reads.separator,
    )


def _have_good_forms(forms: pa.ChunkedArray, records: pa.Array) -> np.ndarray:
    """Whether each record has the names of one that is a record; without a form, it is no JSON object."""
    found = forms.combine_chunks().dictionary_encode()
    codes = pc.fill_null(found.indices, -1).to_numpy(zero_copy_only=False)
    _, firsts = np.unique(codes, return_index=True)
    good = [codes[first] for first in firsts if codes[first] >= 0 and _fault(records[first].as_py()) is None]
    return np.isin(codes, good)


def _fault(record: str) -> Reject | None:
    """Why a text is no record; None if it is one."""
    try:
        value = parse_json(record)
        json_text(value)
    except JsonRejected as error:
        return error.reject
    if isinstance(value, dict):
        return None
    found = excerpt(record)
    reason = f"a record must be a JSON object; found {found}"
    remedy = "Deliver objects, or name the array that holds them in reads.records of the mapping."
    return Reject("json.object", None, found, reason, remedy)
