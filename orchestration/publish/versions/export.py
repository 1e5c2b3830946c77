"""Copies the marts out of the working warehouse: one DuckDB file for BI tools, one Parquet file a mart.

What an earlier version has with the same content, a mart or most days of a long one, is not written again.
Not here: which version is current, or when files are synced (build.py); what tells contents apart
(contents.py); the pages (report/pages.py).
"""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.durable_files import hash_of, link_or_copy
from orchestration.publish.versions.contents import ROW_HASH, MartContent, contents_of
from orchestration.publish.versions.manifest import VersionManifest, is_as_published, read_manifest
from orchestration.publish.versions.parquet_parts import Part, join_parts

DATABASE_NAME = "credits.duckdb"
# the oldest clients that BI tools still ship
STORAGE_VERSION = "v1.2.0"
# a higher level costs half as much again, and makes no smaller files of these columns
PARQUET = "format parquet, compression zstd, compression_level 1"
# Rows are written in this order, so that the same marts give the same files. A mart not listed is ordered by
# all its columns.
MART_KEYS: dict[str, tuple[str, ...]] = {
    "budget_status": ("workspace_id", "budget_id", "period_start"),
    "chargeback_daily": (
        *("workspace_id", "usage_date", "booked_month", "is_correction", "lot_id"),
        *("team", "member_id", "product_category", "generation_type", "currency"),
    ),
    "chargeback_monthly": (
        *("workspace_id", "booked_month", "is_correction", "month"),
        *("team", "member_id", "product_category", "currency"),
    ),
    "credit_balance_daily": ("workspace_id", "usage_date"),
    "credit_lots": ("workspace_id", "lot_id"),
    "credit_summary": ("workspace_id", "period"),
    "data_quality": ("checked_at", "run_id", "layer", "asset", "check_name"),
    "depletion_forecast": ("workspace_id", "as_of"),
    "depletion_paths": ("workspace_id", "forecast_date"),
    "forecast_accuracy": ("workspace_id", "kind", "horizon_bucket"),
    "generation_details": ("workspace_id", "usage_date", "source", "event_id"),
    "lot_draws": ("workspace_id", "usage_date", "lot_id"),
    "model_registry": ("model", "version"),
    "period_changes": ("workspace_id", "period", "scope", "scope_id"),
    "purchases": ("workspace_id", "day", "entry_id"),
    "reconciliation": (
        *("source", "workspace_id", "model", "unit", "currency"),
        *("day", "last_day"),
    ),
    "ruleset_changes": ("workspace_id", "generation_type", "ruleset_id"),
    "template_changes": ("workspace_id", "generation_type", "template_id"),
    "unit_costs": ("workspace_id", "period", "scope", "scope_id", "currency"),
    "usage_by_category": ("workspace_id", "period", "product_category"),
    "usage_by_generation_type": ("workspace_id", "period", "generation_type"),
    "usage_by_member": ("workspace_id", "period", "member_id"),
    "usage_by_tag": ("workspace_id", "period", "tag_key", "tag_value"),
    "usage_by_team": ("workspace_id", "period", "team"),
    "usage_daily": ("workspace_id", "usage_date", "member_id", "product_category", "generation_type"),
    "usage_spikes": ("workspace_id", "usage_date", "scope"),
    "waste_by_reason": ("workspace_id", "period", "waste_reason"),
    "waste_suggestions": ("workspace_id", "suggestion_rank"),
}

# Long marts of which only the days that changed are written again: the column of the day, and the unit of the
# parts of their Parquet file. Of a window that moves every day, weeks: its first part always changes.
DATED_BY = dict.fromkeys(
    ("chargeback_daily", "credit_balance_daily", "lot_draws", "usage_daily"), ("usage_date", "month")
) | {"chargeback_monthly": ("booked_month", "month"), "generation_details": ("usage_date", "week")}
# marts whose texts differ from row to row: FSST makes these smaller; to try it elsewhere only takes time
OF_OWN_TEXTS = frozenset({"generation_details"})
# rows of a long mart that are sorted at a time, some hundreds of bytes each
ROWS_AT_ONCE = 1_000_000
# marts with totals over all workspaces under this id, which a workspace could have, too
MARTS_WITH_TOTALS = frozenset({"forecast_accuracy", "reconciliation"})
ALL_WORKSPACES = "(all)"


class PublishError(ValueError):
    """The working warehouse or the built version is not fit to be published."""


