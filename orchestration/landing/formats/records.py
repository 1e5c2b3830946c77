"""Reads a file of another system into the texts of its records; what a row is, its mapping says.

Files of feeds are read in `dispatch`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.formats.compression import plain_blocks
from orchestration.landing.formats.csv_records import csv_chunks
from orchestration.landing.formats.dispatch import Format, format_of, read_documents, whole_or_rejected
from orchestration.landing.formats.json_values import json_value_chunks
from orchestration.landing.options import ReadOptions


@dataclass(frozen=True)
class Layout:
    """What a mapping says of its files.

    Attributes:
        format: of files whose names do not end in a supported format.
        records: path of the array that holds the records, such as `data`; none if each object is one.
        separator: of CSV; by the header if it is not given.
    """

    format: Format | None = None
    records: tuple[str, ...] = ()
    separator: str | None = None


def read_records(
    source: BinaryIO, *, file_name: str, layout: Layout, options: ReadOptions
) -> Iterator[Chunk]:
    """The chunks of one file, in order; at least one, even for an empty file.

    Raises:
        FileRejected: the file cannot be read to its end; discard the chunks that came before.
    """
    kind = format_of(file_name) or layout.format
    if kind in ("json", "json_lines"):
        chunks = json_value_chunks(plain_blocks(source, options), options, layout.records)
    elif kind == "csv":
        chunks = csv_chunks(plain_blocks(source, options), options, separator=layout.separator)
    else:
        # the name of a file without format is refused there
        name = file_name if format_of(file_name) or not kind else f"{file_name}.{kind}"
        chunks = read_documents(source, file_name=name, options=options)
    chunks = whole_or_rejected(chunks)
    # how the records of a feed would be written says nothing here
    yield replace(next(chunks), found=None, shape=None)
    yield from chunks
