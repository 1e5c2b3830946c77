"""Pairs the columns of a flat file with ours: what the user said, the best names, then the shapes of values.

What their values become is in `propose`.
"""

from orchestration.landing.sources.connect.flat.column_names import SYNONYMS, name_score, normalised
from orchestration.landing.sources.connect.flat.flat_table import Choices, FlatTable
from orchestration.landing.sources.connect.flat.value_shapes import (
    TimeShape,
    are_emails,
    are_few_words,
    number_shape,
    time_of_day_format,
    time_shape,
)

_TIMES = ("occurred_at", "recorded_at")
WHOLE_NUMBERS = ("input_tokens", "output_tokens", "latency_ms", "total_tokens")
NUMBERS = ("credits", "provider_cost", "quality_score")
_WORDS = (
    "generation_type",
    "status",
    "locale",
    "model",
    "provider",
    "product_category",
    "provider_currency",
    "workflow",
)
# what stands under these is left or allowed, and not what was charged
_REMAINDERS = frozenset(
    [
        "remaining",
        "left",
        "balance",
        "limit",
        "limits",
        "quota",
        "allowance",
        "budget",
        "available",
        "included",
    ]
)


class ColumnPairs:
    """Which of their columns is which of ours.

    Attributes:
        times: how each of their columns writes times, None if it holds none.
    """

    def __init__(self, table: FlatTable, choices: Choices) -> None:
        self._table = table
        self._choices = choices
        self.times: dict[str, TimeShape | None] = {
            path: time_shape(table.filled(path)) for path in table.columns
        }

    def found(self) -> dict[str, str]:
        """Their column by ours: what the user said, then the best names whose values fit."""
        given = {ours: self.path_of(theirs) for ours, theirs in self._choices.columns.items() if theirs}
        if self._choices.credits:
            given["credits"] = self.path_of(self._choices.credits)
        dropped = {ours for ours, theirs in self._choices.columns.items() if not theirs}
        found = dict(given)
        scored = sorted(
            (
                (-self._score(ours, path), position, ours, path)
                for ours in SYNONYMS
                for position, path in enumerate(self._table.columns)
                if ours not in given and ours not in dropped
            ),
            key=lambda item: item[:2],
        )
        for score, _, ours, path in scored:
            if score and ours not in found and path not in found.values() and self._fits(ours, path):
                found[ours] = path
        self._by_shape(found, dropped)
        return found

    def _by_shape(self, found: dict[str, str], dropped: set[str]) -> None:
        """What the names did not say and the values show: the only times, the only addresses."""
        for ours, fitting in (
            ("occurred_at", [path for path in self._table.columns if self.times[path]]),
            ("member_id", [path for path in self._table.columns if are_emails(self._table.filled(path))]),
        ):
            free = [path for path in fitting if path not in found.values()]
            if ours not in found and ours not in dropped and len(free) == 1:
                found[ours] = free[0]

    def _fits(self, ours: str, path: str) -> bool:
        values = self._table.filled(path)
        if not values:
            return False
        if ours == "time_of_day":
            return time_of_day_format(values) is not None
        if ours in _TIMES:
            return self.times[path] is not None
        if self.times[path] and not self.times[path].epoch:  # type: ignore[union-attr]
            return False
        if ours in WHOLE_NUMBERS or ours in NUMBERS:
            shape = number_shape(values, decimal=self._choices.decimal)
            if shape is None or not shape.is_positive or (ours in WHOLE_NUMBERS and not shape.is_whole):
                return False
            return ours != "quality_score" or shape.maximum <= 1
        if ours in _WORDS:
            is_number = number_shape(values) is not None and ours != "status"
            return are_few_words(values) and not is_number
        return True

    def path_of(self, named: str) -> str:
        """The path of a column that the user named by its path or its name."""
        if named in self._table.columns:
            return named
        return next((path for path, name in self._table.names.items() if name == named), named)

    def _score(self, ours: str, path: str) -> int:
        """How well the name of a column says one of ours; of a nested one, also its last part."""
        name = self._table.names[path]
        parents, point, last = name.rpartition(".")
        if not point or _REMAINDERS & set(normalised(parents).split("_")):
            return name_score(ours, name)
        return max(name_score(ours, name), name_score(ours, last) - 1)
