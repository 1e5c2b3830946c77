"""Values as text: CSV cells safe from formula injection, and values that JSON can hold, all exact.

Not here: which rows (select.py), or rounding for people (report/formatting.py).
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

# most text needs neither a ' nor quotes
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 _.:/-]*[A-Za-z0-9_.:/-])?").fullmatch
_LINE_END = "\r\n"
# letters that start a formula, at the start of a cell
_FORMULA = frozenset("=+-−@\t\r\n")
# invisible letters and those that importers trim: controls, formats, separators
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
# RFC 4180 quotes the first four; lenient programs split or trim at the rest
_QUOTED = frozenset(',"\r\n;\t\v\f\x1c\x1d\x1e\x85\u2028\u2029')


def csv_line(values: Iterable[object]) -> str:
    """One record of a CSV file by RFC 4180, with its line end.

    Text that a spreadsheet would run as a formula is prefixed with a `'` (`guarded`); nothing else is lost.
    Numbers, dates and booleans are never prefixed. Null is an empty cell, the empty text is `""`. Times are
    ISO 8601, decimals have all their digits and no exponent.
    """
    return ",".join([_CELLS.get(type(value), _cell)(value) for value in values]) + _LINE_END


def guarded(text: str) -> str:
    """The text, prefixed with a `'` if a spreadsheet could run it as a formula.

    That is if its first letter is one of = + - @, tab, CR or LF, or one of the first four once spaces and
    invisible letters are skipped, in any width (some programs read ＝ as =). A line break inside a text
    does not start a cell: the whole text is quoted.
    """
    if not text or (text.isascii() and text[0].isalnum()):
        return text
    if text[0] in _FORMULA:
        return "'" + text
    visible = (letter for letter in text if unicodedata.category(letter) not in _INVISIBLE)
    first = unicodedata.normalize("NFKC", next(visible, ""))
    return "'" + text if first[:1] in _FORMULA else text


def json_value(value: Any) -> Any:
    """The value as JSON can hold it without loss: decimals as texts with all their digits.

    Numbers that JSON lacks (NaN, Infinity) are texts, too; bytes are hexadecimal.
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


def display_value(value: object) -> str:
    """The value for a terminal, on one line without control characters. Null is empty."""
    return "" if value is None else plain(_text(value), otherwise="")


def _text_cell(text: str) -> str:
    return text if _PLAIN(text) else _quoted(guarded(text))


def _cell(value: Any) -> str:
    # a list or a struct may start with text from outside
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
