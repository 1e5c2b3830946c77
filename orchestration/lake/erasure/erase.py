"""Forgetting people in the lake: who is meant, where they are, and every cell of theirs erased.

Whatever is built from the lake does not belong here: it is built anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.lake.batch_writer import DELIVERIES, QUARANTINE
from orchestration.lake.erasure.forgotten_list import (
    ANY,
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

_WITH_MEMBERS = tuple(name for name, feed in FEEDS.items() if "member_id" in feed.names)
# the names and e-mails of people are looked up in it, so it is the last to forget them
_LAST = "members"
_TABLES = tuple(name for name in (*FEEDS, QUARANTINE, DELIVERIES) if name != _LAST)
# of a file without a header, the first line is taken for names of columns
_TOLD_OF_FILES = ("unknown_columns", "reason")


@dataclass
class Found:
    """What the lake holds of people.

    Attributes:
        people: workspace and member id of each; the workspace may be ANY.
        terms: their ids, names and e-mails.
        rows: rows that are theirs, by feed.
        files: landing files that brought them, some of them perhaps still lying there.
    """

    people: set[Person] = field(default_factory=set)
    terms: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    @property
    def mentions(self) -> Mentions:
        """Finds them in texts."""
        return Mentions(self.terms)


def people_called(lake: Lake, member_id: str, workspace_id: str | None) -> set[Person]:
    """The members of that id, in the workspace or in all; empty if no row of the lake is theirs."""
    return {
        (workspace, member)
        for workspace, member in _people(lake)
        if member == member_id and workspace_id in (None, workspace)
    }


def forgotten_people(lake: Lake, forgotten: Forgotten) -> set[Person]:
    """Those on the list of whom some row still has the id."""
    return {person for person in _people(lake) if forgotten.token(person)} if forgotten else set()


def inactive_people(lake: Lake, *, since: datetime) -> set[Person]:
    """Members whose last generation was before the given instant, and who are not forgotten yet.

    Of members without any generation nobody knows how long they have made none: they stay.
    """
    newest = _query(
        lake,
        "generation_events",
        "select workspace_id, member_id from {source} group by all "
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

    Returns:
        The number of batches that had any.
    """
    settle_rewrites(lake.batches())

    def change(_: str, rows: pa.Table) -> pa.Table:
        is_told = pc.or_(pc.is_valid(rows["text"]), pc.is_valid(rows["value"]))
        return erase_values(rows, pc.and_(is_told, pc.less(rows["quarantined_at"], before)))

    return sum(bool(rewrite_batch(batch, [QUARANTINE], change)) for batch in lake.batches())


def look_up(lake: Lake, people: Iterable[Person]) -> Found:
    """What the lake holds of them."""
    found = Found(people=set(people))
    found.terms = {member for _, member in found.people}
    asked = pa.table(
        {
            "workspace_id": pa.array([workspace for workspace, _ in found.people], pa.string()),
            "member_id": pa.array([member for _, member in found.people], pa.string()),
        }
    )
    theirs = (
        "from {source} as feed where exists (select 1 from asked where asked.member_id = feed.member_id "
        f"and asked.workspace_id = coalesce(feed.workspace_id, '{ANY}'))"
    )
    for feed in _WITH_MEMBERS:
        files = _query(lake, feed, f"select file_path, count(*) {theirs} group by file_path", asked)
        found.files |= {name for name, _ in files}
        found.rows[feed] = sum(count for _, count in files)
    named = _query(lake, _LAST, f"select distinct name, email {theirs}", asked)
    found.terms |= {text for row in named for text in row if text}
    return found


def erase_people(lake: Lake, forgotten: Forgotten, found: Found, *, before_names: Callable[[], None]) -> int:
    """Erase them from every batch; nothing is lost if the process dies, and doing it again completes it.

    Args:
        before_names: called while the feed of members still tells their names, to look elsewhere for them.

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
    """Quarantined lines that mention them."""
    return sum(
        int(pc.sum(_changed(rows, erase_rejects(rows, mentions.mask))).as_py() or 0)
        for path in lake.paths(QUARANTINE)
        for rows in [pq.read_table(path)]
        if rows.num_rows
    )


def _changed(before: pa.Table, after: pa.Table) -> pa.ChunkedArray:
    return pc.not_equal(before["reason"], after["reason"])


def _change(forgotten: Forgotten, mentions: Mentions) -> Callable[[str, pa.Table], pa.Table]:
    are_mentioned = mentioned_by(mentions, forgotten)

    def change(table: str, rows: pa.Table) -> pa.Table:
        if table == QUARANTINE:
            return erase_rejects(rows, are_mentioned)
        if table == DELIVERIES:
            return _erase_remarks(rows, are_mentioned)
        return erase(table, rows, forgotten.token, mentions.mask)

    return change


def mentioned_by(mentions: Mentions, forgotten: Forgotten) -> Callable[[pa.ChunkedArray], pa.ChunkedArray]:
    """Which texts mention them: by the list, too, for after a kill the id may be in no row any more."""
    return lambda texts: pc.or_(mentions.mask(texts), forgotten.are_mentioned(texts))


def _erase_remarks(rows: pa.Table, are_mentioned: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> pa.Table:
    for name in _TOLD_OF_FILES:
        place = rows.schema.get_field_index(name)
        nothing = pa.scalar(None, rows.schema.field(place).type)
        told = pc.if_else(are_mentioned(rows[name]), nothing, rows[name])
        rows = rows.set_column(place, rows.schema.field(place), told)
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


def _query(lake: Lake, feed: str, sql: str, asked: pa.Table | None = None) -> Sequence[tuple]:
    files = [str(path) for path in lake.paths(feed)]
    if not files:
        return []
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        if asked is not None:
            connection.register("asked", asked)
        return connection.execute(sql.format(source="read_parquet($files)"), {"files": files}).fetchall()


def landing_files_left(landing: Path, found: Found) -> list[str]:
    """Files of theirs that still lie in the landing folder."""
    return sorted(name for name in found.files if (landing / name).is_file())
