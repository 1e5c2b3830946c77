"""The quarantine by rule: how many lines or files each rule rejected, and how many were corrected since.

Nothing is corrected here, and every rejected line stays in the lake; these are only counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.lake.lake import Lake
from orchestration.warehouse.protocol import Warehouse

_MOST_CHARACTERS = 300

# a file of the same name that was loaded later counts as the correction of the rejected one
_REJECTED = """
    with reloaded as (
        select file_path, max(batch_id) as batch_id
        from read_parquet($deliveries)
        where status in ('loaded', 'alias')
        group by file_path
    ),
    rejected as (
        select quarantine.*, coalesce(reloaded.batch_id > quarantine.batch_id, false) as is_corrected
        from read_parquet($quarantine) as quarantine
        left join reloaded on quarantine.file_path = reloaded.file_path
    )
"""
# the example: an uncorrected line of the newest batch
_EXAMPLE_FIRST = "is_corrected, batch_id desc, file_path, line_number"
_BY_RULE = f"""
    select feed, rule, remedy, count(*) as row_count, count(distinct file_path) as file_count,
        count(*) filter (where is_corrected) as corrected_count,
        max(case when position = 1 then concat_ws(':', file_path, line_number) end) as example,
        max(case when position = 1 then reason end) as reason
    from (
        select *, row_number() over (partition by feed, rule, remedy order by {_EXAMPLE_FIRST}) as position
        from rejected
    ) as numbered
    group by feed, rule, remedy
    order by feed, rule, remedy
"""


@dataclass(frozen=True)
class RejectedGroup:
    """The lines of one feed that one rule rejected.

    Attributes:
        row_count: lines; a file rejected as a whole counts as one.
        file_count: the files they came from.
        corrected_count: lines whose file was loaded later under the same name.
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
    return [RejectedGroup(*row) for row in duckdb.execute(_REJECTED + _BY_RULE, files).fetchall()]


def conflicting_groups(warehouse: Warehouse) -> list[RejectedGroup]:
    """Lines excluded because their key was loaded before with other content; only a new id corrects them."""
    rejected = """
        with rejected as (
            select *, false as is_corrected from staging.stg_quarantine where rule = 'key.conflict'
        )
    """
    return [RejectedGroup(*row) for row in warehouse.fetch(rejected + _BY_RULE)]


def printable(text: str) -> str:
    """Text from outside, safe for a terminal: no control or direction characters, at most 300 long."""
    cut = text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in cut
    )
