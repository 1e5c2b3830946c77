"""How values leave as text: CSV cells that no spreadsheet takes for a formula, and values that JSON can hold.

Not here: which rows (extract.py), or what is rounded for people (formatting.py): every value is exact.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from orchestration.publish.report.formatting import exact, plain

# text that needs neither a ' nor quotes, which most is
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 _.:/-]*[A-Za-z0-9_.:/-])?").fullmatch
_LINE_END = "\r\n"
# what spreadsheets take for the start of a formula, at the start of a cell
_FORMULA = frozenset("=+-−@\t\r\n")
# letters that are not seen, or that importers trim, are looked through: controls, formats, separators
_LOOKED_THROUGH = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
# RFC 4180 quotes the first four; the rest is what programs that are not strict split or trim at
_QUOTED = frozenset(',"\r\n;\t\v\f\x1c\x1d\x1e\x85\u2028\u2029')


def csv_line(values: Iterable[object]) -> str:
    """One record of a CSV file as RFC 4180 has it, with its line end.

    Nothing is lost but the difference between a text and the same text after a `'`: text that a spreadsheet
    would take for a formula starts with one (`guarded`). Numbers, dates and booleans never do. Null is an
    empty cell, the empty text is `""`. Times are ISO 8601, decimals have all their digits and no exponent.
    """
    return ",".join([_CELLS.get(type(value), _cell)(value) for value in values]) + _LINE_END


def guarded(text: str) -> str:
    """The text, after a `'` if a spreadsheet could run it.

    That is if its first letter is one of = + - @, tab, CR or LF, or one of the first four once spaces and
    letters that are not seen are skipped, in any width (＝ is read as = by some). A line break within a text
    is no start of a cell: the whole is quoted.
    """
    if not text or (text.isascii() and text[0].isalnum()):
        return text
    if text[0] in _FORMULA:
        return "'" + text
    seen = (letter for letter in text if unicodedata.category(letter) not in _LOOKED_THROUGH)
    first = unicodedata.normalize("NFKC", next(seen, ""))
    return "'" + text if first[:1] in _FORMULA else text


def json_value(value: Any) -> Any:
    """The value as JSON can hold it without losing any: decimals as texts with all their digits.

    Numbers that JSON has no word for (NaN, Infinity) are texts, too; bytes are hexadecimal.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, dict):
        return {_text(key): json_value(item) for key, item in value.items()}
    return _text(value)


def shown_value(value: object) -> str:
    """The value for a terminal, on one line; nothing in it steers the terminal. Null is empty."""
    return "" if value is None else plain(_text(value), otherwise="")


def _text_cell(text: str) -> str:
    return text if _PLAIN(text) else _quoted(guarded(text))


def _cell(value: Any) -> str:
    # a list and the like may start with text from outside
    return _text_cell(_text(value))


def _quoted(text: str) -> str:
    is_plain = text and _QUOTED.isdisjoint(text) and text[0] != " " and text[-1] != " "
    return text if is_plain else '"' + text.replace('"', '""') + '"'


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(exact(value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple | dict):
        return json.dumps(json_value(value), ensure_ascii=False)
    return str(value)


_CELLS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    str: _text_cell,
    int: str,
    float: str,
    bool: lambda value: "true" if value else "false",
    Decimal: lambda value: f"{value:f}",
    date: date.isoformat,
    datetime: datetime.isoformat,
    time: time.isoformat,
}
