"""Audits the files of a built version before it is served: they must be one complete copy of the marts.

Not here: whether the numbers are right; the gates on the marts check that in the warehouse (expectations/).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import duckdb

from orchestration.publish.report.pages import REPORT_FOLDER
from orchestration.publish.versions.build import PublishedVersion
from orchestration.publish.versions.export import DATABASE_NAME, PublishError, opened_within
from orchestration.publish.versions.file_names import file_name, ids_that_fold

_SHOWN = 5
# Parts from the Parquet files against totals from the database: a torn or mixed copy fails one of them.
# For each mart with parts: their column, the column of credit_summary they add up to, and the join condition.
_BY_PERIOD = "parts.period = summary.period"
_PARTS = {
    "usage_daily": (
        "credits",
        "credits_used",
        "parts.usage_date between summary.window_start_date and summary.window_end_date",
    ),
    "usage_by_member": ("credits", "credits_used", _BY_PERIOD),
    "usage_by_category": ("credits", "credits_used", _BY_PERIOD),
    "usage_by_generation_type": ("credits", "credits_used", _BY_PERIOD),
    "waste_by_reason": ("wasted_credits", "wasted_credits", _BY_PERIOD),
}
_TORN_SUMS = """
    select
        summary.workspace_id, summary.period, summary.{total} as total,
        coalesce(sum(parts.{part}), 0) as parts_total
    from marts.credit_summary as summary
    left join read_parquet($file) as parts on parts.workspace_id = summary.workspace_id and {condition}
    group by all
    having total is distinct from parts_total
    order by all
"""


def audit_version(version: PublishedVersion, *, as_of: date, memory_limit: str | None = None) -> None:
    """Reopen a built version read-only, and refuse it unless it is complete.

    Args:
        version: as returned by `build_version`, with the rows it copied of each mart.
        as_of: the day that every summary must report up to.
        memory_limit: of DuckDB, such as "2GB"; its default otherwise.

    Raises:
        PublishError: it is not; the message lists what was found.
    """
    try:
        with opened_within(memory_limit, version.path / DATABASE_NAME, spill_to=version.path) as connection:
            problems = [
                *_cut_short(connection, version.path / DATABASE_NAME),
                *_wrong_marts(connection, version.path / "parquet", version.row_counts),
                *_other_days(connection, as_of),
                *_torn_sums(connection, version.path / "parquet", version.row_counts),
                *_wrong_pages(connection, version.path / REPORT_FOLDER),
            ]
    except duckdb.Error as error:
        problems = [f"it cannot be read: {error}"]
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise PublishError(
            f"a version is served only if it is complete; version {version.number} is not: "
            + "; ".join([*problems[:_SHOWN], *more])
            + ". Check the disk, then run again; the previous version is still served."
        )


def _cut_short(connection: duckdb.DuckDBPyConnection, database: Path) -> Iterator[str]:
    """DuckDB opens a truncated file, and counts its rows, until a missing block is read."""
    blocks = connection.execute("select block_size * total_blocks from pragma_database_size()").fetchall()
    size = database.stat().st_size
    if size < blocks[0][0]:
        yield f"{database.name} has {size:,} bytes, and {blocks[0][0]:,} in blocks by its own account"


def _wrong_marts(
    connection: duckdb.DuckDBPyConnection, parquet: Path, row_counts: Mapping[str, int]
) -> Iterator[str]:
    tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'")
    in_database = {name for (name,) in tables.fetchall()}
    in_parquet = {file.stem for file in parquet.iterdir()}
    for name in sorted(row_counts.keys() | in_database | in_parquet):
        sources = {"the warehouse": row_counts, DATABASE_NAME: in_database, "parquet/": in_parquet}
        missing = [source for source, known in sources.items() if name not in known]
        if missing:
            yield f"{name} is not in {' and '.join(missing)}"
            continue
        in_table = _count(connection, f'select count(*) from marts."{name}"')
        file = parquet / f"{name}.parquet"
        in_file = _count(connection, "select count(*) from read_parquet($file)", file=file)
        if not in_table == in_file == row_counts[name]:
            yield (
                f"{name} has {row_counts[name]:,} rows in the warehouse, {in_table:,} in {DATABASE_NAME}, "
                f"{in_file:,} in its Parquet file"
            )


def _other_days(connection: duckdb.DuckDBPyConnection, as_of: date) -> Iterator[str]:
    days = connection.execute("select distinct as_of from marts.credit_summary order by 1").fetchall()
    other = [str(day) for (day,) in days if day != as_of]
    if other:
        yield f"credit_summary is of {', '.join(other[:_SHOWN])}, this version of {as_of}"


def _torn_sums(
    connection: duckdb.DuckDBPyConnection, parquet: Path, row_counts: Mapping[str, int]
) -> Iterator[str]:
    for mart, (part, total, condition) in _PARTS.items():
        file = parquet / f"{mart}.parquet"
        if mart not in row_counts or not file.exists():
            continue  # a missing mart is already reported
        query = _TORN_SUMS.format(part=part, total=total, condition=condition)
        for workspace_id, period, expected, found in connection.execute(
            query, {"file": str(file)}
        ).fetchall():
            yield (
                f"workspace {workspace_id}, {period}: {found} {part} in {mart}.parquet, {expected} {total} "
                f"in credit_summary of {DATABASE_NAME}"
            )


def _wrong_pages(connection: duckdb.DuckDBPyConnection, pages: Path) -> Iterator[str]:
    found_ids = connection.execute("select distinct workspace_id from marts.credit_summary").fetchall()
    ids = [workspace_id for (workspace_id,) in found_ids]
    folding = ids_that_fold(ids)
    expected = {file_name(each, suffix=".html", folding=folding): each for each in ids}
    found = {page.name for page in pages.glob("*.html") if page.stat().st_size}
    for name in sorted(expected.keys() - found):
        yield f"workspace {expected[name]} has no page {REPORT_FOLDER}/{name}"
    for name in sorted(found - expected.keys()):
        yield f"{REPORT_FOLDER}/{name} is the page of no workspace"


def _count(connection: duckdb.DuckDBPyConnection, query: str, *, file: Path | None = None) -> int:
    row = connection.execute(query, {"file": str(file)} if file else None).fetchone()
    assert row is not None
    return int(row[0])
