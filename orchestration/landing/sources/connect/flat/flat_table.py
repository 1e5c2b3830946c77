"""The first records of a flat file by column, and what the user said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

# what exports write where there is no value
NULL_TEXTS = (
    "None",
    "none",
    "NULL",
    "null",
    "NaN",
    "nan",
    "N/A",
    "n/a",
    "NA",
    "-",
    "–",
    "#N/A",
    "(null)",
    "undefined",
)


@dataclass(frozen=True)
class FlatTable:
    """The first records of a flat file.

    Attributes:
        columns: the values of each column by its path, None where it is missing.
        names: the name of each column as the source writes it, by its path.
        is_text: whether all values are text, as in CSV, so that numbers may be written in several ways.
        separator: of CSV.
        null_texts: texts that were found to stand for a missing value.
    """

    columns: Mapping[str, Sequence[str | None]]
    names: Mapping[str, str]
    is_text: bool = False
    separator: str | None = None
    null_texts: tuple[str, ...] = ()

    def filled(self, path: str) -> list[str]:
        """The values that are there."""
        return [value for value in self.columns[path] if value is not None]


@dataclass(frozen=True)
class RateChoice:
    """Credits for each unit, and the column of its amount if it was named."""

    credits_per_unit: Decimal
    unit: str
    column: str | None = None


@dataclass(frozen=True)
class Choices:
    """What the user said; None where nothing was.

    Attributes:
        columns: the path of their column by ours; "" for none.
        day_first: whether the day comes before the month.
        card: the name of the rate card.
    """

    zone: str | None = None
    credits: str | None = None
    rates: tuple[RateChoice, ...] = ()
    workspace: str | None = None
    type: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    day_first: bool | None = None
    card: str = "own"
    pseudonym: str | None = None


@dataclass(frozen=True)
class Question:
    """What only the user knows: the flag that says it, and what is asked."""

    flag: str
    text: str
    example: str
