"""The quarantine by rule: how many lines or files each rule rejected, and how many were corrected since.

Nothing is corrected here, and every rejected line stays in the lake; these are only counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.in_memory import in_memory
from orchestration.lake.batch_writer import DELIVERIES_SCHEMA
from orchestration.lake.lake import Lake
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql

_MOST_CHARACTERS = 300


@dataclass(frozen=True)
class RejectedGroup:
    """The lines of one feed that one rule rejected.

    Attributes:
        row_count: lines; a file rejected as a whole counts as one.
        file_count: the files they came from.
        corrected_count: lines that a later delivery of their file had no more, or in a form that was loaded.
        example: file:line of one of them (only the file if all of it was rejected), uncorrected if possible.
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
        """Lines not corrected since."""
        return self.row_count - self.corrected_count


def rejected_groups(lake: Lake) -> list[RejectedGroup]:
    """What the lake rejected, over all batches."""
    files = {table: [str(file) for file in lake.paths(table)] for table in ("deliveries", "quarantine")}
    files["quarantine"] += [str(file) for file in lake.derived.paths("quarantine", lake.derived.current)]
    with in_memory(reads_files=True) as connection:
        # batches of older releases lack columns
        connection.register("no_deliveries", DELIVERIES_SCHEMA.empty_table())
        found = connection.execute(_by_rule(read_sql(__file__, "rejected_rows")), files).fetchall()
    return [RejectedGroup(*row) for row in found]


def conflicting_groups(warehouse: Warehouse) -> list[RejectedGroup]:
    """Lines excluded because their key was loaded before with other content; a higher revision ends them."""
    conflicts = "select *, false as is_corrected from staging.stg_quarantine where rule = 'key.conflict'"
    return [RejectedGroup(*row) for row in warehouse.fetch(_by_rule(conflicts))]


def _by_rule(rejected: str) -> str:
    """SQL: rows of `rejected`, counted by feed and rule."""
    return read_sql(__file__, "quarantine_by_rule", rejected=rejected)


def printable(text: str) -> str:
    """Text from outside, safe for a terminal: no control or direction characters, at most 300 long."""
    cut = text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in cut
    )
