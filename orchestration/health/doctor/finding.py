"""What one check of the set-up found, and what to do about it.

No check is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor.

    Attributes:
        check: what was looked at, in a word or two.
        state: a warning may be meant so; a problem keeps the next run from working, or was one's end.
        found: what was found.
        remedy: what to do; empty if all is well.
    """

    check: str
    state: State
    found: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if (self.state == "ok") != (not self.remedy):
            raise ValueError(f"what is not ok needs a remedy, and only that; found {self}")
