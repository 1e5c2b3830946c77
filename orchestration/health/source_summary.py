"""Other systems' folders: files, records and what became of them, over all batches.

The rows of one run are summed up in runs/summary.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.health.quarantine_summary import printable
from orchestration.in_memory import in_memory
from orchestration.lake.batch_writer import DELIVERIES, QUARANTINE
from orchestration.lake.lake import Lake
from orchestration.lake.sources.derived_files import MAPPING_COUNTS
from orchestration.visible_text import counted
from orchestration.warehouse.sql_files import read_sql

_MOST_REASONS = 5


@dataclass(frozen=True)
class SourceSummary:
    """One folder of another system.

    Attributes:
        record_count: mapped_count + left_out_count + quarantined_count.
        repeated_count: records without an id, which are known by content and occurrence.
        rounded: by how much the places of the mapping moved the total of numbers.
        rows: accepted rows by feed.
        reasons: feed, rule, count and an example of refused rows, most frequent first.
    """

    source_folder: str
    file_count: int
    record_count: int
    mapped_count: int
    left_out_count: int
    quarantined_count: int
    repeated_count: int
    rounded: str | None
    rows: dict[str, int]
    reasons: list[tuple[str, str, int, str]]


def source_summaries(lake: Lake) -> list[SourceSummary]:
    """The folders of other systems that records were loaded from, by name."""
    current = lake.derived.current
    files = {
        table: [str(file) for file in lake.derived.paths(table, current)]
        for table in (MAPPING_COUNTS, DELIVERIES, QUARANTINE)
    }
    if not current or not files[MAPPING_COUNTS]:
        return []
    with in_memory(reads_files=True) as connection:

        def rows(name: str, table: str) -> list[tuple]:
            return (
                connection.execute(read_sql(__file__, name), {"files": files[table]}).fetchall()
                if files[table]
                else []
            )

        fed, refused = rows("source_rows", DELIVERIES), rows("source_reasons", QUARANTINE)
        return [
            SourceSummary(
                *(
                    *counts,
                    {feed: count for folder, feed, count in fed if folder == counts[0]},
                    [row[1:] for row in refused if row[0] == counts[0]],
                )
            )
            for counts in rows("source_counts", MAPPING_COUNTS)
        ]


def describe_sources(summaries: list[SourceSummary]) -> Iterator[str]:
    """Lines of text for `credits status`."""
    for number, source in enumerate(summaries):
        files = counted(source.file_count, "file")
        yield (
            f"{'' if number else 'sources':<13}{printable(source.source_folder)}: {files}, "
            f"{counted(source.record_count, 'record')}: {source.mapped_count:,} mapped, "
            f"{source.left_out_count:,} left out, {source.quarantined_count:,} quarantined"
        )
        made = ", ".join(f"{count:,} {feed}" for feed, count in source.rows.items())
        yield f"                 gave {made or 'no row'}"
        if source.repeated_count:
            without_id = f"{source.repeated_count:,} have no id"
            yield f"                 {without_id}: of identical ones in two files, one counts"
        if source.rounded and float(source.rounded):
            yield f"                 rounding to places moved the total by {source.rounded.rstrip('0')}"
        for feed, rule, count, example in source.reasons[:_MOST_REASONS]:
            yield f"                 {count:,} refused, {feed} {rule}: such as {printable(example)}"
