"""The format of numbers, percentages, dates and names from outside for people. Only here is anything rounded.

Not here: which numbers are shown (text.py, as_json.py, page.py), or any sentence (sentences.py).
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from rich.cells import cell_len, set_cell_size

from orchestration.publish.report.i18n import SOURCE, current_language, ngettext, written_date, written_number
from orchestration.publish.report.i18n import gettext as _

# not cut in the text report, as in the user's example
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
# more digits than any DECIMAL(38) has
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
# 1, 0.1, 0.01, … by the number of decimals
_UNITS = [Decimal(1).scaleb(-decimals) for decimals in range(7)]
# controls, formats such as bidi overrides, lone surrogates, line and paragraph separators
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# without these some emoji and Persian words fall apart
_JOINERS = "\u200c\u200d"


def credits(value: Decimal) -> str:
    """Format credits, not negative, e.g. "2,340", "0.37": whole from 10 upwards, with decimals below."""
    return _rounded(value, decimals=_decimals(value))


def amount(value: Decimal) -> str:
    """Format money, or a sum that is compared with another, e.g. "718.74"; below 1 with six decimals."""
    return written_number(_quantized(value, decimals=2 if value == 0 or abs(value) >= 1 else 6))


def credits_adding_up(values: Sequence[Decimal]) -> list[str]:
    """Format the parts of a sum so that they add up to `credits` of the sum as displayed.

    All get the decimals of the sum; some are rounded the other way for it (largest remainder). A part
    displayed as "<1" counts as nothing.
    """
    with localcontext(_EXACT):
        total = sum(values, Decimal(0))
        decimals = _decimals(total)
        unit = _UNITS[decimals]
        parts, one = _whole_numbers([value.scaleb(decimals) for value in values])
        whole = _apportioned(parts, one, total=int(_quantized(total, decimals=decimals) / unit))
        return [
            written_number(number * unit) if number or not value else f"<{written_number(unit)}"
            for number, value in zip(whole, values, strict=True)
        ]


def credits_range(low: Decimal, high: Decimal) -> str:
    """Format a range of credits, e.g. "115 to 145", or "up to 11" if `low` is 0; decimals as for `high`."""
    decimals = _decimals(high)
    first, last = _rounded(low, decimals=decimals), _rounded(high, decimals=decimals)
    if first == last:
        return last
    if _quantized(low, decimals=decimals) == 0:
        return _("up to {most}", most=last)
    return _("{least} to {most}", least=first, most=last)


def credits_each(value: Decimal | None, *, like: Decimal | None = None) -> str:
    """Format credits per product, e.g. "6.2"; more decimals if it, or the figure it is `like`, is below 1."""
    if value is None:
        return ""
    scale = value if like is None else like
    return _rounded(value, decimals=1 if scale == 0 or scale >= 1 else 3 if scale >= Decimal("0.01") else 6)


def count(value: int) -> str:
    """Format a whole number, e.g. "5,522"."""
    return written_number(value)


def whole_days(value: Decimal) -> str:
    """Format a number of days, not negative, rounded to a whole one: "1 day", "2 days"."""
    whole = _quantized(value, decimals=0)
    return ngettext("{days} day", "{days} days", int(whole), days=written_number(whole))


def mean_days(value: Decimal) -> str:
    """Format a mean number of days with one decimal, e.g. "2.4"."""
    return written_number(_quantized(value, decimals=1))


def percent(rate: Decimal | None) -> str:
    """Format a rate, a fraction of 1, with one decimal, e.g. "7.7%"; empty if it is undefined."""
    return "" if rate is None else f"{written_number(_quantized(rate * 100, decimals=1))}%"


def whole_percent(rate: Decimal, *, at_most: int = 100) -> str:
    """Format a chance, a fraction of 1, e.g. "4 %"; `at_most` where rounding up would cross a limit."""
    return f"{min(_quantized(rate * 100, decimals=0), Decimal(at_most)):f} %"


def score(value: Decimal | None) -> str:
    """Format a quality score of 0 to 1, e.g. "0.82"; empty if nothing was scored."""
    return "" if value is None else written_number(_quantized(value, decimals=2))


def whole_percents(values: Sequence[Decimal]) -> list[int] | None:
    """Round shares of the values' sum so that they add up to 100 (largest remainder; ties to the earlier).

    Returns None if the sum is zero: then there are no shares.
    """
    with localcontext(_EXACT):
        parts, _one = _whole_numbers(values)
    total = sum(parts)
    if total == 0:
        return None
    return _apportioned([part * 100 for part in parts], total, total=100)


def day_month_year(day: date) -> str:
    """Format a date as "12 May 2026", with months cut to three letters."""
    return written_date(day, "yMMMd")


def month_year(day: date) -> str:
    """Format the month of a date, as "May 2026"."""
    return written_date(day, "yMMM")


def day_month(day: date) -> str:
    """Format a date without its year, as "12 May"."""
    return written_date(day, "MMMd")


def instant(at: datetime) -> str:
    """Format an instant as "8 Apr 2026, 02:10 UTC"."""
    at = at.astimezone(UTC)
    return f"{day_month_year(at)}, {at:%H:%M} UTC"


def month_day(day: date, *, near: date) -> str:
    """Format a date as "May 12", with the year if it is not that of `near`."""
    if current_language() != SOURCE:
        return day_month(day) if day.year == near.year else day_month_year(day)
    year = "" if day.year == near.year else f", {day.year}"
    return f"{MONTHS[day.month - 1]} {day.day}{year}"


def exact(value: Decimal | None) -> str | None:
    """Format all digits of a decimal, never with an exponent, for exports."""
    return None if value is None else f"{value:f}"


def plain(name: str, *, otherwise: str = "(no name)") -> str:
    """Make a name from outside safe to print: one line, no control or bidirectional characters."""
    one_line = " ".join(name.split())
    if one_line.isascii() and one_line.isprintable():
        return one_line or otherwise
    kept = (
        letter
        for letter in one_line
        if letter in _JOINERS or unicodedata.category(letter) not in _UNPRINTABLE
    )
    return "".join(kept).strip(f" {_JOINERS}") or otherwise


def distinct_labels(named: Sequence[tuple[str, str]]) -> list[str]:
    """Labels of ids and names, safe to print: the name, with its id where another has the same."""
    labels = [plain(name, otherwise="") or plain(id) for id, name in named]
    times = Counter(labels)
    return [
        label if times[label] == 1 or label == plain(id) else f"{label} ({plain(id)})"
        for label, (id, _name) in zip(labels, named, strict=True)
    ]


def fit_to_width(text: str, *, width: int) -> str:
    """Pad or cut a text to a number of terminal cells; wide letters and emoji count as two."""
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    return set_cell_size(text, width)


def width_of(texts: Sequence[str], *, at_most: int | None = None) -> int:
    """The terminal cells that the widest of the texts needs."""
    widest = max((cell_len(text) for text in texts), default=0)
    return widest if at_most is None else min(widest, at_most)


def _whole_numbers(values: Sequence[Decimal]) -> tuple[list[int], int]:
    """The values as whole numbers of one fraction, and how many of it make 1."""
    # the sum has the decimals of the value that has most
    places = max(-int(sum(values, Decimal(0)).as_tuple().exponent), 0)
    return [int(value.scaleb(places)) for value in values], 10**places


def _apportioned(parts: Sequence[int], one: int, *, total: int) -> list[int]:
    """Whole numbers that add up to the total, from parts counted in fractions of which `one` make 1."""
    whole = [part // one for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda index: -(parts[index] % one))
    for index in by_remainder[: total - sum(whole)]:
        whole[index] += 1
    return whole


def _decimals(credits: Decimal) -> int:
    return 0 if credits == 0 or credits >= 10 else 2 if credits >= Decimal("0.01") else 6


def _rounded(value: Decimal, *, decimals: int) -> str:
    rounded = _quantized(value, decimals=decimals)
    if rounded == 0 and value > 0:
        return f"<{written_number(_UNITS[decimals])}"
    return "0" if value == 0 else written_number(rounded)


def _quantized(value: Decimal, *, decimals: int) -> Decimal:
    return value.quantize(_UNITS[decimals], context=_EXACT)
