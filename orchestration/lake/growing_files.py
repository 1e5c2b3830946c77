"""A log that only grew since it was loaded: which of its lines were read before.

That the rest is loaded like any other file is decided in `ingestion`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.lake.delivery import Delivery
from orchestration.lake.delivery_history import EarlierDelivery
from orchestration.lake.landing_files import OpenFile
from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.formats.compression import is_compressed


def lines_read_before(content: OpenFile, earlier: EarlierDelivery | None) -> int | None:
    """How many lines of the file were complete when it was loaded; None if it is not that file, grown.

    The beginning is read and compared by its hash; `content` must be rewound afterwards.
    """
    if earlier is None or not earlier.is_loaded or earlier.size_bytes >= content.size_bytes:
        return None
    if not earlier.size_bytes:
        return 0
    digest, ends, last = sha256(), 0, b""
    blocks = chain(content.beginning(earlier.size_bytes - 1), [content.byte_at(earlier.size_bytes - 1)])
    for block in blocks:
        if not last and is_compressed(block):
            return None
        before_last_byte = digest.copy()
        digest.update(block)
        # CRLF is one end, also where a block ends inside it
        ends += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
        ends -= last == b"\r" and block.startswith(b"\n")
        last = block[-1:]
    if digest.hexdigest() != earlier.sha256:
        # half of a line may have been delivered with a line end, as many editors and scripts write it
        before_last_byte.update(b"\n")
        is_cut = last not in (b"\n", b"\r") and before_last_byte.hexdigest() == earlier.sha256
        return ends if is_cut else None
    is_complete = last in (b"\n", b"\r")
    return ends + (not is_complete and content.byte_at(earlier.size_bytes) in b"\r\n")


def lines_after(count: int, chunks: Iterable[Chunk], delivery: Delivery) -> Iterator[Chunk]:
    """The chunks without the first lines, and in the delivery where they begin."""
    delivery.continued_after = count
    for chunk in chunks:
        documents = chunk.documents.filter(_ends_after(count, chunk.documents))
        if documents.num_rows:
            # a CSV record that was cut off inside quotes begins among the lines read before
            delivery.continued_after = min(delivery.continued_after, documents["line_number"][0].as_py() - 1)
        rejected = [line for line in chunk.rejected if line.line_number > count]
        yield replace(chunk, documents=documents, rejected=rejected)


def _ends_after(count: int, documents: pa.Table) -> pa.ChunkedArray:
    inner_ends = pc.count_substring_regex(pc.utf8_rtrim(documents["text"], "\r\n"), "\r\n|\r|\n")
    return pc.greater(pc.add(documents["line_number"], inner_ends), count)
