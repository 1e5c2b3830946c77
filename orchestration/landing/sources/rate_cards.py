"""Rate cards: what a unit (a token, a dollar, a generation) costs in credits, by day and model.

Rows come from the feed `rate_cards`; mappings name a card, never a number.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa

_Scope = tuple[str | None, str | None]
_Key = tuple[str, str, _Scope, date]
_EXACT = Context(prec=100)
DAY_US = 86_400_000_000
_FIRST_DAY = date(1970, 1, 1)


@dataclass(frozen=True)
class _Rate:
    """A rate and the days of UTC on which it holds, both included; without `to` it has no end."""

    valid_from: date
    valid_to: date | None
    credits_per_unit: Decimal


@dataclass(frozen=True)
class RateCards:
    """Rates by card and unit, then by model and generation type (None: any), the latest start first."""

    rates: Mapping[tuple[str, str], Mapping[_Scope, tuple[_Rate, ...]]]

    @classmethod
    def from_rows(cls, rows: pa.Table) -> "RateCards":
        """The cards of rows of the feed `rate_cards`.

        Of two rows of one card, unit, model, generation type and first day the newest counts, as in any
        snapshot: by `updated_at`, then batch, file and line; a row without `updated_at` is as new as the
        newest that had come by its batch.
        """
        versions: dict[_Key, list[dict[str, Any]]] = {}
        for position, row in enumerate(rows.to_pylist()):
            scope = (row.get("model") or None, row.get("generation_type") or None)
            key = (row["card"], row["unit"], scope, _day(row["valid_from"]))
            versions.setdefault(key, []).append(row | {"position": position})
        grouped: dict[tuple[str, str], dict[_Scope, list[_Rate]]] = {}
        for (card, unit, scope, start), found in versions.items():
            row = _newest(found)
            end = row.get("valid_to")
            rate = _Rate(
                start, None if end is None else _day(end), Decimal(row["credits_per_unit"]).normalize(_EXACT)
            )
            grouped.setdefault((card, unit), {}).setdefault(scope, []).append(rate)

        def latest_first(rates: list[_Rate]) -> tuple[_Rate, ...]:
            return tuple(sorted(rates, key=lambda rate: rate.valid_from, reverse=True))

        return cls(
            {
                unit: {scope: latest_first(rates) for scope, rates in scopes.items()}
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
            [
                *unit,
                *(name or "" for name in scope),
                str(rate.valid_from),
                str(rate.valid_to or ""),
                f"{rate.credits_per_unit:f}",
            ]
            for unit, scopes in self.rates.items()
            for scope, rates in scopes.items()
            for rate in rates
        )
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def find(
        self, card: str, unit: str, *, model: str | None, generation_type: str | None, instant_us: int
    ) -> Decimal | None:
        """Credits per unit at an instant (microseconds since 1970), or None.

        The rate of the model and the generation type counts first, then that of the model, then of the type.
        Of two that hold, the one that began later.
        """
        scopes = self.rates.get((card, unit))
        if not scopes:
            return None
        day = _FIRST_DAY + timedelta(days=instant_us // DAY_US)
        for scope in ((model, generation_type), (model, None), (None, generation_type), (None, None)):
            for rate in scopes.get(scope, ()):
                if rate.valid_from <= day and (rate.valid_to is None or day <= rate.valid_to):
                    return rate.credits_per_unit
        return None


def _newest(versions: list[dict[str, Any]]) -> dict[str, Any]:
    """The version that counts of the rows of one key."""

    def newness(row: dict[str, Any]) -> tuple[bool, object, int, str, int, int]:
        dated = [
            other["updated_at"]
            for other in versions
            if other.get("updated_at") and (other.get("batch_id") or 0) <= (row.get("batch_id") or 0)
        ]
        updated_at = row.get("updated_at") or max(dated, default=None)
        place = (row.get("batch_id") or 0, row.get("file_path") or "", row.get("line_number") or 0)
        return (updated_at is not None, updated_at or 0, *place, row["position"])

    return max(versions, key=newness)


def _day(value: date | datetime) -> date:
    return value.astimezone(UTC).date() if isinstance(value, datetime) else value
