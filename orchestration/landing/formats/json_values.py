"""Reads JSON of any layout into the texts of its records: lines, arrays, objects over several lines, pages.

A page is an object that holds its records in an array. Records are interpreted in typing/ and sources/.
"""

import codecs
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from orchestration.landing.formats.chunks import Chunk, ChunkBuilder
from orchestration.landing.formats.json_lines import json_line_chunks
from orchestration.landing.formats.json_shape import json_shape
from orchestration.landing.formats.lines import without_bom
from orchestration.landing.options import LINE_CAP, ReadOptions, or_raise
from orchestration.landing.rejects import FileRejected, file_rejected

_SPACE = " \t\n\r"
# only the end of a value matters, so nothing is converted
_VALUE = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_REMEDY = "Deliver the complete file again; a file of JSON lines loses only the line that is malformed."


def json_value_chunks(
    blocks: Iterable[bytes], options: ReadOptions, path: Sequence[str] = ()
) -> Iterator[Chunk]:
    """Chunks of the records of a JSON file.

    Each line is one record if the first one is; else each element of the array that the file is, or each of
    the objects that follow each other in it. A record that holds an array under `path` is a page: its
    elements are the records.

    Raises:
        FileRejected: the file is not JSON lines, and its JSON is malformed or a record beyond the line cap.
    """
    head, whole = _peeked(without_bom(blocks), options)
    if _is_by_line(head):
        yield from _unpacked(json_line_chunks(whole, options), options, path)
        return
    chunks = _chunks(_Text(whole, options).records(path), options)
    yield replace(next(chunks), shape=None if head.startswith(b"[") else json_shape(head))
    yield from chunks


def _chunks(records: Iterable[tuple[int, str]], options: ReadOptions) -> Iterator[Chunk]:
    builder = ChunkBuilder(options)
    for number, text in records:
        builder.add(number, text, text)
        if builder.is_full:
            yield builder.take()
    yield builder.take()


def _peeked(blocks: Iterator[bytes], options: ReadOptions) -> tuple[bytes, Iterator[bytes]]:
    """The beginning, with two whole lines if there are as many, and all blocks."""
    head = b""
    for block in blocks:
        head += block
        if len(head.lstrip().splitlines()) > 2 or len(head) > options.max_line_bytes:
            break

    def whole() -> Iterator[bytes]:
        yield head
        yield from blocks

    return head.lstrip(), whole()


def _is_by_line(head: bytes) -> bool:
    """Whether the first line is a whole value, or malformed, so that only that line is rejected."""
    if head.startswith(b"["):
        return False
    first, second, *_ = [*head.splitlines(), b"", b""]
    # what begins on the first line goes on in the second
    return not (head.startswith(b"{") and _is_cut(first) and (not second or not _is_malformed(first, second)))


def _is_cut(line: bytes) -> bool:
    fault = _fault(line)
    return fault is not None and fault.pos >= len(fault.doc.rstrip())


def _is_malformed(*lines: bytes) -> bool:
    fault = _fault(b"\n".join(lines))
    return fault is not None and fault.pos < len(fault.doc.rstrip())


