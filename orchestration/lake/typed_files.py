"""Turns chunks of files into the rows of one batch: typed, with their origin, counted by file.

Which files, and where the rows are written, is decided in `ingestion`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from orchestration.lake.batch_writer import QUARANTINE_SCHEMA
from orchestration.lake.delivery import Delivery
from orchestration.landing.contract import Feed
from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.rejects import Reject
from orchestration.landing.typing.row_typer import RowTyper, TypedRows


@dataclass(frozen=True)
class QuarantinedLine:
    """A line that is not loaded; without a number, the whole file."""

    line_number: int | None
    text: str | None
    reject: Reject


@dataclass(frozen=True)
class TypedFiles:
    """Rows of the feed's raw schema, and for each file the quarantined lines, by line number."""

    rows: pa.Table
    quarantined: list[list[QuarantinedLine]]


def type_files(
    typer: RowTyper, feed: Feed, files: Sequence[tuple[Delivery, Chunk]], *, batch_id: int
) -> TypedFiles:
    """Type a chunk of each of several files in one query, and update the counts of each delivery."""
    documents = pa.concat_tables([chunk.documents for _, chunk in files]).combine_chunks()
    owners = np.repeat(np.arange(len(files)), [chunk.documents.num_rows for _, chunk in files])
    typed = typer.read(documents["document"])
    positions = typed.accepted["position"].to_numpy()
    quarantined = _quarantined(files, typed, documents, owners)
    _count_accepted(files, feed, typed, owners[positions])
    for position, names in typed.unknown.items():
        files[owners[position]][0].note_unknown_columns(names)
    for (delivery, chunk), lines in zip(files, quarantined, strict=True):
        delivery.note_chunk(chunk)
        delivery.quarantined_count += len(lines)
    return TypedFiles(_raw_rows(files, feed, typed, documents, owners[positions], batch_id), quarantined)


def quarantine_table(
    lines: Sequence[tuple[Delivery, QuarantinedLine]], *, batch_id: int, now: datetime
) -> pa.Table:
    """The rows of `quarantine`."""
    return quarantine_rows(
        feeds=[delivery.file.feed for delivery, _ in lines],
        files=[delivery.file.name for delivery, _ in lines],
        hashes=[delivery.sha256 for delivery, _ in lines],
        numbers=[line.line_number for _, line in lines],
        rejects=[line.reject for _, line in lines],
        texts=[line.text for _, line in lines],
        times=[now] * len(lines),
        batch_id=batch_id,
    )


def quarantine_rows(
    *,
    feeds: Sequence[str],
    files: Sequence[str],
    hashes: Sequence[str | None],
    numbers: Sequence[int | None],
    rejects: Sequence[Reject],
    texts: Sequence[str | None],
    times: Sequence[datetime],
    batch_id: int,
) -> pa.Table:
    """The rows of `quarantine`, given by column."""
    columns: list[Sequence[object]] = [
        [batch_id] * len(files),
        feeds,
        files,
        hashes,
        numbers,
        [reject.rule for reject in rejects],
        [reject.column for reject in rejects],
        [reject.value for reject in rejects],
        [reject.reason for reject in rejects],
        [reject.remedy for reject in rejects],
        texts,
        times,
    ]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, QUARANTINE_SCHEMA.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=QUARANTINE_SCHEMA)


def _quarantined(
    files: Sequence[tuple[Delivery, Chunk]], typed: TypedRows, documents: pa.Table, owners: np.ndarray
) -> list[list[QuarantinedLine]]:
    lines = [
        [QuarantinedLine(line.line_number, line.text, line.reject) for line in chunk.rejected]
        for _, chunk in files
    ]
    rejected = documents.take(pa.array([row.position for row in typed.rejected], pa.int64()))
    for row, number, text in zip(
        typed.rejected, rejected["line_number"].to_pylist(), rejected["text"].to_pylist(), strict=True
    ):
        owner = owners[row.position]
        lines[owner].append(QuarantinedLine(number, text.rstrip("\r\n"), row.reject))
        if row.names is not None:
            files[owner][0].note_columns(row.names)
    return [sorted(of_file, key=lambda line: line.line_number or 0) for of_file in lines]


def _count_accepted(
    files: Sequence[tuple[Delivery, Chunk]], feed: Feed, typed: TypedRows, owners: np.ndarray
) -> None:
    counts = np.bincount(owners, minlength=len(files)).tolist()
    for (delivery, _), count in zip(files, counts, strict=True):
        delivery.accepted_count += count
    if feed.has_credits:
        table = pa.table({"owner": owners, "credits": typed.accepted["credits"].cast(pa.decimal128(38, 6))})
        sums = table.group_by("owner").aggregate([("credits", "sum")])
        for owner, credits in zip(sums["owner"].to_pylist(), sums["credits_sum"].to_pylist(), strict=True):
            files[owner][0].accepted_credits += credits


def _raw_rows(
    files: Sequence[tuple[Delivery, Chunk]],
    feed: Feed,
    typed: TypedRows,
    documents: pa.Table,
    owners: np.ndarray,
    batch_id: int,
) -> pa.Table:
    names = pa.array([delivery.file.name for delivery, _ in files], pa.string())
    count = typed.accepted.num_rows
    columns = {
        **{name: typed.accepted[name] for name in feed.typed_schema.names},
        "batch_id": pa.array(np.full(count, batch_id)),
        "file_path": names.take(pa.array(owners)),
        "line_number": documents["line_number"].take(typed.accepted["position"]),
        "content_hash": typed.accepted["content_hash"],
    }
    return pa.table(columns, schema=feed.raw_schema)
