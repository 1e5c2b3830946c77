"""Loads the new files of one folder, of a feed or of another system, into a batch of the lake.

Formats are read in `orchestration.landing`; the batch is committed in `batch_writer`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

import duckdb
import pyarrow as pa

from orchestration.lake.batch_writer import QUARANTINE, QUARANTINE_SCHEMA, BatchWriter
from orchestration.lake.delivery import ContentKey, Delivery
from orchestration.lake.delivery_history import DeliveryHistory
from orchestration.lake.erasure.forgotten_list import Forgotten
from orchestration.lake.growing_files import lines_after, lines_read_before
from orchestration.lake.landing_files import FileUnavailable, LandingFile, OpenFile, open_landing_file
from orchestration.lake.spool import Spool
from orchestration.lake.targets import Target
from orchestration.lake.typed_files import QuarantinedLine, TypedFiles, quarantine_table
from orchestration.landing.formats.chunks import Chunk, empty_chunk
from orchestration.landing.options import FILE_CAP, ReadOptions, or_raise
from orchestration.landing.rejects import FileRejected, LandingError, Reject, file_rejected, unreadable
from orchestration.visible_text import counted

_GROUP_FILES = 20_000
_MOST_WITHOUT_ROW = 300_000
# only what is read by line can be read from where it was left
_BY_LINE = ("json_lines", "csv")


@dataclass
class _Group:
    """Small files waiting to be typed in one query; for a rejected one, the reason."""

    files: list[tuple[Delivery, Chunk]] = field(default_factory=list)
    rejects: list[Reject | None] = field(default_factory=list)
    contents: set[ContentKey | None] = field(default_factory=set)
    row_count: int = 0
    byte_count: int = 0

    def add(self, delivery: Delivery, chunk: Chunk, reject: Reject | None) -> None:
        self.files.append((delivery, chunk))
        self.rejects.append(reject)
        if delivery.status == "loaded" and reject is None:
            self.contents.add(delivery.content_key)
        self.row_count += chunk.line_count
        self.byte_count += chunk.documents.nbytes


class FolderIngestion:
    """Loads the files of one folder, in order; many small ones are typed at a time.

    Attributes:
        deliveries: the new files, in order.
        warnings: files left for the next run, as sentences.
        unchanged_count: files already loaded by earlier runs.
    """

    def __init__(
        self,
        target: Target,
        *,
        writer: BatchWriter,
        history: DeliveryHistory,
        forgotten: Forgotten,
        options: ReadOptions,
        now: datetime,
        progress: Callable[[str], None],
    ) -> None:
        self._target = target
        self._writer = writer
        self._history = history
        self._forgotten = forgotten
        self._options = options
        self._now = now
        self._progress = progress
        self._group = _Group()
        self.deliveries: list[Delivery] = []
        self.warnings: list[str] = []
        self.unchanged_count = 0

    def take(self, file: LandingFile) -> None:
        """Load the file if it is new."""
        if self._history.is_unchanged(file):
            self.unchanged_count += 1
            return
        obstacle = _obstacle(file, self._options)
        if obstacle:
            delivery = Delivery(file, size_bytes=file.size_bytes, modified_ns=file.modified_ns)
            self._hold(delivery, empty_chunk(), obstacle)
            return
        try:
            with open_landing_file(file, is_seeked=self._target.format_of(file.name) == "parquet") as content:
                self._read(file, content)
        except FileUnavailable as error:
            self.warnings.append(f"{file.name} {error}: not loaded, the next run tries again")

    def finish(self) -> None:
        """Type and write the files that are still waiting."""
        group, self._group = self._group, _Group()
        if not group.files:
            return
        self._write(list(zip(group.files, group.rejects, strict=True)))

    def _write(self, held: list[tuple[tuple[Delivery, Chunk], Reject | None]]) -> None:
        """Type and write files together; if that fails, find the one at fault and reject it."""
        files = [file for file, _ in held]
        try:
            typed = self._rows(files)
        except FileRejected as error:
            for delivery, _ in files:
                delivery.reset_counts()
            if len(held) > 1:
                self._write(held[: len(held) // 2])
                self._write(held[len(held) // 2 :])
            elif files[0][1].line_count:
                self._write([((files[0][0], empty_chunk()), error.reject)])
            else:  # no file is at fault
                raise
            return
        self._writer.write(self._target.table, typed.rows)
        quarantined: list[tuple[Delivery, QuarantinedLine]] = []
        for ((delivery, _), reject), lines in zip(held, typed.quarantined, strict=True):
            file_reject = reject or delivery.whole_file_reject()
            lines = _whole_file(file_reject) if file_reject else lines
            quarantined += [(delivery, line) for line in lines]
            self._record(delivery, file_reject)
        self._writer.write(QUARANTINE, self._quarantine_table(quarantined))

    def _rows(self, files: Sequence[tuple[Delivery, Chunk]]) -> TypedFiles:
        """The rows of files.

        Raises:
            FileRejected: whatever their content makes of the typing.
        """
        try:
            return self._target.rows(files, batch_id=self._writer.batch_id)
        except (OSError, LandingError, duckdb.FatalException):
            raise
        except Exception as error:
            raise unreadable(type(error).__name__, f"{type(error).__name__}: {error}") from error

    def _read(self, file: LandingFile, content: OpenFile) -> None:
        delivery = Delivery(file, size_bytes=content.size_bytes, modified_ns=content.modified_ns)
        if not content.is_streamed or (file.feed, content.size_bytes) in self._history.sizes:
            delivery.sha256 = content.sha256()
            if self._is_known(delivery):
                return
            content.rewind()
        chunks = self._chunks(delivery, content)
        reject = None
        try:
            first, second = next(chunks), next(chunks, None)
            if second is not None:
                self._stream(delivery, content, chain([first, second], chunks))
                return
        except FileRejected as error:
            first, reject = empty_chunk(), error.reject
        if not self._is_known_after_reading(delivery, content):
            self._hold(delivery, first, reject)

    def _chunks(self, delivery: Delivery, content: OpenFile) -> Iterator[Chunk]:
        """The documents that were not read before; of a snapshot all, since its newest delivery counts."""
        file = delivery.file
        known = None
        if not self._target.is_snapshot and self._target.format_of(file.name) in _BY_LINE:
            known = lines_read_before(content, self._history.newest.get(file.name))
            content.rewind()
        chunks = _from_disk(self._target.read(content.content, file_name=file.name, options=self._options))
        return chunks if known is None else lines_after(known, chunks, delivery)

    def _stream(self, delivery: Delivery, content: OpenFile, chunks: Iterable[Chunk]) -> None:
        """Load a file of several chunks; its rows are written once it is known to be complete and new."""
        self.finish()
        directory = self._writer.directory
        with (
            Spool(directory / "rows.arrow", self._target.schema) as rows,
            Spool(directory / "lines.arrow", QUARANTINE_SCHEMA) as quarantined,
        ):
            reject = None
            try:
                for chunk in chunks:
                    typed = self._rows([(delivery, chunk)])
                    _refuse_if_hopeless(delivery)
                    rows.add(typed.rows)
                    quarantined.add(
                        self._quarantine_table([(delivery, line) for line in typed.quarantined[0]])
                    )
                    self._progress(f"{delivery.file.name}: {counted(delivery.line_count, 'line')}")
            except FileRejected as error:
                delivery.reset_counts()
                reject = error.reject
            if self._is_known_after_reading(delivery, content):
                return
            reject = reject or delivery.whole_file_reject()
            if reject:
                lines = [(delivery, line) for line in _whole_file(reject)]
                self._writer.write(QUARANTINE, self._quarantine_table(lines))
            else:
                for table in rows.tables():
                    self._writer.write(self._target.table, table)
                for table in quarantined.tables():
                    self._writer.write(QUARANTINE, _with_hash(table, delivery.sha256))
            self._record(delivery, reject)

    def _is_known_after_reading(self, delivery: Delivery, content: OpenFile) -> bool:
        """Whether a file that could only be hashed while it was read was delivered before."""
        content.check_unchanged()
        if not content.is_streamed:
            return False
        delivery.sha256 = content.sha256()
        return self._is_known(delivery)

    def _is_known(self, delivery: Delivery) -> bool:
        """Whether this content was delivered before, under this name (unchanged) or another (an alias)."""
        earlier = self._history.newest.get(delivery.file.name)
        if earlier and earlier.sha256 == delivery.sha256:
            self.unchanged_count += 1
            return True
        if delivery.content_key in self._group.contents:
            self.finish()
        original = self._history.loaded.get(delivery.content_key) if delivery.content_key else None
        if original is None:
            return False
        # a snapshot equal to an earlier one is new if another came in between
        is_newest = self._history.newest_loaded.get(delivery.file.feed) == delivery.content_key
        if self._target.is_snapshot and not is_newest:
            return False
        delivery.reset_counts()
        delivery.status, delivery.alias_of = "alias", original
        self._hold(delivery, empty_chunk(), None)
        return True

    def _hold(self, delivery: Delivery, chunk: Chunk, reject: Reject | None) -> None:
        self._group.add(delivery, chunk, reject)
        limits = self._options
        if (
            self._group.row_count >= limits.chunk_rows
            or self._group.byte_count >= limits.chunk_bytes
            or len(self._group.files) >= _GROUP_FILES
        ):
            self.finish()
            self._progress(f"{self._target.folder}: {counted(len(self.deliveries), 'file')}")

    def _record(self, delivery: Delivery, reject: Reject | None) -> None:
        if reject:
            delivery.reject(reject)
        delivery.check_counts()
        # in a file without a header, the first line is read as column names
        delivery.unknown = set(self._forgotten.without_mentions(delivery.unknown))
        is_grown = delivery.continued_after is not None
        delivery.replaces_earlier = delivery.file.name in self._history.newest and not is_grown
        self._history.add(delivery)
        self.deliveries.append(delivery)

    def _quarantine_table(self, lines: list[tuple[Delivery, QuarantinedLine]]) -> pa.Table:
        rows = quarantine_table(lines, batch_id=self._writer.batch_id, now=self._now)
        return self._forgotten.erase_new_rejects(rows)


def _obstacle(file: LandingFile, options: ReadOptions) -> Reject | None:
    """Why the file is rejected without being opened; None if it is not."""
    if file.obstacle:
        reason = f"only regular files are read; this is {file.obstacle}"
        return file_rejected(
            "file.kind", reason, "Deliver a copy of the file itself.", value=file.obstacle
        ).reject
    if file.size_bytes > options.max_file_bytes:
        reason = f"the file is larger than {options.max_file_bytes} bytes ({FILE_CAP})"
        remedy = f"Deliver it in smaller files, {or_raise(FILE_CAP)}."
        return file_rejected("file.size", reason, remedy, value=f"{file.size_bytes} bytes").reject
    return None


def _refuse_if_hopeless(delivery: Delivery) -> None:
    """Reject a large file of which no line is a row, instead of each of its lines."""
    if delivery.quarantined_count >= _MOST_WITHOUT_ROW and not delivery.accepted_count:
        if reject := delivery.whole_file_reject():
            raise FileRejected(reject)
        raise file_rejected(
            "file.no_row",
            f"none of its first {delivery.quarantined_count:,} lines is a row",
            "Deliver the lines that credits check accepts; it names what is wrong with the others.",
        )


def _from_disk(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """The chunks; a disk that does not give them is no fault of the file."""
    try:
        yield from chunks
    except FileUnavailable:
        raise
    except OSError as error:
        raise FileUnavailable(f"cannot be read ({error.strerror})") from error


def _whole_file(reject: Reject) -> list[QuarantinedLine]:
    return [QuarantinedLine(None, None, reject)]


def _with_hash(table: pa.Table, sha256: str | None) -> pa.Table:
    index = table.schema.get_field_index("file_sha256")
    return table.set_column(index, "file_sha256", pa.array([sha256] * table.num_rows, pa.string()))
