"""Whether a text mentions a person, by id, name or e-mail: as one of its values, or as a word in it.

In doubt the answer is yes: what is erased in excess is a rejected line or a remark, never a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

# a shorter term would be found in every other text; it only matches as a whole value
_SHORTEST_WORD = 3
_QUOTED = re.compile(r'"((?:[^"\\]|\\.|"")*)"')
_WORD = re.compile(r"""[^\s"'`,;|<>(){}\[\]]+""")
_CELL_ENDS = re.compile(r"[,;|\t\n]")


def values_in(text: str) -> Iterator[str]:
    """The values of a JSON or CSV text, or of what may be one: any string, and numbers of member_id."""
    try:
        yield from _json_values(json.loads(text))
        return
    except (ValueError, RecursionError):
        pass
    yield text.strip()
    for quoted in _QUOTED.findall(text):
        yield quoted.replace('""', '"')
        try:
            yield str(json.loads(f'"{quoted}"'))
        except ValueError:
            continue
    for cell in _CELL_ENDS.split(text):
        yield cell.strip(" \r\"'{}[]")
        yield cell.rpartition(":")[2].strip(" \r\"'{}[]")


def words_in(text: str) -> Iterator[str]:
    """The words of a text that are long enough to be an id."""
    for word in _WORD.findall(text):
        for form in (word, word.strip(".:!?")):
            if len(form) >= _SHORTEST_WORD:
                yield form


def _json_values(found: object) -> Iterator[str]:
    pending: list[tuple[str, object]] = [("member_id", found)]
    while pending:
        key, value = pending.pop()
        if isinstance(value, dict):
            pending += value.items()
            yield from value
        elif isinstance(value, list):
            pending += [(key, each) for each in value]
        elif isinstance(value, str):
            yield value
        elif key == "member_id" and isinstance(value, int | float):
            yield str(value)


class Mentions:
    """Finds the given terms in texts, ignoring case.

    Args:
        terms: ids, names and e-mails; empty ones are ignored.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self._values = {term.casefold() for term in terms if term.strip()}
        spellings = {form for term in self._values for form in _spellings(term)}
        self._forms = sorted(spellings)
        words = [re.escape(form) for form in self._forms if len(form) >= _SHORTEST_WORD]
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE) if words else None

    def __bool__(self) -> bool:
        return bool(self._values)

    def are_in(self, text: str) -> bool:
        """Whether the text mentions any of the terms."""
        lowered = text.casefold()
        if not any(form in lowered for form in self._forms):
            return False
        if self._words is not None and self._words.search(lowered):
            return True
        return any(value.casefold() in self._values for value in values_in(text))

    def mask(self, texts: pa.ChunkedArray) -> pa.ChunkedArray:
        """Which of the texts mention any of the terms; null ones do not."""
        hits = [text for text in texts.unique().to_pylist() if text is not None and self.are_in(text)]
        return pc.is_in(texts, value_set=pa.array(hits, pa.string()))


def _spellings(term: str) -> Iterator[str]:
    """The spellings of a term in JSON and CSV."""
    yield term
    yield json.dumps(term)[1:-1]
    yield json.dumps(term, ensure_ascii=False)[1:-1]
    yield term.replace('"', '""')
