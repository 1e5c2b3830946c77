"""Why a line or a file was refused: the rule, the value found and the remedy.

Nothing here decides anything; `rows`, `documents` and their formats do.
"""

from dataclasses import dataclass

_SHOWN_CHARACTERS = 200


class LandingError(ValueError):
    """The landing or data directory cannot be used at all; nothing was touched."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One refusal, in words for the person who has to mend the delivery.

    Attributes:
        rule: short stable id, for example `instant.offset`.
        column: the contract column at fault, or None when the whole line or file is.
        value: what was found, shortened.
        reason: a sentence with the rule and the value.
        remedy: a sentence saying what to deliver instead.
    """

    rule: str
    column: str | None
    value: str | None
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that never became a JSON document, with its original text."""

    line_number: int
    text: str
    reject: Reject


class FileRejected(ValueError):
    """A file that cannot be read whole; nothing of it is loaded."""

    def __init__(self, reject: Reject) -> None:
        super().__init__(reject.reason)
        self.reject = reject


def file_rejected(rule: str, reason: str, remedy: str, *, value: str | None = None) -> FileRejected:
    """The exception for a whole file."""
    return FileRejected(Reject(rule, None, shown(value), reason, remedy))


def shown(value: object) -> str | None:
    """A value as it is shown in a report: storable as UTF-8 and at most 200 characters."""
    if value is None:
        return None
    text = str(value)
    if len(text) > _SHOWN_CHARACTERS:
        text = text[:_SHOWN_CHARACTERS] + "…"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
