"""Splits bytes into lines: LF, CRLF or CR, a BOM, a last line without its end, lines beyond the cap.

Also the faults of a single line before it is parsed. No JSON and no CSV here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orchestration.landing.options import LINE_CAP, ReadOptions
from orchestration.landing.rejects import Reject, RejectedLine, file_rejected

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_KEPT_OF_LONG_LINE = 65_536


@dataclass(frozen=True, slots=True)
class Lines:
    """Consecutive whole lines of a file.

    Attributes:
        first_number: number of the first line, from 1; blank lines count.
        data: their bytes, ends included.
        is_cut: only the beginning of one line beyond the cap.
    """

    first_number: int
    data: bytes
    is_cut: bool = False

    @property
    def count(self) -> int:
        """Number of lines; the last one may lack its end."""
        ends = self.data.count(b"\n") + self.lone_return_count
        return ends + (not self.data.endswith((b"\n", b"\r")))

    @property
    def lone_return_count(self) -> int:
        """Line ends that are a CR alone."""
        return self.data.count(b"\r") - self.data.count(b"\r\n") if b"\r" in self.data else 0

    def split(self, *, keep_ends: bool) -> list[bytes]:
        """Each line's bytes."""
        return [self.data] if self.is_cut else self.data.splitlines(keep_ends)


def read_lines(blocks: Iterable[bytes], options: ReadOptions) -> Iterator[Lines]:
    """The lines of a file, about `chunk_bytes` at a time.

    Raises:
        FileRejected: the file is UTF-16 or UTF-32.
    """
    number = 1
    for data, is_cut in _whole_lines(without_bom(blocks), options):
        lines = Lines(number, data, is_cut)
        yield lines
        number += 1 if is_cut else lines.count


def rejected_line(
    number: int, line: bytes, options: ReadOptions, *, is_cut: bool = False
) -> RejectedLine | None:
    """The line with its fault; None if it is valid UTF-8 text within the cap."""
    if is_cut or len(line) > options.max_line_bytes:
        reject = Reject(
            "line.length",
            None,
            None,
            f"the line is longer than {options.max_line_bytes} bytes ({LINE_CAP}); its beginning is kept",
            "Deliver one record per line; look for a missing line end. If a record must be longer, "
            f"raise {LINE_CAP} and deliver it in a file of its own.",
        )
        return RejectedLine(number, as_text(line[:_KEPT_OF_LONG_LINE]), reject)
    if b"\0" in line:
        reject = Reject("text.nul", None, None, "the line contains a NUL byte", "Deliver UTF-8 text.")
        return RejectedLine(number, as_text(line), reject)
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        found = line[error.start : error.end].hex(" ")
        reason = f"the line is not UTF-8: byte {error.start + 1} is {found}"
        return RejectedLine(number, as_text(line), Reject("utf8", None, found, reason, "Deliver UTF-8 text."))
    return None


def as_text(line: bytes) -> str:
    """The line as valid UTF-8, without its end; other bytes become `\\xNN`."""
    return line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")


def without_bom(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes without a UTF-8 byte order mark.

    Raises:
        FileRejected: the file is UTF-16 or UTF-32.
    """
    remaining = iter(blocks)
    head = b""
    while len(head) < len(_BOM) and (block := next(remaining, None)) is not None:
        head += block
    # without a mark, UTF-16 shows by a zero next to the first character
    if head.startswith(_UTF16) or (len(head) > 1 and 0 in head[:2]):
        raise file_rejected(
            "file.encoding",
            "the file is UTF-16 or UTF-32",
            "Deliver the file as UTF-8.",
            value=head[:4].hex(" "),
        )
    yield head.removeprefix(_BOM)
    yield from remaining


def _whole_lines(blocks: Iterable[bytes], options: ReadOptions) -> Iterator[tuple[bytes, bool]]:
    """Pieces that end with a line end, or (True) the beginning of a line beyond the cap."""
    pending: list[bytes] = []
    size = 0
    is_skipping = False
    for block in blocks:
        if is_skipping:
            end = _first_end(block)
            if end is None:
                continue
            block, is_skipping = block[end:], False
        pending.append(block)
        size += len(block)
        if size < options.chunk_bytes:
            continue
        data = b"".join(pending)
        end = _last_end(data)
        if end:
            yield data[:end], False
        rest = data[end:]
        if len(rest) > options.max_line_bytes:
            yield rest, True
            rest, is_skipping = b"", True
        pending, size = [rest], len(rest)
    if size:
        yield b"".join(pending), False


def _first_end(block: bytes) -> int | None:
    """Offset after the first line end."""
    ends = [end for end in (block.find(b"\n"), block.find(b"\r")) if end >= 0]
    if not ends:
        return None
    return min(ends) + (2 if block[min(ends) : min(ends) + 2] == b"\r\n" else 1)


def _last_end(data: bytes) -> int:
    """Offset after the last line end; a final CR may be half of CRLF and waits for the next block."""
    return max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
