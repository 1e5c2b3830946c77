"""Chunks: the documents of part of a file, the same for every format.

A chunk holds documents and the lines already rejected, but not which file it is from.
"""

from dataclasses import dataclass, field

import pyarrow as pa

from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import Reject, RejectedLine

DOCUMENT_SCHEMA = pa.schema([("line_number", pa.int64()), ("text", pa.string()), ("document", pa.string())])


@dataclass(frozen=True)
class Chunk:
    """A piece of one file.

    Attributes:
        documents: `line_number`, `text` (as in the file), `document` (JSON text of one row).
        rejected: the lines that are not documents.
        left_out: columns without a name, whose cells are not read; only in the first chunk.
        found: the column names of a file that lacks required ones; only in the first chunk.
        shape: why no line of the file can be a row, if none is; only in the first chunk.
    """

    documents: pa.Table
    rejected: list[RejectedLine]
    left_out: tuple[str, ...] = ()
    found: str | None = None
    shape: Reject | None = None

    @property
    def line_count(self) -> int:
        """Lines of the file in this chunk, except blank ones."""
        return self.documents.num_rows + len(self.rejected)


def empty_chunk() -> Chunk:
    """A chunk of a file without lines."""
    return Chunk(DOCUMENT_SCHEMA.empty_table(), [])


def chunk_of_arrays(
    numbers: pa.Array, texts: pa.Array, documents: pa.Array, rejected: list[RejectedLine]
) -> Chunk:
    """A chunk of complete columns."""
    return Chunk(pa.Table.from_arrays([numbers, texts, documents], schema=DOCUMENT_SCHEMA), rejected)


@dataclass
class ChunkBuilder:
    """Collects rows one by one until a chunk is full."""

    options: ReadOptions
    _numbers: list[int] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)
    _documents: list[str] = field(default_factory=list)
    _rejected: list[RejectedLine] = field(default_factory=list)
    _characters: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the chunk should be taken now."""
        row_count = len(self._numbers) + len(self._rejected)
        return row_count >= self.options.chunk_rows or self._characters >= self.options.chunk_bytes

    def add(self, number: int, text: str, document: str) -> None:
        """Add one row."""
        self._numbers.append(number)
        self._texts.append(text)
        self._documents.append(document)
        self._characters += len(document)

    def reject(self, number: int, text: str, reject: Reject) -> None:
        """Add a line that is not a row."""
        self._rejected.append(RejectedLine(number, text, reject))
        self._characters += len(text)

    def take(self) -> Chunk:
        """The chunk collected so far; the builder is empty afterwards."""
        texts = pa.array(self._texts, pa.string())
        documents = texts if self._texts == self._documents else pa.array(self._documents, pa.string())
        chunk = chunk_of_arrays(pa.array(self._numbers, pa.int64()), texts, documents, self._rejected)
        self._numbers, self._texts, self._documents, self._rejected = [], [], [], []
        self._characters = 0
        return chunk
