"""One delivered file: its counts, its status, its row in `deliveries`; and the rows of what is not read.

The rows themselves are handled in `ingestion`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

import pyarrow as pa

from orchestration.lake.batch_writer import DELIVERIES_SCHEMA
from orchestration.lake.landing_files import LandingFile
from orchestration.lake.unread_files import UnreadEntry
from orchestration.landing.contract import FEEDS
from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.formats.dispatch import Format, format_of
from orchestration.landing.rejects import Reject, excerpt, file_rejected

Status = Literal["loaded", "alias", "rejected"]
UNREAD = "unread"
ContentKey = tuple[str, Format | None, str]
_KEPT_NAMES = 100


class UnexplainedLines(RuntimeError):
    """Lines of a file are neither accepted nor quarantined; nothing is committed."""


@dataclass
class Delivery:
    """Counts and status of one file while it is loaded.

    A file rejected whole has either no lines (it could not be read to its end) or all of them quarantined.

    Attributes:
        line_count: lines of the file except blank ones; counted independently of the two below.
        accepted_count, quarantined_count: lines loaded, and lines that were not.
        left_out: columns without a name, which are not loaded.
        found: the column names, where the header lacks required ones.
        continued_after: the lines read by earlier deliveries of a file that only grew; None if all are read.
        missing: required columns that no row has had so far; None before the first row.
        shape: why no line can be a row, if none is.
    """

    file: LandingFile
    sha256: str | None = None
    size_bytes: int = 0
    modified_ns: int = 0
    status: Status = "loaded"
    alias_of: str | None = None
    replaces_earlier: bool = False
    reason: str | None = None
    line_count: int = 0
    accepted_count: int = 0
    quarantined_count: int = 0
    accepted_credits: Decimal = Decimal(0)
    unknown: set[str] = field(default_factory=set)
    left_out: tuple[str, ...] = ()
    found: str | None = None
    continued_after: int | None = None
    missing: frozenset[str] | None = None
    shape: Reject | None = None

    @property
    def content_key(self) -> ContentKey | None:
        """Identifies the content: feed, format and hash of the bytes."""
        return (self.file.feed, format_of(self.file.name), self.sha256) if self.sha256 else None

    @property
    def unknown_columns(self) -> list[str]:
        """Columns that are not in the contract, and those without a name."""
        return sorted({*self.unknown, *self.left_out})[:_KEPT_NAMES]

    def note_columns(self, names: frozenset[str]) -> None:
        """Record the columns of a rejected row."""
        missing = frozenset(FEEDS[self.file.feed].required) - names
        self.missing = missing if self.missing is None else self.missing & missing

    def reject(self, reject: Reject) -> None:
        """Reject the whole file; the value found may be personal and stays in the quarantine."""
        self.status, self.reason = "rejected", reject.reason.partition("; found")[0]

    def reset_counts(self) -> None:
        """Reset the counts of a file that was not read to its end, or is already loaded."""
        self.line_count = self.accepted_count = self.quarantined_count = 0
        self.accepted_credits = Decimal(0)
        self.missing = self.shape = self.found = None

    def note_chunk(self, chunk: Chunk) -> None:
        """Count the lines of a part of the file, and keep what it says of the whole."""
        self.line_count += chunk.line_count
        self.left_out += chunk.left_out
        self.found = self.found or chunk.found
        self.shape = self.shape or chunk.shape

    def note_unknown_columns(self, names: Iterable[str]) -> None:
        """Record columns that are not in the contract; not all, or a hostile file could fill the memory."""
        if len(self.unknown) < _KEPT_NAMES:
            self.unknown.update(names)

    def whole_file_reject(self) -> Reject | None:
        """Why the whole file is rejected if none of its lines is a row, or has some required column."""
        if self.accepted_count or self.continued_after is not None:
            return None
        if not self.line_count and self.found and self.file.feed in FEEDS:
            return self._header_alone(FEEDS[self.file.feed].required)
        if not self.quarantined_count:
            return None
        has_none = self.missing is None or self.missing == frozenset(FEEDS[self.file.feed].required)
        if self.shape and has_none:
            return self.shape
        if not self.missing:
            return None
        names = ", ".join(sorted(self.missing))
        found = self.found or ", ".join(sorted(self.unknown))
        return file_rejected(
            "file.missing_column",
            f"no row of the file has the required column {names}"
            + (f"; found {excerpt(found)}" if found else ""),
            f"Deliver the file with {names}; if the column was renamed, restore the contract's name.",
            value=names,
        ).reject

    def _header_alone(self, required: tuple[str, ...]) -> Reject:
        """Why a file is rejected of which the only line should be a header, and is none."""
        names = ", ".join(required)
        return file_rejected(
            "file.csv_header",
            f"the file has no row, and its first line does not name the required columns {names}; "
            f"found {excerpt(self.found)}",
            "Deliver a first line that names each column, also before a single row.",
            value=self.found,
        ).reject

    def check_counts(self) -> None:
        """Assert that every line is either accepted or quarantined.

        Raises:
            UnexplainedLines: the counts do not add up.
        """
        if self.line_count != self.accepted_count + self.quarantined_count:
            raise UnexplainedLines(
                f"every line must be accepted or quarantined; {self.file.name} has {self.line_count} lines, "
                f"{self.accepted_count} accepted and {self.quarantined_count} quarantined. "
                "Nothing was committed; report this file."
            )


def has_credits(feed: str) -> bool:
    """Whether the rows of a feed have credits; the records of a source folder are no rows yet."""
    return feed in FEEDS and FEEDS[feed].has_credits


def unread_table(entries: Iterable[UnreadEntry], *, batch_id: int, now: datetime) -> pa.Table:
    """The rows of `deliveries` for what was not read; it belongs to no feed."""
    zeros = dict.fromkeys(
        ("size_bytes", "modified_ns", "line_count", "accepted_count", "quarantined_count"), 0
    )
    rows = [
        {
            **zeros,
            "batch_id": batch_id,
            "file_path": entry.name,
            "status": UNREAD,
            "replaces_earlier": False,
            "reason": entry.reason,
            "loaded_at": now,
        }
        for entry in entries
    ]
    return pa.Table.from_pylist(rows, DELIVERIES_SCHEMA)


def deliveries_table(deliveries: Iterable[Delivery], *, batch_id: int, now: datetime) -> pa.Table:
    """The rows of `deliveries`."""
    rows = [
        {
            "batch_id": batch_id,
            "feed": delivery.file.feed,
            "file_path": delivery.file.name,
            "file_sha256": delivery.sha256,
            "size_bytes": delivery.size_bytes,
            "modified_ns": delivery.modified_ns,
            "status": delivery.status,
            "alias_of": delivery.alias_of,
            "line_count": delivery.line_count,
            "accepted_count": delivery.accepted_count,
            "quarantined_count": delivery.quarantined_count,
            "accepted_credits": delivery.accepted_credits if has_credits(delivery.file.feed) else None,
            "unknown_columns": json.dumps(delivery.unknown_columns) if delivery.unknown_columns else None,
            "replaces_earlier": delivery.replaces_earlier,
            "continued_after": delivery.continued_after,
            "reason": delivery.reason,
            "loaded_at": now,
        }
        for delivery in deliveries
    ]
    return pa.Table.from_pylist(rows, DELIVERIES_SCHEMA)
