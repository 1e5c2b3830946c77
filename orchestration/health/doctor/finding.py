"""The result of one check of the installation, and what to do about it.

The checks themselves do not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One result of the doctor.

    Attributes:
        check: its short name.
        state: a warning may be intended; a problem stops the next run, or stopped the last one.
        found: what was found.
        remedy: what to do; empty if ok.
    """

    check: str
    state: State
    found: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if (self.state == "ok") != (not self.remedy):
            raise ValueError(
                f"a finding has a remedy exactly if it is not ok; found {self}. Add or remove it."
            )
