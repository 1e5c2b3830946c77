"""Reads JSON lines: each line is a document, unchanged.

Whether a document is valid and meets the contract is decided in typing/.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.landing.formats.chunks import Chunk, ChunkBuilder, chunk_of_arrays
from orchestration.landing.formats.json_shape import json_shape
from orchestration.landing.formats.lines import Lines, read_lines, rejected_line
from orchestration.landing.options import ReadOptions


def json_line_chunks(blocks: Iterable[bytes], options: ReadOptions) -> Iterator[Chunk]:
    """Chunks of a JSON-lines file; blank lines are skipped, an invalid one is rejected alone."""
    for lines in read_lines(blocks, options):
        shape = json_shape(lines.data) if lines.first_number == 1 else None
        whole = _valid_chunk(lines, options)
        for chunk in _slices(whole, options) if whole else _checked_chunks(lines, options):
            yield replace(chunk, shape=shape)
            shape = None


def _slices(chunk: Chunk, options: ReadOptions) -> Iterator[Chunk]:
    for start in range(0, max(1, chunk.documents.num_rows), options.chunk_rows):
        yield Chunk(chunk.documents.slice(start, options.chunk_rows), [])


def _valid_chunk(lines: Lines, options: ReadOptions) -> Chunk | None:
    """All lines at once without a copy, or None if any is blank, too long, not UTF-8 or has a NUL.

    Each document keeps its line end, which JSON ignores.
    """
    data = lines.data
    if lines.is_cut or b"\0" in data or lines.lone_return_count:
        return None
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1
    offsets = np.concatenate([[0], ends, [] if data.endswith(b"\n") else [len(data)]]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    texts = pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)
    if int(np.diff(offsets).max(initial=0)) > options.max_line_bytes:
        return None
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return None
    if pc.any(pc.utf8_is_space(texts)).as_py():
        return None
    numbers = pa.array(np.arange(lines.first_number, lines.first_number + len(texts)))
    return chunk_of_arrays(numbers, texts, texts, [])


def _checked_chunks(lines: Lines, options: ReadOptions) -> Iterator[Chunk]:
    """The lines one by one, which takes far more memory than their bytes."""
    builder = ChunkBuilder(options)
    for number, line in enumerate(lines.split(keep_ends=False), start=lines.first_number):
        if not line or line.isspace():
            continue
        fault = rejected_line(number, line, options, is_cut=lines.is_cut)
        if fault:
            builder.reject(number, fault.text, fault.reject)
        else:
            text = line.decode()
            builder.add(number, text, text)
        if builder.is_full:
            yield builder.take()
    yield builder.take()
