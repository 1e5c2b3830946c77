"""Reads the first records of files, so that what they are can be seen before they are loaded.

A run reads whole files in the lake; nothing is written here.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.landing.formats.csv_records import csv_chunks
from orchestration.landing.formats.dispatch import Format, format_of
from orchestration.landing.formats.records import Layout, read_records
from orchestration.landing.options import DEFAULT_OPTIONS, ReadOptions
from orchestration.landing.rejects import FileRejected, RejectedLine
from orchestration.landing.sources.connect.flat.flat_table import NULL_TEXTS, FlatTable
from orchestration.landing.sources.connect.recognise import inner_records
from orchestration.landing.sources.language import Mapping as SourceMapping
from orchestration.landing.sources.paths import read_path

RECORDS = 1_000
_OPTIONS = replace(DEFAULT_OPTIONS, chunk_rows=RECORDS, chunk_bytes=1024 * 1024)
_FORMATS: Mapping[str, Format] = {"jsonl": "json_lines", "json": "json", "csv": "csv", "parquet": "parquet"}
_SEPARATORS = (",", ";", "\t", "|")
_DEEPEST = 4


@dataclass(frozen=True)
class Sample:
    """The first records of one file.

    Attributes:
        name: the file's name below its folder, as a run would store it.
        lines: the line of each record.
        records: the JSON text of each record.
        rejected: the lines among them that are no records.
        is_whole: whether the file has no more.
    """

    name: str
    lines: tuple[int, ...]
    records: tuple[str, ...]
    rejected: tuple[RejectedLine, ...]
    is_whole: bool


def sample_file(file: Path, *, name: str, layout: Layout, most: int = RECORDS) -> Sample:
    """The first records of a file.

    Raises:
        FileRejected: the file cannot be read.
        OSError: it cannot be opened.
    """
    lines: list[int] = []
    records: list[str] = []
    rejected: list[RejectedLine] = []
    is_whole = True
    with file.open("rb") as content:
        for chunk in read_records(content, file_name=file.name, layout=layout, options=_options(most)):
            if len(records) + len(rejected) >= most and chunk.line_count:
                is_whole = False
                break
            lines += chunk.documents["line_number"].to_pylist()
            records += chunk.documents["document"].to_pylist()
            rejected += chunk.rejected
    is_whole = is_whole and len(records) <= most
    return Sample(name, tuple(lines[:most]), tuple(records[:most]), tuple(rejected[:most]), is_whole)


def sample_end(file: Path, *, name: str, layout: Layout) -> Sample:
    """The last records of a file, which is read to its end.

    Raises:
        FileRejected: the file cannot be read.
        OSError: it cannot be opened.
    """
    last, before = None, None
    with file.open("rb") as content:
        for chunk in read_records(content, file_name=file.name, layout=layout, options=_OPTIONS):
            last, before = (chunk, last) if chunk.line_count else (last, before)
    ends = [chunk.documents for chunk in (before, last) if chunk]
    lines = [line for documents in ends for line in documents["line_number"].to_pylist()]
    records = [record for documents in ends for record in documents["document"].to_pylist()]
    return Sample(name, tuple(lines), tuple(records), (), False)


def layout_of(mapping: SourceMapping) -> Layout:
    """How a mapping's files are read."""
    reads = mapping.reads
    kind = None if reads.format is None else _FORMATS[reads.format]
    return Layout(kind, read_path(reads.records).keys if reads.records else (), reads.separator)


def _options(most: int) -> ReadOptions:
    return replace(_OPTIONS, chunk_rows=most)


def parsed_records(sample: Sample) -> Iterator[dict[str, Any]]:
    """The records that are JSON objects; numbers as their text."""
    for record in sample.records:
        try:
            value = json.loads(record, parse_float=str, parse_int=str, parse_constant=str)
        except (json.JSONDecodeError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def page_path(sample: Sample) -> str | None:
    """Where the records are, if the file's few objects are pages of them."""
    objects = list(parsed_records(sample))
    if not objects or not sample.is_whole or len(objects) > 50:
        return None
    paths = Counter(path for record in objects for path, _ in inner_records(record))
    path, count = paths.most_common(1)[0] if paths else ("", 0)
    return path if count == len(objects) and len(paths) == 1 else None


def separator_of(file: Path) -> str | None:
    """The character that separates the cells of a CSV file; None of another file."""
    if format_of(file.name) != "csv":
        return None
    widths: dict[str, int] = {}
    for separator in _SEPARATORS:
        try:
            with file.open("rb") as content:
                blocks = iter([content.read(256 * 1024)])
                chunk = next(csv_chunks(blocks, _OPTIONS, separator=separator))
        except FileRejected as error:
            # what is wrong with its header is said when it is read
            widths[separator] = (error.reject.value or "").count(separator)
            continue
        good = chunk.documents.num_rows
        width = len(json.loads(chunk.documents["document"][0].as_py())) if good else 0
        widths[separator] = width * good
    return max(widths, key=lambda separator: widths[separator], default=None)


def flat_table(samples: Sequence[Sample], *, is_text: bool, separator: str | None) -> FlatTable:
    """The columns of the records, nested objects by their path."""
    rows = [dict(_flat(record)) for sample in samples for record in parsed_records(sample)]
    names = {path: name for row in rows for path, (name, _) in row.items()}
    nulls: set[str] = set()
    columns: dict[str, list[str | None]] = {path: [] for path in names}
    for row in rows:
        for path, column in columns.items():
            value = row[path][1] if path in row else None
            if value in NULL_TEXTS:
                nulls.add(str(value))
            column.append(None if value is None or value == "" or value in NULL_TEXTS else value.strip())
    found = tuple(text for text in NULL_TEXTS if text in nulls)
    return FlatTable(columns, names, is_text, separator, found)


def _flat(
    record: Mapping[str, Any], prefix: str = "", shown: str = "", depth: int = 1
) -> Iterator[tuple[str, tuple[str, str | None]]]:
    for name, value in record.items():
        path, full = prefix + path_key(name), shown + name
        if isinstance(value, dict) and depth < _DEEPEST:
            yield from _flat(value, f"{path}.", f"{full}.", depth + 1)
        elif not isinstance(value, (list, dict)):
            text = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            yield path, (full, text)


def path_key(name: str) -> str:
    """A key as a path of the mapping language writes it."""
    is_plain = name.replace("_", "a").replace(" ", "a").replace("-", "a").isalnum() and name == name.strip()
    return name if is_plain else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_flat(samples: Sequence[Sample]) -> bool:
    """Whether any record has a value that is neither an object nor an array."""
    return any(True for sample in samples for record in parsed_records(sample) for _ in _flat(record))


def records_table(samples: Sequence[Sample], folder: str) -> pa.Table:
    """The records for the engine: `record`, `occurrence` within the file, and `file_path`."""
    records: list[str] = []
    occurrences: list[int] = []
    paths: list[str] = []
    for sample in samples:
        seen: Counter[str] = Counter()
        for record in sample.records:
            records.append(record)
            occurrences.append(seen[record])
            seen[record] += 1
            paths.append(f"{folder}/{sample.name}")
    schema = pa.schema([("record", pa.string()), ("occurrence", pa.int64()), ("file_path", pa.string())])
    return pa.table([records, occurrences, paths], schema=schema)


_KINDS: Mapping[Format, str] = {
    "csv": "CSV",
    "json_lines": "JSON lines",
    "json": "JSON",
    "parquet": "Parquet",
}


def shown_format(file: Path) -> str:
    """The format of a file in words."""
    kind = format_of(file.name)
    return _KINDS[kind] if kind else "of no known format"
