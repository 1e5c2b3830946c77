"""In which language things are said: English, or Thai by a catalogue that English sentences are the keys of.

Not here: the sentences (words.py, templates/) or their Thai (thai.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from orchestration.publish.report.thai import THAI, THAI_MONTHS

LANGUAGES = ("en", "th")
_spoken: ContextVar[str] = ContextVar("spoken", default="en")
# not strftime's, which follow the locale of the machine
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "th": THAI_MONTHS,
}


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Says everything in one of `LANGUAGES` meanwhile; English otherwise."""
    if language not in LANGUAGES:
        raise ValueError(f"a language is one of {', '.join(LANGUAGES)}; found {language!r}")
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def spoken() -> str:
    """The language things are said in now: "en" or "th"."""
    return _spoken.get()


def say(sentence: str, **values: object) -> str:
    """A sentence, given in English, in the language of now; `{name}` becomes the value of that name."""
    text = THAI.get(sentence, sentence) if spoken() == "th" else sentence
    return text.format(**values) if values else text


def month(number: int) -> str:
    """The short name of a month, 1 to 12."""
    return _MONTHS[spoken()][number - 1]
