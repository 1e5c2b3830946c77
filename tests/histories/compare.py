"""Compares two published versions: mart, key and column of each difference.

How a version was built does not matter here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
from oracle import GRAINS
from support.product import published_rows

Row = dict[str, Any]
TRAINED = {
    "waste_probability",
    "model_used",
    *(f"expected_pending_waste_credits{bound}" for bound in ("", "_low", "_high")),
}


def row_differences(
    first: Path, second: Path, *, names: tuple[str, str], workspaces: Collection[str] | None = None
) -> list[str]:
    """A sentence for each figure in which two published folders differ; empty if there is none.

    Args:
        first: a published folder.
        second: another one.
        names: what to call them.
        workspaces: those to compare, without the figures of models trained on all workspaces; by default
            every row.
    """
    mine, theirs = _marts(first, workspaces), _marts(second, workspaces)
    found = [f"{mart}: not in both" for mart in sorted(mine.keys() ^ theirs.keys())]
    for mart in sorted(mine.keys() & theirs.keys()):
        found += _of_mart(mart, mine[mart], theirs[mart], names)
    return found


def _marts(published: Path, workspaces: Collection[str] | None) -> dict[str, list[Row]]:
    marts = published_rows(published)
    with duckdb.connect(str(published / "credits.duckdb"), read_only=True) as connection:
        columns = {
            mart: [column for column, *_ in connection.execute(f"describe marts.{mart}").fetchall()]
            for mart in marts
        }
    named = {
        mart: [dict(zip(columns[mart], row, strict=True)) for row in rows] for mart, rows in marts.items()
    }
    if workspaces is None:
        return named
    return {
        mart: [_without(TRAINED, row) for row in rows if row.get("workspace_id") in workspaces]
        for mart, rows in named.items()
    }


def _without(columns: Collection[str], row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in columns}


def _of_mart(mart: str, mine: Sequence[Row], theirs: Sequence[Row], names: tuple[str, str]) -> list[str]:
    if mine == theirs:
        return []
    first, second = _by_key(mart, mine), _by_key(mart, theirs)
    found = []
    for key in [*first, *(key for key in second if key not in first)]:
        where = f"{_history(first.get(key) or second[key])}{mart} {key}"
        if key not in second or key not in first:
            there, absent = names if key in first else reversed(names)
            found.append(f"{where}: in {there}, not in {absent}")
            continue
        found += [f"{where} {what}" for what in _of_row(first[key], second[key], names)]
    # the rows are equal as a set: one is published twice
    return found or [f"{mart}: {len(mine)} and {len(theirs)} equal rows, of which some are there twice"]


def _of_row(mine: Row, theirs: Row, names: tuple[str, str]) -> Iterator[str]:
    for column in dict.fromkeys([*mine, *theirs]):
        if column not in mine or column not in theirs:
            yield f"{column}: not in both"
        elif mine[column] != theirs[column]:
            yield f"{column}: {names[0]} {mine[column]!r}, {names[1]} {theirs[column]!r}"


def _by_key(mart: str, rows: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
    """Rows by the grain of their mart; where no grain is known, the whole row is the key."""
    grain = GRAINS.get(mart)
    return {tuple(row[column] for column in grain) if grain else tuple(row.values()): row for row in rows}


def _history(row: Row) -> str:
    return f"history {row['workspace_id']}: " if "workspace_id" in row else ""