def export_marts(
    warehouse: Path,
    folder: Path,
    *,
    marts: Sequence[str] | None = None,
    required: Sequence[str] = (),
    before: Path | None = None,
    memory_limit: str | None = None,
) -> dict[str, MartContent]:
    """Copy marts into `folder`/credits.duckdb and `folder`/parquet/, with types and comments kept.

    Args:
        warehouse: the working DuckDB file; opened read-only, so nothing may hold it open for writing.
        folder: an existing folder without an earlier export.
        marts: the tables and views of schema `marts` to copy; all of them by default.
        required: marts without which nothing is published.
        before: a version whose files are used for the marts that it has with the same content; none of them
            is changed.
        memory_limit: of DuckDB, such as "2GB", above which it spills into `folder`; its default otherwise.

    Returns:
        The content of each mart.

    Raises:
        PublishError: a mart named in `marts` or `required` is missing.
    """
    with opened_within(memory_limit, warehouse, spill_to=folder) as connection:
        # marts join few rows to many, as they are written; DuckDB guesses the many to be few, and keeps them
        connection.execute("set disabled_optimizers = 'build_side_probe_side'")
        # a checkpoint would rewrite much of a long table for the few rows that were deleted of it
        connection.execute("set max_vacuum_tasks = 0")
        chosen = _chosen_marts(connection, marts=marts, required=required)
        contents = contents_of(
            connection,
            chosen,
            dated_by={name: day for name, (day, _) in DATED_BY.items()},
            written_as=(STORAGE_VERSION, PARQUET, MART_KEYS, DATED_BY),
        )
        known = _known_contents(before) if before else {}
        same = {name for name, content in contents.items() if known.get(name) == content}
        found = {name: content.changed_parts(known.get(name)) for name, content in contents.items()}
        changed = {name: days for name, days in found.items() if days is not None and name not in same}
        (folder / "parquet").mkdir()
        if before and (same or changed):
            is_sparse = _take_over(before, folder, contents, same=same, changed=changed.keys())
            if is_sparse:
                connection.execute("reset max_vacuum_tasks")
        spans = {name: _spans(name, contents[name]) for name in chosen if name in DATED_BY}
        others = [name for name in chosen if name not in same]
        write_marts(connection, folder, others, changed=changed, spans=spans)
    # after the other is closed, whose memory would add to this
    with opened_within(memory_limit, folder / DATABASE_NAME, spill_to=folder) as published:
        for name in sorted(DATED_BY.keys() & (contents.keys() - same)):
            kept = _kept_parts(before, name, known[name], changed[name]) if name in changed else {}
            _write_parts(published, name, contents[name], folder, kept=kept)
    return contents


