"""Reads a file that is one JSON array: each element is a document, its text unchanged.

Reads piece by piece, so the array may be larger than memory; elements are interpreted in typing/.
"""

import codecs
import json
from collections.abc import Iterable, Iterator

from orchestration.landing.formats.chunks import Chunk, ChunkBuilder
from orchestration.landing.formats.json_lines import json_line_chunks
from orchestration.landing.formats.lines import without_bom
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import FileRejected, file_rejected

_SPACE = " \t\n\r"
# only the end of an element matters, so nothing is converted
_ELEMENT = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_REMEDY = "Deliver one complete JSON array of objects, or JSON lines, where only the bad line is rejected."


def json_array_chunks(blocks: Iterable[bytes], options: ReadOptions) -> Iterator[Chunk]:
    """Chunks of an array; `line_number` is the element's position, from 1.

    A file that does not begin with `[` is read as JSON lines.

    Raises:
        FileRejected: the array is malformed or not UTF-8, or an element is beyond the line cap.
    """
    remaining = without_bom(blocks)
    head = b""
    while (
        len(head) <= options.max_line_bytes
        and not head.strip()
        and (block := next(remaining, None)) is not None
    ):
        head += block
    whole = _chained(head, remaining)
    if not head.lstrip().startswith(b"["):
        yield from json_line_chunks(whole, options)
        return
    builder = ChunkBuilder(options)
    for number, text in enumerate(_ArrayText(whole, options).elements(), start=1):
        builder.add(number, text, text)
        if builder.is_full:
            yield builder.take()
    yield builder.take()


def _chained(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


class _ArrayText:
    """The array's text, of which only the part not yet consumed is in memory."""

    def __init__(self, blocks: Iterable[bytes], options: ReadOptions) -> None:
        self._pieces = codecs.iterdecode(blocks, "utf-8")
        self._options = options
        self._text = ""
        self._at = 0
        self._consumed_characters = 0
        self._count = 0

    def elements(self) -> Iterator[str]:
        """The text of each element, in order."""
        self._next_mark()
        self._at += 1
        if self._next_mark() == "]":
            self._at += 1
        else:
            mark = ","
            while mark == ",":
                yield self._element()
                mark = self._next_mark()
                if mark not in (",", "]"):
                    raise self._malformed("a comma or ] must follow an element")
                self._at += 1
                self._next_mark()
        if self._next_mark():
            raise self._malformed("the array is followed by more data")

    def _element(self) -> str:
        while True:
            try:
                _, end = _ELEMENT.raw_decode(self._text, self._at)
                # a number may continue in the next piece
                if end < len(self._text) or not self._read_more():
                    break
            except (json.JSONDecodeError, RecursionError) as error:
                if len(self._text) - self._at > self._options.max_line_bytes:
                    raise self._malformed("an element is malformed, or beyond the line cap") from error
                if not self._read_more():
                    raise self._malformed(str(error)) from error
        text = self._text[self._at : end]
        self._at = end
        self._count += 1
        return text

    def _next_mark(self) -> str:
        """Go to the next character that is not space; "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._read_more():
                return ""

    def _read_more(self) -> bool:
        try:
            piece = next(self._pieces, None)
        except UnicodeDecodeError as error:
            raise self._malformed(f"it is not UTF-8: {error.reason}") from error
        if piece is None:
            return False
        self._text = self._text[self._at :] + piece
        self._consumed_characters += self._at
        self._at = 0
        return True

    def _malformed(self, problem: str) -> FileRejected:
        position = f"after element {self._count}, near character {self._consumed_characters + self._at + 1}"
        found = self._text[self._at : self._at + 40]
        return file_rejected(
            "file.json", f"the JSON array is malformed {position}: {problem}", _REMEDY, value=found
        )
