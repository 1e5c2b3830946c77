"""Any landing file to chunks of documents, chosen by its name.

The formats are in their own modules; typing by the contract comes after, in `reader`.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Literal

from orchestration.landing.formats.chunks import Chunk, empty_chunk
from orchestration.landing.formats.compression import plain_blocks
from orchestration.landing.formats.csv_records import csv_chunks
from orchestration.landing.formats.json_array import json_array_chunks
from orchestration.landing.formats.json_lines import json_line_chunks
from orchestration.landing.formats.parquet_rows import parquet_chunks
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import file_rejected

Format = Literal["json_lines", "json", "csv", "parquet"]

_NAME = re.compile(
    r".*\.(?:(jsonl|ndjson)|(json)|(csv))(?:\.(?:gz|zst))?|.*\.(parquet)", re.DOTALL | re.IGNORECASE
)
_FORMATS: tuple[Format, ...] = ("json_lines", "json", "csv", "parquet")
_ACCEPTED = ".jsonl, .ndjson, .json, .csv (each also with .gz or .zst) or .parquet"


def format_of(file_name: str) -> Format | None:
    """The format a file name claims, or None if it claims none that is read."""
    match = _NAME.fullmatch(file_name)
    return (
        next((name for name, found in zip(_FORMATS, match.groups(), strict=True) if found), None)
        if match
        else None
    )


def read_documents(source: BinaryIO, *, file_name: str, options: ReadOptions) -> Iterator[Chunk]:
    """The chunks of one file, in order; at least one, even for an empty file.

    Args:
        source: the file's bytes; seekable for Parquet.
        file_name: decides the format; compression is seen from the bytes.
        options: caps and chunk sizes.

    Raises:
        FileRejected: the file cannot be read whole; possibly after some chunks, which then do not count.
    """
    kind = format_of(file_name)
    if kind is None:
        raise file_rejected(
            "file.suffix",
            "the file name does not end in a format that is read",
            f"Name it {_ACCEPTED}; names beginning with . or _ are left alone.",
            value=file_name,
        )
    if kind == "parquet":
        chunks = parquet_chunks(source, options)
    else:
        read = {"json_lines": json_line_chunks, "json": json_array_chunks, "csv": csv_chunks}[kind]
        chunks = read(plain_blocks(source, options), options)
    yield next(chunks, empty_chunk())
    yield from chunks
