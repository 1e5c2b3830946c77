"""Checks a file in the contract's own form: its feed, the rows that load, every fault, unknown columns.

Nothing is loaded. A file of another system is looked at in sources/connect.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.in_memory import in_memory
from orchestration.landing.contract import FEEDS
from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.formats.csv_records import csv_chunks
from orchestration.landing.formats.dispatch import format_of, read_documents
from orchestration.landing.options import DEFAULT_OPTIONS
from orchestration.landing.rejects import FileRejected, Reject
from orchestration.landing.sources.connect.recognise import feed_of
from orchestration.landing.typing.json_text import JsonRejected, parse_json
from orchestration.landing.typing.row_typer import RowTyper
from orchestration.visible_text import counted

_LOOKED_AT = 100


@dataclass(frozen=True)
class Fault:
    """A line that does not load, and why."""

    line: int
    reject: Reject


@dataclass(frozen=True)
class FileCheck:
    """What would become of a file.

    Attributes:
        rows: lines that load.
        faults: the first lines that do not, by line.
        fault_count: how many do not.
        rules: how many by rule.
        unknown: how many rows have each column that the contract does not know.
        whole: why no line of the file is a row, if none is.
    """

    feed: str
    rows: int
    faults: tuple[Fault, ...]
    fault_count: int
    rules: Counter[str]
    unknown: Counter[str]
    whole: Reject | None


def columns_of(file: Path) -> frozenset[str]:
    """The columns that the first records of a file have, whatever separates them.

    Raises:
        FileRejected: the file cannot be read.
    """
    options = replace(DEFAULT_OPTIONS, chunk_rows=_LOOKED_AT, chunk_bytes=1024 * 1024)
    found: set[str] = set()
    with file.open("rb") as content:
        if format_of(file.name) == "csv":
            return _header_of(content.read(1024 * 1024))
        for document in (
            next(read_documents(content, file_name=file.name, options=options))
            .documents["document"]
            .to_pylist()
        ):
            try:
                record = parse_json(document)
            except JsonRejected:
                continue
            found |= set(record) if isinstance(record, dict) else set()
    return frozenset(found)


def feed_by_place(file: Path) -> str | None:
    """The feed in whose folder a file lies."""
    return next((parent.name for parent in file.absolute().parents if parent.name in FEEDS), None)


def check_file(file: Path, feed_name: str, *, most_faults: int) -> FileCheck:
    """Type every row of a file as a run would.

    Raises:
        FileRejected: the file cannot be read to its end, so that nothing of it would load.
    """
    feed = FEEDS[feed_name]
    rows, count = 0, 0
    faults: list[Fault] = []
    rules: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    first: Chunk | None = None
    with in_memory() as connection, file.open("rb") as content:
        typer = RowTyper(connection, feed)
        for chunk in read_documents(
            content, file_name=file.name, options=DEFAULT_OPTIONS, required=feed.required
        ):
            first = first or chunk
            typed = typer.read(chunk.documents["document"])
            lines = chunk.documents["line_number"].to_pylist()
            found = [Fault(line.line_number, line.reject) for line in chunk.rejected]
            found += [Fault(lines[row.position], row.reject) for row in typed.rejected]
            faults += sorted(found, key=lambda fault: fault.line)[: most_faults - len(faults)]
            count += len(found)
            rules.update(fault.reject.rule for fault in found)
            unknown.update(name for names in typed.unknown.values() for name in names)
            rows += typed.accepted.num_rows
    return FileCheck(
        feed_name, rows, tuple(faults), count, rules, unknown, None if rows else _whole(first, feed_name)
    )


def _whole(first: Chunk | None, feed: str) -> Reject | None:
    """Why no line of the file is a row."""
    if first is None or (first.shape is None and first.found is None):
        return None
    if first.shape:
        return first.shape
    required = ", ".join(FEEDS[feed].required)
    reason = f"the header lacks required columns of {feed} ({required}); found {first.found}"
    return Reject("file.columns", None, first.found, reason, "Name the columns as the contract does.")


def check_lines(check: FileCheck) -> Iterator[str]:
    """What a check found, in lines."""
    yield f"feed         {check.feed}"
    yield f"load         {counted(check.rows, 'row')}"
    yield f"refused      {counted(check.fault_count, 'line')}"
    if check.unknown:
        listed = ", ".join(f"{name} ({count:,})" for name, count in check.unknown.most_common())
        yield f"not known    {listed}: kept in attributes, and reported as drift"


def fault_lines(check: FileCheck, file_name: str) -> Iterator[str]:
    """Each fault with its place and remedy; the rest by rule."""
    if check.whole:
        yield f"{file_name}: {check.whole.reason}. {check.whole.remedy}"
        return
    for fault in check.faults:
        yield f"{file_name}:{fault.line}: {fault.reject.reason}. {fault.reject.remedy}"
    if check.fault_count > len(check.faults):
        listed = ", ".join(f"{count:,} {rule}" for rule, count in sorted(check.rules.items()))
        yield f"and {check.fault_count - len(check.faults):,} more; by rule: {listed}"


def feed_by_columns(file: Path) -> tuple[str | None, frozenset[str]]:
    """The feed whose required columns a file has, and its columns."""
    columns = columns_of(file)
    return feed_of(columns), columns


def _header_of(head: bytes) -> frozenset[str]:
    """The column names of a CSV file: of all separators, those that name a feed, or the most."""
    headers = []
    for separator in (",", ";", "\t", "|"):
        try:
            chunk = next(csv_chunks(iter([head]), DEFAULT_OPTIONS, separator=separator))
        except FileRejected:
            continue
        document = chunk.documents["document"][0].as_py() if chunk.documents.num_rows else "{}"
        record = parse_json(document)
        headers.append(frozenset(record) if isinstance(record, dict) else frozenset())
    return max(headers, key=lambda names: (feed_of(names) is not None, len(names)), default=frozenset())
