"""Translation of the report: English, or Thai by a catalogue whose keys are the English sentences.

Not here: the sentences (sentences.py, templates/) or their Thai (thai.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from orchestration.publish.report.thai import THAI, THAI_MONTHS

LANGUAGES = ("en", "th")
_language: ContextVar[str] = ContextVar("language", default="en")
# not strftime's, which follow the locale of the machine
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "th": THAI_MONTHS,
}


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
    """The language in use: "en" or "th"."""
    return _language.get()


def gettext(sentence: str, **values: object) -> str:
    """Translate an English sentence into the current language; `{name}` becomes the value of that name.

    Imported as `_`, in templates too; a test finds every call and asks for its Thai.
    """
    text = THAI.get(sentence, sentence) if current_language() == "th" else sentence
    return text.format(**values) if values else text


def month(number: int) -> str:
    """The short name of a month, 1 to 12."""
    return _MONTHS[current_language()][number - 1]