@contextmanager
def opened_within(
    memory_limit: str | None, database: Path, *, spill_to: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database, to be read.

    Args:
        memory_limit: such as "2GB"; DuckDB's default otherwise.
        database: the file.
        spill_to: an existing folder, for what is above the limit; it is removed from there.
    """
    with TemporaryDirectory(dir=spill_to) as spill:
        config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": spill}
        if memory_limit is not None:
            config["memory_limit"] = memory_limit
        with duckdb.connect(str(database), read_only=True, config=config) as connection:
            yield connection


def _known_contents(version: Path) -> dict[str, MartContent]:
    """The contents of the marts of a version whose files can be used again.

    What is copied gets a hash of its own, so it is read in full first; a link keeps the hash it has.
    """
    manifest = read_manifest(version)
    if manifest is None or not _is_intact(version, DATABASE_NAME, manifest):
        return {}
    found = {}
    for name, content in manifest.marts.items():
        is_fit = _is_intact if name in DATED_BY else _is_unwritten
        if is_fit(version, f"parquet/{name}.parquet", manifest):
            found[name] = content
    return found


def _is_unwritten(version: Path, name: str, _: VersionManifest) -> bool:
    return is_as_published(version, name)


def _is_intact(version: Path, name: str, manifest: VersionManifest) -> bool:
    return is_as_published(version, name) and hash_of(version / name) == manifest.files.get(name)


def _take_over(
    before: Path,
    folder: Path,
    contents: Mapping[str, MartContent],
    *,
    same: Collection[str],
    changed: Collection[str],
) -> bool:
    """Begin with the files of an earlier version, without the marts that changed as a whole.

    Returns:
        Whether a quarter of the rows that some table stores are deleted ones.
    """
    for name in sorted(same):
        file = Path("parquet") / f"{name}.parquet"
        link_or_copy(before / file, folder / file)
    shutil.copyfile(before / DATABASE_NAME, folder / DATABASE_NAME)
    with duckdb.connect(str(folder / DATABASE_NAME)) as connection:
        # of a file just opened, the estimate counts all rows that are stored, deleted ones too
        tables = connection.execute(
            "select table_name, estimated_size from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
        for name, _ in tables:
            if name not in same and name not in changed:
                connection.execute(f"drop table marts.{_name(name)}")
    return any(name in changed and stored * 3 > contents[name].rows * 4 for name, stored in tables)


def write_marts(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    marts: Sequence[str],
    *,
    workspace_id: str | None = None,
    changed: Mapping[str, Collection[str]] | None = None,
    spans: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write marts of the connection's database to `folder`/credits.duckdb and `folder`/parquet/.

    Args:
        connection: to a database that is only read.
        folder: with a folder `parquet`; both without these marts.
        marts: tables and views of its schema `marts`.
        workspace_id: write only the rows of this workspace; all marts must have them. All rows by default.
        changed: the days whose rows may be others, of marts that are there.
        spans: SQL conditions on days, of long marts: their rows are sorted and written span after span.
    """
    # an incomplete file is never used, so it needs no log to recover from
    options = f"read_write, storage_version '{STORAGE_VERSION}', recovery_mode no_wal_writes"
    if workspace_id is not None:
        options += ", block_size 16384"  # one workspace has few rows: small blocks keep its file small
    changed = changed or {}
    comments = _comments(connection, set(marts) - changed.keys())
    connection.execute(f"attach {_text(str(folder / DATABASE_NAME))} as published ({options})")
    connection.execute("create schema if not exists published.marts")
    # one transaction: each that is large would end with a checkpoint
    connection.execute("begin")
    for name in marts:
        if name in changed:
            _set_compression(connection, name)
            _update_mart(connection, name, changed[name])
        else:
            conditions = (spans or {}).get(name, ["true"])
            _copy_mart(connection, name, folder=folder, workspace_id=workspace_id, spans=conditions)
    connection.execute(f"commit; begin; {comments} commit")
    connection.execute("checkpoint published")
    connection.execute("detach published")


def _chosen_marts(
    connection: duckdb.DuckDBPyConnection, *, marts: Sequence[str] | None, required: Sequence[str]
) -> list[str]:
    tables = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = current_database() and table_schema = 'marts' order by table_name"
    ).fetchall()
    known = [name for (name,) in tables]
    chosen = known if marts is None else sorted(set(marts))
    missing = sorted({*chosen, *required} - (set(known) & set(chosen)))
    if missing:
        raise PublishError(
            "every mart to publish must be in schema marts of the warehouse;"
            f" missing: {', '.join(missing)}; there: {', '.join(known) or 'none'}."
            " Build the marts, then publish again."
        )
    return chosen


def _copy_mart(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    *,
    folder: Path,
    workspace_id: str | None,
    spans: Sequence[str],
) -> None:
    mart = _name(name)
    _set_compression(connection, name)
    condition, parameters = "true", {}
    if workspace_id is not None:
        # an id is a parameter, never part of the SQL
        condition, parameters = _workspace_condition(name), {"workspace_id": workspace_id}
    connection.execute(f"create table published.marts.{mart} as from marts.{mart} with no data")
    for span in spans:
        rows = f"select * from marts.{mart} where {condition} and {span} order by {_order(name)}"
        connection.execute(f"insert into published.marts.{mart} {rows}", parameters)
    if name not in DATED_BY or workspace_id is not None:
        parquet = _text(str(folder / "parquet" / f"{name}.parquet"))
        connection.execute(f"copy published.marts.{mart} to {parquet} ({PARQUET})")


