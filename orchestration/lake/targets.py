"""What the files of a folder become: typed rows of a feed here, records of another system in sources/.

Which files are read, and when, is decided in `ingestion`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO, Protocol

import duckdb
import pyarrow as pa

from orchestration.lake.delivery import Delivery
from orchestration.lake.erasure.forgotten_list import Forgotten
from orchestration.lake.typed_files import TypedFiles, type_files
from orchestration.landing.contract import FEEDS
from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.formats.dispatch import Format, format_of, read_documents
from orchestration.landing.options import ReadOptions
from orchestration.landing.typing.row_typer import RowTyper


class Target(Protocol):
    """What the files of one folder of the landing directory become.

    Attributes:
        folder: its name.
        table: the table of the lake.
        schema: of its rows.
        is_snapshot: whether the newest delivery counts, so that the same bytes may come again.
    """

    folder: str
    table: str
    schema: pa.Schema
    is_snapshot: bool

    def format_of(self, file_name: str) -> Format | None:
        """The format of a file; None if it is not supported."""
        ...

    def read(self, content: BinaryIO, *, file_name: str, options: ReadOptions) -> Iterator[Chunk]:
        """The chunks of a file, in order."""
        ...

    def rows(self, files: Sequence[tuple[Delivery, Chunk]], *, batch_id: int) -> TypedFiles:
        """The rows of a chunk of each of several files; the counts of the deliveries are updated."""
        ...


class FeedTarget:
    """Typed rows of a feed, without forgotten people."""

    def __init__(self, feed: str, *, connection: duckdb.DuckDBPyConnection, forgotten: Forgotten) -> None:
        self._feed = FEEDS[feed]
        self._typer = RowTyper(connection, self._feed)
        self._forgotten = forgotten
        self.folder = self.table = feed
        self.schema = self._feed.raw_schema
        self.is_snapshot = self._feed.is_snapshot

    def format_of(self, file_name: str) -> Format | None:
        """The format by the file name."""
        return format_of(file_name)

    def read(self, content: BinaryIO, *, file_name: str, options: ReadOptions) -> Iterator[Chunk]:
        """The chunks of a file, in order."""
        return read_documents(content, file_name=file_name, options=options, required=self._feed.required)

    def rows(self, files: Sequence[tuple[Delivery, Chunk]], *, batch_id: int) -> TypedFiles:
        """The typed rows; hashed before people are erased, so that duplicates still match."""
        typed = type_files(self._typer, self._feed, files, batch_id=batch_id)
        return replace(typed, rows=self._forgotten.erase_new(self._feed.name, typed.rows))
