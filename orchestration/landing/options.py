"""The limits a landing file must keep to, and how much of it is held in memory at once.

Limits only; who enforces which is said beside it.
"""

from dataclasses import dataclass

MIB = 1024 * 1024

# the settings that raise a cap, as a refusal names them
LINE_CAP = "CREDITS_MAX_LINE_BYTES"
FILE_CAP = "CREDITS_MAX_FILE_BYTES"
RATIO_CAP = "CREDITS_MAX_RATIO"


@dataclass(frozen=True)
class ReadOptions:
    """Caps against hostile or broken files, of which three are settings, and chunk sizes.

    Attributes:
        max_line_bytes: a longer line (CSV record, array element) is quarantined, with its beginning as text.
        max_file_bytes: a file that is, or unpacks to, more is rejected.
        max_ratio: a file that unpacks to more than this many times its size is rejected as a bomb.
        free_bytes: what any file may unpack to, whatever its ratio.
        chunk_bytes: how much text is split into lines at once.
        chunk_rows: rows given on at once where rows are built one by one.
    """

    max_line_bytes: int = 16 * MIB
    max_file_bytes: int = 64 * 1024 * MIB
    max_ratio: int = 250
    free_bytes: int = 64 * MIB
    chunk_bytes: int = 16 * MIB
    chunk_rows: int = 50_000


DEFAULT_OPTIONS = ReadOptions()


def raised(cap: str) -> str:
    """What to do about a whole file that a cap refused, if there is nothing wrong with it.

    Bytes that were refused under a name are not read again under it.
    """
    return f"or raise {cap} and deliver it under another name"
