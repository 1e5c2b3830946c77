"""Translation of the report: English as it is written in the code, other languages by gettext catalogues.

A language is one file, locale/<language>/LC_MESSAGES/credits.po; how it writes dates, numbers (grouped by
three digits) and plurals is known to Babel (Unicode CLDR). `make messages` updates the catalogues from the
code. Not here: the sentences (sentences.py, templates/).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

LOCALE, CATALOGUE = Path(__file__).parent / "locale", "LC_MESSAGES/credits.po"
# the language of the code, which needs no catalogue and no Babel: its import would slow every command
SOURCE = "en"
LANGUAGES = (SOURCE, *sorted(file.parents[1].name for file in LOCALE.glob(f"*/{CATALOGUE}")))
_language: ContextVar[str] = ContextVar("language", default=SOURCE)
# not strftime's, which follow the locale of the machine; the day comes first, unlike in CLDR's "en"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ENGLISH_DATES = {"yMMMd": "{day} {month} {year}", "MMMd": "{day} {month}", "yMMM": "{month} {year}"}


@contextmanager
def using_language(language: str) -> Iterator[None]:
    """Translate into one of `LANGUAGES` inside the block; English is the default."""
    if language not in LANGUAGES:
        raise ValueError(f"a language is one of {', '.join(LANGUAGES)}; found {language!r}")
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def current_language() -> str:
    """The language in use, one of `LANGUAGES`."""
    return _language.get()


def gettext(sentence: str, /, **values: object) -> str:
    """Translate an English sentence into the current language; `{name}` becomes the value of that name.

    Imported as `_`, in templates too. Babel's extractor finds every call; a test asks for its translation.
    """
    text = _catalogue(_language.get()).gettext(sentence)
    return text.format(**values) if values else text


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """The same for a sentence that depends on a number, in the plural of the current language."""
    return _catalogue(_language.get()).ngettext(one, many, number).format(**values)


def N_(sentence: str) -> str:
    """Mark a sentence of a table for the extractor; it is translated where it is used."""
    return sentence


def written_date(day: date, skeleton: str) -> str:
    """A date as the current language writes it: "yMMMd" (12 May 2026), "MMMd" (12 May), "yMMM" (May 2026)."""
    return _date(_language.get(), skeleton, day.year, day.month, day.day)


def written_number(value: Decimal | int) -> str:
    """All digits of a number as the current language groups and marks them, e.g. "1,234.50"."""
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    language = _language.get()
    return text if language == SOURCE else text.translate(_marks(language))


# pages have few days, each of them many times
@lru_cache(maxsize=10_000)
def _date(language: str, skeleton: str, year: int, month: int, day: int) -> str:
    if language == SOURCE:
        return _ENGLISH_DATES[skeleton].format(day=day, month=_MONTHS[month - 1], year=year)
    from babel.dates import format_skeleton

    return format_skeleton(skeleton, date(year, month, day), locale=language)


@lru_cache
def _marks(language: str) -> dict[int, str]:
    """How a language writes the marks of an English number."""
    from babel.numbers import get_decimal_symbol, get_group_symbol, get_minus_sign_symbol

    marks = {",": get_group_symbol, ".": get_decimal_symbol, "-": get_minus_sign_symbol}
    return str.maketrans({mark: symbol(language) for mark, symbol in marks.items()})


@lru_cache
def _catalogue(language: str) -> NullTranslations:
    if language == SOURCE:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (LOCALE / language / CATALOGUE).open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return GNUTranslations(compiled)
