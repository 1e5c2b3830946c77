"""Erases people from the lake: finds members and everything the lake holds about them, and erases each cell.

What is built from the lake is not erased here: it is rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.in_memory import in_memory
from orchestration.lake.batch_writer import DELIVERIES, QUARANTINE, SOURCE_RECORDS
from orchestration.lake.erasure.forgotten_list import (
    ANY,
    BUDGETS,
    TOKEN_PREFIX,
    Forgotten,
    Person,
    erase,
    erase_rejects,
    erase_values,
)
from orchestration.lake.erasure.mentions import Mentions
from orchestration.lake.erasure.rewriting import rewrite_batch, settle_rewrites
from orchestration.lake.lake import Lake
from orchestration.landing.contract import FEEDS

_WITH_MEMBERS = (*(name for name, feed in FEEDS.items() if "member_id" in feed.names), BUDGETS)
_SOURCE = "read_parquet($files, union_by_name = true)"
_BUDGETS_BY_MEMBER = f"(select *, case when scope = 'member' then scope_id end as member_id from {_SOURCE})"
# names and e-mails are looked up in it, so it is erased last
_LAST = "members"
_TABLES = tuple(name for name in (*FEEDS, QUARANTINE, DELIVERIES) if name != _LAST)
# in a file without a header, the first line is read as column names
_RECORD_KEY = ("batch_id", "file_path", "line_number")
_FILE_REMARKS = ("unknown_columns", "reason")


@dataclass
class PersonalData:
    """What the lake holds about people.

    Attributes:
        people: workspace and member id of each; the workspace may be ANY.
        terms: their ids, names and e-mails.
        rows: count of their rows by feed.
        files: landing files that delivered them; some may still be in the landing directory.
    """

    people: set[Person] = field(default_factory=set)
    terms: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    @property
    def mentions(self) -> Mentions:
        """Matches texts that mention them."""
        return Mentions(self.terms)


def members_with_id(lake: Lake, member_id: str, workspace_id: str | None) -> set[Person]:
    """Members with that id, in one workspace or in all; empty if the lake has no row of theirs."""
    return {
        (workspace, member)
        for workspace, member in _people(lake)
        if member == member_id and workspace_id in (None, workspace)
    }


def forgotten_people(lake: Lake, forgotten: Forgotten) -> set[Person]:
    """People on the list whose id is still in some row."""
    return {person for person in _people(lake) if forgotten.token(person)} if forgotten else set()


def inactive_people(lake: Lake, *, since: datetime) -> set[Person]:
    """Members whose last generation was before the given instant, and who are not erased yet.

    Members without any generation stay: how long they have been inactive is unknown.
    """
    newest = _query(
        lake,
        "generation_events",
        "select workspace_id, member_id from {source} where member_id is not null group by all "
        f"having max(occurred_at) < timestamptz '{since.isoformat()}'",
    )
    people = {(workspace, member) for workspace, member in newest if not member.startswith(TOKEN_PREFIX)}
    if not people:
        return set()
    staying = {
        member for workspace, member in _people(lake) if workspace and (workspace, member) not in people
    }
    return people | {(ANY, member) for _, member in people if member not in staying}


def erase_old_rejects(lake: Lake, *, before: datetime) -> int:
    """Erase text and value of lines quarantined before the given instant; rule, remedy and count stay.

    Of a record of another system that its mapping refused, the whole content is erased.

    Returns:
        The number of batches that were rewritten.
    """
    settle_rewrites(lake.batches())
    refused = _old_refused_records(lake, before)

    def change(_: str, rows: pa.Table) -> pa.Table:
        has_content = pc.or_(pc.is_valid(rows["text"]), pc.is_valid(rows["value"]))
        return erase_values(rows, pc.and_(has_content, pc.less(rows["quarantined_at"], before)))

    def erase_records(_: str, rows: pa.Table) -> pa.Table:
        keys = zip(*(rows[name].to_pylist() for name in _RECORD_KEY), strict=True)
        is_refused = pa.array([key in refused for key in keys], pa.bool_())
        is_refused = pc.and_(is_refused, pc.is_valid(rows["record"]))
        if not pc.any(is_refused).as_py():
            return rows
        index = rows.schema.get_field_index("record")
        return rows.set_column(
            index, "record", pc.if_else(is_refused, pa.scalar(None, pa.string()), rows["record"])
        )

    count = 0
    for batch in lake.batches():
        written = rewrite_batch(batch, [QUARANTINE], change)
        if refused:
            written += rewrite_batch(batch, [SOURCE_RECORDS], erase_records)
        count += bool(written)
    if refused:
        lake.derived.remove()
    return count


def _old_refused_records(lake: Lake, before: datetime) -> set[tuple[int, str, int | None]]:
    """Batch, file and line of each record that its mapping refused, of batches loaded before the instant."""
    return {
        (row["batch_id"], row["file_path"], row["line_number"])
        for path in lake.derived.paths(QUARANTINE)
        for row in pq.read_table(path, columns=[*_RECORD_KEY, "text", "quarantined_at"]).to_pylist()
        if row["text"] is not None and row["quarantined_at"] < before
    }


def find_personal_data(lake: Lake, people: Iterable[Person]) -> PersonalData:
    """Find everything the lake holds about people."""
    found = PersonalData(people=set(people))
    found.terms = {member for _, member in found.people}
    members = pa.table(
        {
            "workspace_id": pa.array([workspace for workspace, _ in found.people], pa.string()),
            "member_id": pa.array([member for _, member in found.people], pa.string()),
        }
    )
    theirs = (
        "from {source} as feed where exists (select 1 from members where members.member_id = feed.member_id "
        f"and members.workspace_id = coalesce(feed.workspace_id, '{ANY}'))"
    )
    for feed in _WITH_MEMBERS:
        files = _query(lake, feed, f"select file_path, count(*) {theirs} group by file_path", members)
        found.files |= {name for name, _ in files}
        found.rows[feed] = sum(count for _, count in files)
    named = _query(lake, _LAST, f"select distinct name, email {theirs}", members)
    found.terms |= {text for row in named for text in row if text}
    return found


def erase_people(
    lake: Lake, forgotten: Forgotten, found: PersonalData, *, before_names: Callable[[], None]
) -> int:
    """Erase people from every batch; if the process dies nothing is lost, and another call completes it.

    Args:
        before_names: called while the members feed still has their names, to search for them elsewhere.

    Returns:
        The number of files that were rewritten.
    """
    settle_rewrites(lake.batches())
    mentions = found.mentions
    written = sum(
        len(rewrite_batch(batch, tables, _change(forgotten, mentions)))
        for batch, tables in ((batch, _TABLES) for batch in lake.batches())
    )
    before_names()
    written += sum(
        len(rewrite_batch(batch, [_LAST], _change(forgotten, mentions))) for batch in lake.batches()
    )
    return written


def count_mentions(lake: Lake, mentions: Mentions) -> int:
    """Count the quarantined lines that mention people."""
    return sum(
        int(pc.sum(_changed(rows, erase_rejects(rows, mentions.mask))).as_py() or 0)
        for path in (*lake.paths(QUARANTINE), *lake.derived.paths(QUARANTINE))
        for rows in [pq.read_table(path)]
        if rows.num_rows
    )


def _changed(before: pa.Table, after: pa.Table) -> pa.ChunkedArray:
    return pc.not_equal(before["reason"], after["reason"])


def _change(forgotten: Forgotten, mentions: Mentions) -> Callable[[str, pa.Table], pa.Table]:
    are_mentioned = mention_mask(mentions, forgotten)

    def change(table: str, rows: pa.Table) -> pa.Table:
        if table == QUARANTINE:
            return erase_rejects(rows, are_mentioned)
        if table == DELIVERIES:
            return _erase_remarks(rows, are_mentioned)
        return erase(table, rows, forgotten.token, mentions.mask)

    return change


def mention_mask(mentions: Mentions, forgotten: Forgotten) -> Callable[[pa.ChunkedArray], pa.ChunkedArray]:
    """Which texts mention people, also by the list: after a kill, their id may be in no row any more."""
    return lambda texts: pc.or_(mentions.mask(texts), forgotten.are_mentioned(texts))


def _erase_remarks(rows: pa.Table, are_mentioned: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> pa.Table:
    for name in _FILE_REMARKS:
        index = rows.schema.get_field_index(name)
        null = pa.scalar(None, rows.schema.field(index).type)
        remarks = pc.if_else(are_mentioned(rows[name]), null, rows[name])
        rows = rows.set_column(index, rows.schema.field(index), remarks)
    return rows


def _people(lake: Lake) -> set[Person]:
    return {
        person
        for feed in _WITH_MEMBERS
        for person in _query(
            lake,
            feed,
            f"select distinct coalesce(workspace_id, '{ANY}'), member_id from {{source}} "
            "where member_id is not null",
        )
    }


def _query(lake: Lake, feed: str, sql: str, members: pa.Table | None = None) -> Sequence[tuple]:
    # older rows that mappings made may be there as well; they name no one whom the newest do not
    files = [str(path) for path in (*lake.paths(feed), *lake.derived.paths(feed))]
    if not files:
        return []
    with in_memory(reads_files=True) as connection:
        if members is not None:
            connection.register("members", members)
        source = _BUDGETS_BY_MEMBER if feed == BUDGETS else _SOURCE
        return connection.execute(sql.format(source=source), {"files": files}).fetchall()


def landing_files_left(landing: Path, found: PersonalData) -> list[str]:
    """Files with their data that are still in the landing directory."""
    return sorted(name for name in found.files if (landing / name).is_file())
