"""Why a line or a file is rejected: the rule, the value found and the remedy.

What is rejected is decided in `formats` and `typing`.
"""

from dataclasses import dataclass

_SHOWN_CHARACTERS = 200
_WRITE_AGAIN = (
    "Write the file again, without encryption and with a current version of its writer, in smaller files or "
    "as JSON lines, and deliver that."
)


class LandingError(ValueError):
    """The landing or data directory cannot be used; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One rejection, for the person who has to fix the delivery.

    Attributes:
        rule: short stable id, for example `instant.offset`.
        column: the contract column at fault; None for a whole line or file.
        value: the value found, shortened.
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
    """A line that is not a document, with its original text."""

    line_number: int
    text: str
    reject: Reject


class FileRejected(ValueError):
    """A file that cannot be read to its end; nothing of it is loaded."""

    def __init__(self, reject: Reject) -> None:
        super().__init__(reject.reason)
        self.reject = reject


def file_rejected(rule: str, reason: str, remedy: str, *, value: str | None = None) -> FileRejected:
    """The exception for a whole file."""
    return FileRejected(Reject(rule, None, excerpt(value), reason, remedy))


def unreadable(kind: str, problem: str, remedy: str = _WRITE_AGAIN) -> FileRejected:
    """The exception for a file that ended its reader in a way that no rule foresees.

    Args:
        kind: how: a signal, an exception, `memory` or `time`.
        problem: what the reader said.
        remedy: what to deliver instead.
    """
    said = (problem.strip() or kind).splitlines()[0]
    return file_rejected("file.unreadable", f"the file cannot be read: {excerpt(said)}", remedy, value=kind)


def excerpt(value: object) -> str | None:
    """A value as it is reported: valid UTF-8 of at most 200 characters."""
    if value is None:
        return None
    text = str(value)
    if len(text) > _SHOWN_CHARACTERS:
        text = text[:_SHOWN_CHARACTERS] + "…"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
