"""Maps and types the first records of files as a run would, and counts what becomes of them.

Nothing is written; what is printed of it is in `trial_text`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.in_memory import in_memory
from orchestration.landing.contract import FEEDS
from orchestration.landing.rejects import Reject
from orchestration.landing.sources.connect.flat.value_shapes import as_number
from orchestration.landing.sources.connect.sampled_files import Sample, parsed_records, records_table
from orchestration.landing.sources.engine import map_records
from orchestration.landing.sources.language import Mapping
from orchestration.landing.sources.paths import read_path
from orchestration.landing.sources.rate_cards import RateCards
from orchestration.landing.typing.row_typer import RowTyper

_DAYS = ("occurred_at", "day", "starts_on", "updated_at")


@dataclass(frozen=True)
class Refusal:
    """A record that does not load: its file, its line and why."""

    file: str
    line: int
    reject: Reject


@dataclass(frozen=True)
class Trial:
    """What became of the first records.

    Attributes:
        records: how many were tried.
        is_whole: whether the files have no more.
        rows: by feed, how many rows load.
        refused: the records that do not load, by file and line.
        left_out: records that give no row by the mapping's own choice.
        repeated: records whose id is their content and occurrence.
        first, last: the first and last time of the rows.
        workspaces: the workspaces of the rows, that of most rows first.
        members: different members.
        credits: of all rows that load.
        rounded: by how much the mapping's `places` moved the total.
        emails: members that are e-mail addresses.
        same_ids: rows whose id an earlier row has, with other content.
        theirs: the column of the source that credits are made of, and its sum; None if it is not one column.
    """

    records: int
    is_whole: bool
    rows: dict[str, int]
    refused: tuple[Refusal, ...]
    left_out: int
    repeated: int
    first: datetime | None
    last: datetime | None
    workspaces: tuple[str, ...]
    members: int
    credits: Decimal
    rounded: Decimal
    emails: int
    same_ids: int
    theirs: tuple[str, Decimal] | None


def try_mapping(samples: Sequence[Sample], mapping: Mapping, *, cards: RateCards) -> Trial:
    """Map and type records, in memory."""
    lines = [(sample.name, line) for sample in samples for line in sample.lines]
    with in_memory() as connection:
        mapped = map_records(connection, mapping, records_table(samples, mapping.name), cards=cards)
        typed = {}
        refused = [Refusal(*lines[record], reject) for record, reject in mapped.rejected]
        for feed in mapped.feeds:
            typed[feed.feed], rejects = _typed(connection, feed.feed, feed.documents, mapping.name)
            refused += [Refusal(*lines[record], reject) for record, reject in rejects]
    refused += [Refusal(s.name, line.line_number, line.reject) for s in samples for line in s.rejected]
    order = {sample.name: place for place, sample in enumerate(samples)}
    events = typed.get("generation_events")
    first, last = _span(typed.values())
    members = set(filter(None, pc.unique(events["member_id"]).to_pylist())) if events else set()
    return Trial(
        records=len(lines) + sum(len(sample.rejected) for sample in samples),
        is_whole=all(sample.is_whole for sample in samples),
        rows={feed: rows.num_rows for feed, rows in typed.items() if rows.num_rows},
        refused=tuple(sorted(refused, key=lambda one: (order[one.file], one.line))),
        left_out=mapped.left_out,
        repeated=mapped.repeated,
        first=first,
        last=last,
        workspaces=_workspaces(typed.values()),
        members=len(members),
        credits=_credits(events) if events else Decimal(0),
        rounded=mapped.rounded,
        emails=sum("@" in member for member in members),
        same_ids=_same_ids(events) if events else 0,
        theirs=_their_total(samples, mapping),
    )


def _typed(
    connection: duckdb.DuckDBPyConnection, feed: str, documents: pa.Table, source: str
) -> tuple[pa.Table, list[tuple[int, Reject]]]:
    records = documents["record"].to_pylist()
    rows = RowTyper(connection, FEEDS[feed]).read(documents["document"])
    return rows.accepted, [(records[row.position], row.reject) for row in rows.rejected]


def _span(tables: Iterable[pa.Table]) -> tuple[datetime | None, datetime | None]:
    """The first and the last time of all rows that have one."""
    found: list[datetime] = []
    for rows in tables:
        name = next((name for name in _DAYS if name in rows.column_names), None)
        if name and rows.num_rows:
            span = pc.min_max(rows[name])
            found += [
                value for value in (span["min"].as_py(), span["max"].as_py()) if isinstance(value, datetime)
            ]
    return (min(found), max(found)) if found else (None, None)


def _credits(events: pa.Table) -> Decimal:
    """The credits of all events, each id once, by its newest row."""
    newest: dict[tuple[str, str], tuple[object, Decimal]] = {}
    for row in events.select(["source", "event_id", "revision", "recorded_at", "credits"]).to_pylist():
        key = (row["source"], row["event_id"])
        order = (row["revision"], str(row["recorded_at"] or ""))
        if key not in newest or order > newest[key][0]:  # type: ignore[operator]
            newest[key] = (order, row["credits"])
    return sum((credits for _, credits in newest.values()), Decimal(0))


def _their_total(samples: Sequence[Sample], mapping: Mapping) -> tuple[str, Decimal] | None:
    """The sum of the one column that credits are made of, taken from the records themselves."""
    feed = mapping.feeds.get("generation_events")
    if feed is None or len(feed.variants) > 1 or mapping.explode or feed.explode:
        return None
    value = feed.columns["credits"]
    rate = value.rate
    amounts = [value, None]
    if rate:
        amounts = [rate.of, rate.or_] if rate.of else [*(rate.tokens or {}).values(), None]
    *of_each, otherwise = [
        read_path(item.path).keys if item and item.path and item.path[0] not in "^@" else None
        for item in amounts
    ]
    decimal = value.decimal or mapping.reads.decimal
    totals: dict[str, Decimal] = {}
    for keys in filter(None, of_each):
        for record in (record for sample in samples for record in parsed_records(sample)):
            number = as_number(str(_at(record, keys)), decimal)
            if not number and otherwise:
                number = as_number(str(_at(record, otherwise)), decimal) or number
            if number is not None:
                totals[".".join(keys)] = totals.get(".".join(keys), Decimal(0)) + number
    return next(iter(totals.items())) if len(totals) == 1 else None


def _at(record: object, keys: Sequence[str]) -> object:
    for key in keys:
        if isinstance(record, str):
            try:
                record = json.loads(record, parse_float=str, parse_int=str)
            except (json.JSONDecodeError, RecursionError):
                return None
        record = record.get(key) if isinstance(record, dict) else None
    return record


def _workspaces(tables: Iterable[pa.Table]) -> tuple[str, ...]:
    found: Counter[str] = Counter()
    for rows in tables:
        if "workspace_id" in rows.column_names:
            found.update(filter(None, rows["workspace_id"].to_pylist()))
    return tuple(name for name, _ in found.most_common())


def _same_ids(events: pa.Table) -> int:
    """How many rows have the id of another one and other content, and none says that it is newer."""
    key = ["source", "event_id", "revision", "recorded_at"]
    rows = events.select([*key, "content_hash"]).group_by(key)
    counts = rows.aggregate([("content_hash", "count_distinct")])["content_hash_count_distinct"]
    return int(pc.sum(pc.subtract(counts, 1)).as_py() or 0)
