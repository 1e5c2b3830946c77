"""The quarantine by kind: how many lines or files one rule refused, and how many came again since.

Nothing is corrected or judged here, and every refused line stays in the lake; these are only counts of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.lake.lake import Lake
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql

_LONGEST = 300


@dataclass(frozen=True)
class RefusedKind:
    """What one rule refused of one feed.

    Attributes:
        row_count: lines; a file refused whole counts as one.
        file_count: the files they are of.
        corrected_count: of these lines, how many are of a file that was loaded later under the same name.
        example: file:line of one of them (the file alone if it was refused whole), an open one if any is.
        reason: what was wrong there.
    """

    feed: str
    rule: str
    remedy: str
    row_count: int
    file_count: int
    corrected_count: int
    example: str
    reason: str

    @property
    def open_count(self) -> int:
        """Lines of which nothing was delivered since."""
        return self.row_count - self.corrected_count


def refused_kinds(lake: Lake) -> list[RefusedKind]:
    """What the lake refused, of all batches."""
    files = {table: [str(file) for file in lake.paths(table)] for table in ("deliveries", "quarantine")}
    found = duckdb.execute(_by_rule(read_sql(__file__, "rejected_rows")), files).fetchall()
    return [RefusedKind(*row) for row in found]


def conflicting_kinds(warehouse: Warehouse) -> list[RefusedKind]:
    """What is left out because its key came before with other content; only a new id can correct it."""
    conflicts = "select *, false as is_corrected from staging.stg_quarantine where rule = 'key.conflict'"
    return [RefusedKind(*row) for row in warehouse.fetch(_by_rule(conflicts))]


def _by_rule(rejected: str) -> str:
    """SQL: rows of `rejected`, counted by feed and rule."""
    return read_sql(__file__, "quarantine_by_rule", rejected=rejected)


def printable(text: str) -> str:
    """Text from outside as a terminal may show it: no control or direction marks, of readable length."""
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in cut
    )
