"""Reads CSV with a header: each record becomes a JSON object of texts, an empty cell null.

Of comma, semicolon, tab and bar, that one separates which gives the header its required columns.
A malformed record is rejected with its first line; reading goes on with the next line. A file in which that
happens too often to be read in a time that grows with its size is rejected whole.
"""

import csv
import json
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from orchestration.landing.formats.chunks import Chunk, ChunkBuilder
from orchestration.landing.formats.lines import read_lines, rejected_line
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import Reject, RejectedLine, file_rejected

_Line = tuple[int, str] | RejectedLine
_HEADER_REMEDY = "Deliver a first line that names each column once, in UTF-8, separated by commas."
_QUOTES_REMEDY = (
    "Quote by RFC 4180: double a quote inside quotes, and close each; then deliver the file again."
)
_MOST_LEFT_OUT = 100
# a record of more lines is no record, but an open quote
_MOST_LINES = 100_000
# how often the bytes of a file may be read again after open quotes, beyond those of the first few
_MOST_REREADINGS = 4
_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def csv_chunks(
    blocks: Iterable[bytes],
    options: ReadOptions,
    required: Collection[str] = (),
    *,
    separator: str | None = ",",
) -> Iterator[Chunk]:
    """Chunks of a CSV file; `line_number` is the line on which a record begins.

    Args:
        blocks: the bytes.
        options: the caps.
        required: columns that decide the separator.
        separator: where no column is required; None for the one that gives the most columns.

    Raises:
        FileRejected: the header is unreadable, or has no or a repeated name.
    """
    records = _Records(_decoded(blocks, options), options, required, separator)
    header = records.header()
    unnamed = (place for place, name in enumerate(header, 1) if not name)
    left_out = tuple(f"(column {place} has no name)" for place in islice(unnamed, _MOST_LEFT_OUT))
    found = None
    if header and not set(required) <= set(header):
        found = f"{', '.join(filter(None, header))}, separated by {_SEPARATORS[records.separator]}s"
    for position, chunk in enumerate(_chunks(records, header, options)):
        yield chunk if position else replace(chunk, left_out=left_out, found=found)


def _chunks(records: "_Records", header: list[str], options: ReadOptions) -> Iterator[Chunk]:
    builder = ChunkBuilder(options)
    for number, text, outcome in records.read(header):
        if isinstance(outcome, Reject):
            builder.reject(number, text, outcome)
        else:
            # a record may end before the columns without a name at its end
            row = {name: cell or None for name, cell in zip(header, outcome, strict=False) if name}
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

    def __init__(
        self, lines: Iterator[_Line], options: ReadOptions, required: Collection[str], separator: str | None
    ) -> None:
        self._unread = lines
        self._put_back: deque[_Line] = deque()
        self._options = options
        csv.field_size_limit(options.max_line_bytes)
        self._read_size = 0
        self._again_size = 0
        self._required = required
        self._is_given = separator is not None and not required
        self.separator = separator or ","

    def header(self) -> list[str]:
        """The column names, "" for one without; an empty file has none."""
        for number, text, outcome in self.read(None):
            names = [] if isinstance(outcome, Reject) else [name if name.strip() else "" for name in outcome]
            problem = outcome.reason if isinstance(outcome, Reject) else _header_problem(names)
            if problem:
                reason = f"line {number}, the header, cannot be used: {problem}"
                raise file_rejected("file.csv_header", reason, _HEADER_REMEDY, value=text)
            return names
        return []

    def read(self, header: list[str] | None) -> Iterator[tuple[int, str, list[str] | Reject]]:
        """First line number, text, and the cells or the reject of each record; blank lines are skipped."""
        while (line := self._next()) is not None:
            if isinstance(line, RejectedLine):
                yield line.line_number, line.text, line.reject
            elif not line[1].isspace():
                if header is None and not self._is_given:
                    self.separator = _separator(line[1], self._required)
                yield self._record(line, header)

    def _record(
        self, first: tuple[int, str], header: list[str] | None
    ) -> tuple[int, str, list[str] | Reject]:
        taken: list[tuple[int, str]] = [first]
        try:
            cells = next(csv.reader(self._from(taken), strict=True, delimiter=self.separator))
            if header is None or _fits(len(cells), header):
                return first[0], "".join(text for _, text in taken).rstrip("\r\n"), cells
            reject = _wrong_width(len(cells), len(header), self.separator)
        except csv.Error as error:
            reject = _unreadable(str(error))
        self._read_again(taken[1:], first[0])
        return first[0], first[1].rstrip("\r\n"), reject

    def _read_again(self, lines: list[tuple[int, str]], number: int) -> None:
        """Put the further lines of a malformed record back, to be read as records."""
        self._put_back.extendleft(reversed(lines))
        self._again_size += sum(len(text) for _, text in lines)
        if self._again_size > 2 * self._options.max_line_bytes + _MOST_REREADINGS * self._read_size:
            reason = (
                f"too many of its lines open a quote that is not closed, up to line {number}, to read the "
                "lines after each of them as rows"
            )
            raise file_rejected("file.csv_quotes", reason, _QUOTES_REMEDY, value=f"line {number}")

    def _from(self, taken: list[tuple[int, str]]) -> Iterator[str]:
        """The first line, then as many as its record needs, up to the caps."""
        yield taken[0][1]
        size = len(taken[0][1])
        while (
            size <= self._options.max_line_bytes
            and len(taken) < _MOST_LINES
            and (line := self._next()) is not None
        ):
            if isinstance(line, RejectedLine):
                self._put_back.appendleft(line)
                return
            taken.append(line)
            size += len(line[1])
            yield line[1]

    def _next(self) -> _Line | None:
        if self._put_back:
            return self._put_back.popleft()
        line = next(self._unread, None)
        if line is not None and not isinstance(line, RejectedLine):
            self._read_size += len(line[1])
        return line


def _separator(header: str, required: Collection[str]) -> str:
    """The separator that gives the header its required columns, or most of them, or most columns."""

    def fit(separator: str) -> tuple[int, int]:
        try:
            names = next(csv.reader([header], delimiter=separator))
        except csv.Error:
            return 0, 0
        return len(set(required) & set(names)), len(names)

    return max(_SEPARATORS, key=fit)


def _header_problem(names: list[str]) -> str | None:
    named = list(filter(None, names))
    if not named:
        return "no column has a name"
    return "a column name occurs twice" if len(set(named)) != len(named) else None


def _fits(width: int, header: list[str]) -> bool:
    """Whether a record has a cell for each column; those without a name at the end need none."""
    while width < len(header) and not header[width]:
        width += 1
    return width == len(header)


def _wrong_width(found: int, width: int, separator: str) -> Reject:
    name = _SEPARATORS[separator]
    reason = f"the record has {found} cells and the header {width}"
    remedy = f"Quote cells that hold {name}s, quotes or line ends."
    if found < width:
        reason += f": {width - found} are missing at its end"
        remedy = f"Write the {name} before each cell of a row, also where the last cells are empty."
    return Reject("csv.cells", None, str(found), reason, remedy)


def _unreadable(problem: str) -> Reject:
    reason = f"the record cannot be read: {problem}"
    return Reject(
        "csv.syntax", None, None, reason, "Quote by RFC 4180: double a quote inside quotes, and close it."
    )
