"""Reads CSV with a header: each record becomes a JSON object of texts, an empty cell null.

A malformed record is rejected with its first line; reading goes on with the next line.
"""

import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator

from orchestration.landing.formats.chunks import Chunk, ChunkBuilder
from orchestration.landing.formats.lines import read_lines, rejected_line
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import Reject, RejectedLine, file_rejected

_Line = tuple[int, str] | RejectedLine
_HEADER_REMEDY = "Deliver a first line that names each column once, in UTF-8, separated by commas."


def csv_chunks(blocks: Iterable[bytes], options: ReadOptions) -> Iterator[Chunk]:
    """Chunks of a CSV file; `line_number` is the line on which a record begins.

    Raises:
        FileRejected: the header is unreadable, or has an empty or repeated name.
    """
    records = _Records(_decoded(blocks, options), options)
    header = records.header()
    builder = ChunkBuilder(options)
    for number, text, outcome in records.read(len(header)):
        if isinstance(outcome, Reject):
            builder.reject(number, text, outcome)
        else:
            row = dict(zip(header, (cell or None for cell in outcome), strict=True))
            builder.add(number, text, json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        if builder.is_full:
            yield builder.take()
    yield builder.take()


def _decoded(blocks: Iterable[bytes], options: ReadOptions) -> Iterator[_Line]:
    """Lines with their ends, also blank ones, which a quoted cell may contain."""
    for lines in read_lines(blocks, options):
        for number, line in enumerate(lines.split(keep_ends=True), start=lines.first_number):
            fault = rejected_line(number, line, options, is_cut=lines.is_cut)
            yield fault or (number, line.decode("utf-8"))


class _Records:
    """Records from lines; the further lines of a malformed record are put back and read again."""

    def __init__(self, lines: Iterator[_Line], options: ReadOptions) -> None:
        self._unread = lines
        self._put_back: deque[_Line] = deque()
        self._options = options

    def header(self) -> list[str]:
        """The column names; an empty file has none."""
        for number, text, outcome in self.read(None):
            problem = outcome.reason if isinstance(outcome, Reject) else _header_problem(outcome)
            if isinstance(outcome, Reject) or problem:
                reason = f"line {number}, the header, cannot be used: {problem}"
                raise file_rejected("file.csv_header", reason, _HEADER_REMEDY, value=text)
            return outcome
        return []

    def read(self, width: int | None) -> Iterator[tuple[int, str, list[str] | Reject]]:
        """First line number, text, and the cells or the reject of each record; blank lines are skipped."""
        while (line := self._next()) is not None:
            if isinstance(line, RejectedLine):
                yield line.line_number, line.text, line.reject
            elif not line[1].isspace():
                yield self._record(line, width)

    def _record(self, first: tuple[int, str], width: int | None) -> tuple[int, str, list[str] | Reject]:
        taken: list[tuple[int, str]] = [first]
        try:
            cells = next(csv.reader(self._from(taken), strict=True))
            if width is None or len(cells) == width:
                return first[0], "".join(text for _, text in taken).rstrip("\r\n"), cells
            reject = _wrong_width(len(cells), width)
        except csv.Error as error:
            reject = _unreadable(str(error))
        self._put_back.extendleft(reversed(taken[1:]))
        return first[0], first[1].rstrip("\r\n"), reject

    def _from(self, taken: list[tuple[int, str]]) -> Iterator[str]:
        """The first line, then as many as its record needs, up to the cap."""
        yield taken[0][1]
        size = len(taken[0][1])
        while size <= self._options.max_line_bytes and (line := self._next()) is not None:
            if isinstance(line, RejectedLine):
                self._put_back.appendleft(line)
                return
            taken.append(line)
            size += len(line[1])
            yield line[1]

    def _next(self) -> _Line | None:
        return self._put_back.popleft() if self._put_back else next(self._unread, None)


def _header_problem(names: list[str]) -> str | None:
    if "" in names:
        return "a column name is empty"
    return "a column name occurs twice" if len(set(names)) != len(names) else None


def _wrong_width(found: int, width: int) -> Reject:
    reason = f"the record has {found} cells and the header {width}"
    return Reject("csv.cells", None, str(found), reason, "Quote cells that hold commas, quotes or line ends.")


def _unreadable(problem: str) -> Reject:
    reason = f"the record cannot be read: {problem}"
    return Reject(
        "csv.syntax", None, None, reason, "Quote by RFC 4180: double a quote inside quotes, and close it."
    )