def _set_compression(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(f"set disabled_compression_methods = '{'' if name in OF_OWN_TEXTS else 'fsst'}'")


def _update_mart(connection: duckdb.DuckDBPyConnection, name: str, days: Collection[str]) -> None:
    """Replace those rows of some days that are others, and no more: DuckDB rewrites what lies around."""
    mart = f"marts.{_name(name)}"
    connection.execute(
        f"create or replace temp table known as select rowid as row_number, {ROW_HASH} as row_hash"
        f" from published.{mart} as mart where {_is_on(name, days)}"
    )
    connection.execute(
        f"create or replace temp table found as select {ROW_HASH} as row_hash, *"
        f" from {mart} as mart where {_is_on(name, days)}"
    )
    connection.execute(
        f"delete from published.{mart} where rowid in"
        " (select row_number from known where row_hash not in (select row_hash from found))"
    )
    connection.execute(
        f"insert into published.{mart} select * exclude (row_hash) from found"
        f" where row_hash not in (select row_hash from known) order by {_order(name)}"
    )
    connection.execute("drop table known; drop table found")


def _days_by_part(name: str, days: Iterable[str]) -> dict[str, list[str]]:
    """The days of each part of a mart's Parquet file, by the first day of the part, in order."""
    _, unit = DATED_BY[name]
    parts: dict[str, list[str]] = {}
    for day in sorted(days):
        on = date.fromisoformat(day)
        first = on.replace(day=1) if unit == "month" else on - timedelta(days=on.weekday())
        parts.setdefault(str(first), []).append(day)
    return parts


def _spans(name: str, content: MartContent) -> list[str]:
    """SQL conditions, each on some parts: more rows than the memory holds would be sorted on disk."""
    day, _ = DATED_BY[name]
    spans: list[list[str]] = [[]]
    rows = 0  # of the last span
    for days in _days_by_part(name, content.parts).values():
        if rows > ROWS_AT_ONCE:
            spans.append([])
            rows = 0
        spans[-1] += days
        rows += sum(map(content.rows_of, days))
    return [f"{day} between date '{days[0]}' and date '{days[-1]}'" if days else "false" for days in spans]


def _kept_parts(
    version: Path | None, name: str, content: MartContent, changed: Collection[str]
) -> dict[str, Part]:
    """The parts of a mart of an earlier version that did not change, where they are in its Parquet file."""
    kept, after = {}, 0
    changed_parts = _days_by_part(name, changed)
    for part, days in _days_by_part(name, content.parts).items():
        rows = sum(map(content.rows_of, days))
        if version and part not in changed_parts:
            kept[part] = Part(version / "parquet" / f"{name}.parquet", rows, after=after)
        after += rows
    return kept


def _write_parts(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    content: MartContent,
    folder: Path,
    *,
    kept: Mapping[str, Part],
) -> None:
    """Write the Parquet file of a mart, part by part; those of an earlier version are copied as they are."""
    parts: list[Part] = []
    with TemporaryDirectory(dir=folder) as written:
        for part, days in (_days_by_part(name, content.parts) or {"": []}).items():
            if part in kept:
                parts.append(kept[part])
                continue
            parts.append(Part(Path(written) / f"{part or 'none'}.parquet"))
            # sorted even if the table is: without it, row groups end where those of the table do
            connection.execute(
                f"copy (select * from marts.{_name(name)} where {_is_on(name, days)} order by {_keys(name)})"
                f" to {_text(str(parts[-1].path))} ({PARQUET})"
            )
        join_parts(parts, folder / "parquet" / f"{name}.parquet")


def _is_on(name: str, days: Collection[str]) -> str:
    """SQL: whether a row is of one of some days."""
    day, _ = DATED_BY[name]
    dates = [f"date '{each}'" for each in sorted(days)]
    # the borders alone let DuckDB leave out what is before and after
    return f"{day} between {dates[0]} and {dates[-1]} and {day} in ({', '.join(dates)})" if dates else "false"


def _order(name: str) -> str:
    """SQL: the order of a mart's rows in credits.duckdb."""
    parts = "date_trunc('{1}', {0}), ".format(*DATED_BY[name]) if name in DATED_BY else ""
    return f"{parts}{_keys(name)}"


def _keys(name: str) -> str:
    return ", ".join(_name(key) for key in MART_KEYS.get(name, ())) or "all"


def _workspace_condition(mart: str) -> str:
    without_totals = f" and workspace_id <> {_text(ALL_WORKSPACES)}" if mart in MARTS_WITH_TOTALS else ""
    return f"workspace_id = $workspace_id{without_totals}"


def _comments(connection: duckdb.DuckDBPyConnection, marts: Collection[str]) -> str:
    """The statements that copy the comments of the marts and their columns to the published ones."""
    commented = "database_name = current_database() and schema_name = 'marts' and comment is not null"
    comments = connection.execute(
        f"select table_name, null, comment from duckdb_tables() where {commented} union all "
        f"select view_name, null, comment from duckdb_views() where {commented} union all "
        f"select table_name, column_name, comment from duckdb_columns() where {commented}"
    ).fetchall()
    return "".join(
        f"comment on table published.marts.{_name(mart)} is {_text(comment)};"
        if column is None
        else f"comment on column published.marts.{_name(mart)}.{_name(column)} is {_text(comment)};"
        for mart, column, comment in comments
        if mart in marts
    )


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(literal: str) -> str:
    return "'" + literal.replace("'", "''") + "'"