def _fault(text: bytes) -> json.JSONDecodeError | None:
    try:
        _VALUE.decode(text.decode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        return error
    except RecursionError:
        return None
    return None


def _unpacked(chunks: Iterable[Chunk], options: ReadOptions, path: Sequence[str]) -> Iterator[Chunk]:
    """The same chunks with the records of each page, on its line."""
    for chunk in chunks:
        if not path:
            yield chunk
            continue
        builder = ChunkBuilder(options)
        for number, text in zip(
            chunk.documents["line_number"].to_pylist(), chunk.documents["text"].to_pylist(), strict=True
        ):
            for record in _of_page(text, options, path):
                builder.add(number, record, record)
        taken = builder.take()
        yield Chunk(taken.documents, chunk.rejected)


def _of_page(text: str, options: ReadOptions, path: Sequence[str]) -> list[str]:
    if f'"{path[0]}"' not in text:
        return [text]
    try:
        return [record for _, record in _Text(iter([text.encode()]), options).records(path)]
    except FileRejected:  # as one record, it is rejected with its line
        return [text]


class _Text:
    """The file's text, of which only the part not yet consumed is in memory."""

    def __init__(self, blocks: Iterable[bytes], options: ReadOptions) -> None:
        self._pieces = codecs.iterdecode(blocks, "utf-8")
        self._options = options
        self._text = ""
        self._at = 0
        self._pin: int | None = None
        self._line = 1
        self._counted = 0
        self._count = 0
        self._paged_count = 0

    def records(self, path: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Position in its array, or line where there is none, and text of each record."""
        while mark := self._next_mark():
            if mark == "[":
                for number, text in enumerate(self._elements(()), start=1):
                    for record in _of_page(text, self._options, path) if path else [text]:
                        yield number, record
            elif mark == "{":
                line = self._line_now()
                if path:
                    yield from self._page(path, line)
                else:
                    yield line, self._value()
            else:
                raise self._malformed("a record must be an object")

    def _page(self, path: Sequence[str], line: int) -> Iterator[tuple[int, str]]:
        """The records of the page that begins here; of an object without the array, the object."""
        self._pin = self._at
        for text in self._elements(path):
            self._paged_count += 1
            yield self._paged_count, text
        if self._pin is not None:
            yield line, self._text[self._pin : self._at]
            self._count += 1
        self._pin = None

    def _elements(self, path: Sequence[str]) -> Iterator[str]:
        """The elements of the array that begins here, or of that under `path` in the object that does."""
        if not path:
            if self._next_mark() != "[":
                self._value()
                return
            self._pin = None
            yield from self._items("]", self._value)
            return
        if self._next_mark() != "{":
            self._value()
            return
        names = self._items("}", self._name)
        for name in names:
            if name == path[0]:
                yield from self._elements(path[1:])
            else:
                self._value()

    def _items(self, end: str, read: Callable[[], str]) -> Iterator[str]:
        self._at += 1
        if self._next_mark() == end:
            self._at += 1
            return
        while True:
            yield read()
            mark = self._next_mark()
            if mark not in (",", end):
                raise self._malformed(f"a comma or {end} must follow a value")
            self._at += 1
            if mark == end:
                return
            self._next_mark()

    def _name(self) -> str:
        is_text = self._next_mark() == '"'
        name: str = json.loads(self._value()) if is_text else ""
        if not is_text or self._next_mark() != ":":
            raise self._malformed("a name and a colon must precede a value")
        self._at += 1
        self._next_mark()
        return name

    def _value(self) -> str:
        while True:
            try:
                _, end = _VALUE.raw_decode(self._text, self._at)
                # a number may continue in the next piece
                if end < len(self._text) or not self._read_more():
                    break
            except (json.JSONDecodeError, RecursionError) as error:
                if len(self._text) - self._at > self._options.max_line_bytes:
                    raise self._too_long("a record is malformed, or longer") from error
                if not self._read_as_much():
                    raise self._malformed(str(error)) from error
        text = self._text[self._at : end]
        if len(text) > self._options.max_line_bytes:
            raise self._too_long("a record is longer")
        self._at = end
        self._count += self._pin is None
        return text

    def _read_as_much(self) -> bool:
        """Read as much as waits already, so that a value is not begun again with each block."""
        waiting = len(self._text) - self._at
        is_more = self._read_more()
        while is_more and len(self._text) - self._at < 2 * waiting and self._read_more():
            pass
        return is_more

    def _next_mark(self) -> str:
        """Go to the next character that is not space; "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._read_more():
                return ""

    def _line_now(self) -> int:
        """The line of the next character, from 1."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _read_more(self) -> bool:
        try:
            piece = next(self._pieces, None)
        except UnicodeDecodeError as error:
            raise self._malformed(f"it is not UTF-8: {error.reason}") from error
        if piece is None:
            return False
        self._line_now()
        kept = self._at if self._pin is None else self._pin
        if self._at - kept > self._options.max_line_bytes:
            raise self._too_long("a record is longer")
        self._text = self._text[kept:] + piece
        self._at, self._counted = self._at - kept, self._counted - kept
        self._pin = None if self._pin is None else 0
        return True

    def _too_long(self, problem: str) -> FileRejected:
        cap = self._options.max_line_bytes
        return self._malformed(f"{problem} than {cap} bytes ({LINE_CAP}); {or_raise(LINE_CAP)}")

    def _malformed(self, problem: str) -> FileRejected:
        found = self._text[self._at : self._at + 40]
        reason = f"the JSON is malformed after record {self._count}, line {self._line_now()}: {problem}"
        return file_rejected("file.json", reason, _REMEDY, value=found)
