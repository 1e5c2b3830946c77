"""Compares published marts with the oracle, figure by figure.

No figure is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

from oracle.oracle import GRAINS

RATIO_STEP = Decimal("0.000000000001")
# a sum of rounded parts may be off by a step for each of them
TOLERANCE = {"expected_credits": RATIO_STEP * 1000, "mix_adjusted_efficiency": RATIO_STEP * 1000}
# ids of episodes differ; their ordinal within the unit does not
NAMED_DIFFERENTLY = {"episode_id", "episode_number", "unit_id"}
# the oracle has no median, so it cannot distinguish these two
SAME_STATUS = {"beyond_horizon": "ok"}


def differences(
    published: Path, expected: Mapping[str, Mapping[tuple[Any, ...], Mapping[str, Any]]]
) -> list[str]:
    """Every row and figure in which the published file and the oracle differ; empty if there is none."""
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
                ours, theirs = published_rows[key], rows[key]
                if "forecast_status" in ours:
                    ours["forecast_status"] = SAME_STATUS.get(
                        ours["forecast_status"], ours["forecast_status"]
                    )
                shared = (ours.keys() & theirs.keys()) - NAMED_DIFFERENTLY
                found += [
                    f"{mart} {key} {name}: published {ours[name]!r}, expected {theirs[name]!r}"
                    for name in sorted(shared)
                    if not is_same(ours[name], theirs[name], within=TOLERANCE.get(name, RATIO_STEP))
                ]
    return found


def is_same(published: Any, expected: Any, *, within: Decimal = RATIO_STEP) -> bool:
    """Exact for credits, counts, dates and texts; to the 12 published places for ratios."""
    if published is None or expected is None:
        return published is expected
    if isinstance(expected, Fraction):
        exact = Decimal(expected.numerator) / Decimal(expected.denominator)
        return abs(Decimal(published) - exact) <= within
    return bool(published == expected)


def lake_rows(raw: Path) -> dict[str, list[dict[str, Any]]]:
    """The accepted rows of every committed batch, by feed, as the oracle takes them."""
    rows: dict[str, list[dict[str, Any]]] = {}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for file in sorted(raw.glob("batches/*/*.parquet")):
            if file.stem not in ("quarantine", "deliveries"):
                cursor = connection.execute("select * from read_parquet(?)", [str(file)])
                names = [column[0] for column in cursor.description]
                rows.setdefault(file.stem, []).extend(
                    dict(zip(names, values, strict=True)) for values in cursor.fetchall()
                )
    return rows
