"""Rate cards: what a unit (a token, a dollar, a generation) costs in credits, by day and model.

Rows come from the feed `rate_cards`; mappings name a card, never a number.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property

import pyarrow as pa

_Scope = tuple[str | None, str | None]
_ORDER = ("updated_at", "batch_id", "file_path", "line_number")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Rates:
    """The rates of one unit in one scope: each is valid from its start to its end or the next start."""

    starts: tuple[int, ...]
    ends: tuple[int | None, ...]
    rates: tuple[Decimal, ...]

    def at(self, instant_us: int) -> Decimal | None:
        position = bisect_right(self.starts, instant_us) - 1
        if position < 0:
            return None
        end = self.ends[position]
        return self.rates[position] if end is None or instant_us < end else None


@dataclass(frozen=True)
class RateCards:
    """All rates by card and unit, then by model and generation type (None: any)."""

    rates: Mapping[tuple[str, str], Mapping[_Scope, _Rates]]

    @classmethod
    def from_rows(cls, rows: pa.Table) -> "RateCards":
        """The cards of rows of the feed `rate_cards`.

        Of two rows of one card, unit, model, generation type and start, the newest counts: by `updated_at`,
        batch, file and line where these are given, else the later row. An end is the first instant no longer
        valid.
        """
        order = [name for name in _ORDER if name in rows.column_names]
        listed = sorted(
            rows.to_pylist(), key=lambda row: [(row[name] is not None, row[name]) for name in order]
        )
        newest: dict[tuple[str, str, _Scope, int], tuple[int | None, Decimal]] = {}
        for row in listed:
            scope = (row.get("model") or None, row.get("generation_type") or None)
            start = _instant_us(row["valid_from"])
            assert start is not None
            key = (row["card"], row["unit"], scope, start)
            newest[key] = (_instant_us(row.get("valid_to")), Decimal(row["credits_per_unit"]))
        grouped: dict[tuple[str, str], dict[_Scope, list[tuple[int, int | None, Decimal]]]] = {}
        for (card, unit, scope, start), (end, rate) in sorted(newest.items(), key=lambda item: item[0][3]):
            grouped.setdefault((card, unit), {}).setdefault(scope, []).append((start, end, rate))
        return cls(
            {
                unit: {scope: _Rates(*zip(*rates, strict=True)) for scope, rates in scopes.items()}
                for unit, scopes in grouped.items()
            }
        )

    @classmethod
    def empty(cls) -> "RateCards":
        """No cards at all."""
        return cls({})

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 of what the cards say, whatever rows said it."""
        said = sorted(
            [*unit, *(name or "" for name in scope), start, end or 0, f"{rate.normalize():f}"]
            for unit, scopes in self.rates.items()
            for scope, rates in scopes.items()
            for start, end, rate in zip(rates.starts, rates.ends, rates.rates, strict=True)
        )
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def find(
        self, card: str, unit: str, *, model: str | None, generation_type: str | None, instant_us: int
    ) -> Decimal | None:
        """Credits per unit at an instant (microseconds since 1970), or None.

        The row that names the model and the generation type counts first, then the model, then the type.
        """
        scopes = self.rates.get((card, unit), {})
        for scope in ((model, generation_type), (model, None), (None, generation_type), (None, None)):
            rates = scopes.get(scope)
            rate = rates.at(instant_us) if rates else None
            if rate is not None:
                return rate
        return None


def _instant_us(value: date | datetime | None) -> int | None:
    """Microseconds since 1970; a day begins in UTC."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    since = (value if value.tzinfo else value.replace(tzinfo=UTC)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
