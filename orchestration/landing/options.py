"""Limits of a landing file, and how much of it is held in memory at once.

They are enforced in `formats` and in the lake's `ingestion`.
"""

from dataclasses import dataclass

MIB = 1024 * 1024

# the settings that raise a cap, as the reason of a rejection names them
LINE_CAP = "CREDITS_MAX_LINE_BYTES"
FILE_CAP = "CREDITS_MAX_FILE_BYTES"
RATIO_CAP = "CREDITS_MAX_RATIO"


@dataclass(frozen=True)
class ReadOptions:
    """Caps against hostile or broken files, of which three are settings, and chunk sizes.

    Attributes:
        max_line_bytes: a longer line (CSV record, array element) is quarantined; its beginning is kept.
        max_file_bytes: a file that is, or unpacks to, more is rejected.
        max_ratio: a file that unpacks to more than this many times its size is rejected as a bomb.
        free_bytes: what any file may unpack to, whatever its ratio.
        chunk_bytes: text split into lines at once.
        chunk_rows: rows in one chunk.
        reader_bytes: memory of the process that reads Parquet, its code included.
        reader_seconds: of a processor, in which it must read a chunk, and each MiB of a file.
    """

    max_line_bytes: int = 16 * MIB
    max_file_bytes: int = 64 * 1024 * MIB
    max_ratio: int = 250
    free_bytes: int = 64 * MIB
    chunk_bytes: int = 16 * MIB
    chunk_rows: int = 50_000
    reader_bytes: int = 1024 * MIB
    reader_seconds: int = 20


DEFAULT_OPTIONS = ReadOptions()


def or_raise(cap: str) -> str:
    """The remedy for a valid file that exceeds a cap.

    A rejected file is not read again under the same name as long as its bytes are the same.
    """
    return f"or raise {cap} and deliver it under another name"
