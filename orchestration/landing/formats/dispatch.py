"""Reads any landing file into chunks of documents; its name decides the format.

The formats are in their own modules; rows are typed in `row_typer`.
"""

import re
from collections.abc import Collection, Iterator
from typing import BinaryIO, Literal

from orchestration.landing.formats.chunks import Chunk, empty_chunk
from orchestration.landing.formats.compression import plain_blocks
from orchestration.landing.formats.csv_records import csv_chunks
from orchestration.landing.formats.json_lines import json_line_chunks
from orchestration.landing.formats.json_values import json_value_chunks
from orchestration.landing.formats.parquet_process import WorkerFailed, parquet_chunks_apart
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import FileRejected, file_rejected, unreadable

Format = Literal["json_lines", "json", "csv", "parquet"]

_NAME = re.compile(
    r".*\.(?:(jsonl|ndjson)|(json)|(csv))(?:\.(?:gz|zst))?|.*\.(parquet)", re.DOTALL | re.IGNORECASE
)
_FORMATS: tuple[Format, ...] = ("json_lines", "json", "csv", "parquet")
_ACCEPTED = ".jsonl, .ndjson, .json, .csv (each also with .gz or .zst) or .parquet"


def format_of(file_name: str) -> Format | None:
    """The format by the file name; None if it is not supported."""
    match = _NAME.fullmatch(file_name)
    return (
        next((name for name, found in zip(_FORMATS, match.groups(), strict=True) if found), None)
        if match
        else None
    )


def read_documents(
    source: BinaryIO, *, file_name: str, options: ReadOptions, required: Collection[str] = ()
) -> Iterator[Chunk]:
    """The chunks of one file, in order; at least one, even for an empty file.

    Args:
        source: the file's bytes; seekable for Parquet.
        file_name: decides the format; compression is recognised by the bytes.
        options: caps and chunk sizes.
        required: the columns that the header of a CSV file must name; they decide its separator.

    Raises:
        FileRejected: the file cannot be read to its end; discard the chunks that came before.
    """
    kind = format_of(file_name)
    if kind is None:
        raise file_rejected(
            "file.suffix",
            "the file name does not end in a supported format",
            f"Name it {_ACCEPTED}; names beginning with . or _ are ignored.",
            value=file_name,
        )
    if kind == "parquet":
        chunks = parquet_chunks_apart(source, options)
    elif kind == "csv":
        chunks = csv_chunks(plain_blocks(source, options), options, required)
    elif kind == "json":
        chunks = json_value_chunks(plain_blocks(source, options), options)
    else:
        chunks = json_line_chunks(plain_blocks(source, options), options)
    yield from whole_or_rejected(chunks)


def whole_or_rejected(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The chunks of one file, at least one; whatever else its reader raises rejects this file.

    Raises:
        FileRejected: the file cannot be read to its end.
        OSError: the disk does not give its bytes.
    """
    try:
        yield next(chunks, empty_chunk())
        yield from chunks
    except (FileRejected, OSError, WorkerFailed):
        raise
    except MemoryError as error:
        raise unreadable("memory", "reading it takes more memory than there is") from error
    except Exception as error:
        raise unreadable(type(error).__name__, f"{type(error).__name__}: {error}") from error
