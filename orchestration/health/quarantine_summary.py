"""The quarantine by kind: how many lines or files one rule refused, and how many came again since.

Nothing is corrected or judged here, and every refused line stays in the lake; these are only counts of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.lake.lake import Lake
from orchestration.warehouse.protocol import Warehouse

_LONGEST = 300

# a file of the same name that was loaded later is taken for the correction of what it replaces
_REFUSED = """
    with reloaded as (
        select file_path, max(batch_id) as batch_id
        from read_parquet($deliveries)
        where status in ('loaded', 'alias')
        group by file_path
    ),
    refused as (
        select quarantine.*, coalesce(reloaded.batch_id > quarantine.batch_id, false) as is_corrected
        from read_parquet($quarantine) as quarantine
        left join reloaded on quarantine.file_path = reloaded.file_path
    )
"""
# the example: an open one, of the newest batch
_PLACE = "is_corrected, batch_id desc, file_path, line_number"
_BY_KIND = f"""
    select feed, rule, remedy, count(*) as row_count, count(distinct file_path) as file_count,
        count(*) filter (where is_corrected) as corrected_count,
        max(case when place = 1 then concat_ws(':', file_path, line_number) end) as example,
        max(case when place = 1 then reason end) as reason
    from (
        select *, row_number() over (partition by feed, rule, remedy order by {_PLACE}) as place
        from refused
    ) as placed
    group by feed, rule, remedy
    order by feed, rule, remedy
"""


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
    return [RefusedKind(*row) for row in duckdb.execute(_REFUSED + _BY_KIND, files).fetchall()]


def conflicting_kinds(warehouse: Warehouse) -> list[RefusedKind]:
    """What is left out because its key came before with other content; only a new id can correct it."""
    refused = """
        with refused as (
            select *, false as is_corrected from staging.stg_quarantine where rule = 'key.conflict'
        )
    """
    return [RefusedKind(*row) for row in warehouse.fetch(refused + _BY_KIND)]


def printable(text: str) -> str:
    """Text from outside as a terminal may show it: no control or direction marks, of readable length."""
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in cut
    )
