"""Published marts held against the oracle, figure by figure.

No figure is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

from oracle.oracle import GRAINS

RATIO_PLACES = Decimal("0.000000000001")
# what one episode is called differs; its ordinal within the unit does not
NAMED_OTHERWISE = {"episode_id", "episode_number", "unit_id"}


def differences(published: Path, expected: Mapping[str, Mapping[tuple[Any, ...], Mapping[str, Any]]]) -> list[str]:
    """Every row and figure in which the published file and the oracle disagree; empty if there is none."""
    found: list[str] = []
    with duckdb.connect(str(published / "credits.duckdb"), read_only=True) as connection:
        for mart, rows in expected.items():
            cursor = connection.execute(f"select * from marts.{mart}")
            names = [column[0] for column in cursor.description]
            published_rows = {
                tuple(row[name] for name in GRAINS[mart]): row
                for row in (dict(zip(names, values, strict=True)) for values in cursor.fetchall())
            }
            found += [f"{mart} {key}: published, not expected" for key in published_rows.keys() - rows.keys()]
            found += [f"{mart} {key}: expected, not published" for key in rows.keys() - published_rows.keys()]
            for key in rows.keys() & published_rows.keys():
                shared = (rows[key].keys() & published_rows[key].keys()) - NAMED_OTHERWISE
                found += [
                    f"{mart} {key} {name}: published {published_rows[key][name]!r}, expected {rows[key][name]!r}"
                    for name in sorted(shared)
                    if not is_same(published_rows[key][name], rows[key][name])
                ]
    return found


def is_same(published: Any, expected: Any) -> bool:
    """Exact for credits, counts, dates and texts; to the 12 published places for ratios."""
    if published is None or expected is None:
        return published is expected
    if isinstance(expected, Fraction):
        exact = Decimal(expected.numerator) / Decimal(expected.denominator)
        return abs(Decimal(published) - exact) <= RATIO_PLACES
    return bool(published == expected)
