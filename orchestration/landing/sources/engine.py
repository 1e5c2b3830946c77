"""Maps source records to documents of the contract's feeds, by a mapping and rate cards.

No files and no clock; the connection is only an engine. The documents are typed by `RowTyper` like any other.
"""

from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.landing.contract import ATTRIBUTES
from orchestration.landing.rejects import Reject, excerpt
from orchestration.landing.sources.amounts import calculate
from orchestration.landing.sources.feed_query import Fault, FeedQuery, feed_query
from orchestration.landing.sources.language import FeedMapping, Mapping
from orchestration.landing.sources.rate_cards import RateCards
from orchestration.landing.sources.record_steps import RecordSteps, quoted
from orchestration.landing.sources.sums import added_up
from orchestration.landing.typing.json_text import JsonRejected, parse_json

# part of the fingerprint of derived rows: raise it when the same mapping gives other rows
ENGINE_VERSION = 1

_TRAILING_COMMA = r",\s*[}\]]"


@dataclass(frozen=True)
class MappedFeed:
    """The documents of one feed.

    Attributes:
        documents: `record` (the position of the record it came from) and `document` (the JSON text of one
            row), in the order of the records.
    """

    feed: str
    documents: pa.Table


@dataclass(frozen=True)
class Mapped:
    """What became of records.

    Attributes:
        feeds: the documents, in the order of the mapping's feeds.
        left_out: how many records gave no document since `files`, `where` or `explode` left them out.
        rejected: the position of each record that cannot be mapped, and why; such a record gives no document.
        rounded: by how much `places` moved the total.
        repeated: how many records got an id of their content and occurrence.
    """

    feeds: list[MappedFeed]
    left_out: int
    rejected: list[tuple[int, Reject]]
    rounded: Decimal
    repeated: int


def map_records(
    connection: duckdb.DuckDBPyConnection,
    mapping: Mapping,
    records: pa.Table,
    *,
    cards: RateCards,
    joined: pa.Table | None = None,
) -> Mapped:
    """Map records to documents.

    Args:
        connection: a DuckDB connection of its own; the session is set to UTC.
        mapping: how.
        records: `record` (JSON text), `occurrence` (int64) and `file_path` (from the landing directory).
        cards: the rate cards.
        joined: `record` and `file_path` of what the mapping's joins look into; by default `records`.
    """
    connection.execute("set TimeZone = 'UTC'")
    rejected: dict[int, Reject] = {}
    given = _readable(connection, records, rejected)
    others = given if joined is None else _readable(connection, joined, {})
    found: dict[str, list[tuple[FeedQuery, pa.Table]]] = {}
    rounded = Decimal(0)
    fell_back: set[int] = set()
    with _registered(connection, given=given, joined=others):
        _refuse(connection, mapping, rejected)
        for name, feed in mapping.all_feeds.items():
            for variant in feed.variants:
                query = feed_query(mapping, name, variant)
                # neither joins nor DuckDB's threads keep the order
                order = [(column, "ascending") for column in ("position", *query.ordinals)]
                rows = connection.sql(query.sql).to_arrow_table().sort_by(order)
                fell_back.update(pc.unique(rows["position"].filter(rows["fell_back"])).to_pylist())
                rows, moved = _fill(query, rows, cards, rejected)
                rounded += moved
                found.setdefault(name, []).append((query, rows))
    feeds = []
    for name, variants in found.items():
        kept = [(query, _without(rows, rejected)) for query, rows in variants]
        if mapping.totals and name == "provider_totals":
            kept = [(query, added_up(query, rows, records["file_path"])) for query, rows in kept]
        tables = [_documents(connection, query, rows) for query, rows in kept]
        feeds.append(MappedFeed(name, pa.concat_tables(tables).sort_by("record")))
    mapped = set().union(*(pc.unique(feed.documents["record"]).to_pylist() for feed in feeds))
    return Mapped(
        feeds,
        records.num_rows - len(mapped) - len(rejected),
        sorted(rejected.items()),
        rounded,
        len(fell_back - rejected.keys()),
    )


def _refuse(connection: duckdb.DuckDBPyConnection, mapping: Mapping, rejected: dict[int, Reject]) -> None:
    """Reject the records that the mapping refuses by name."""
    for refusal in mapping.refuse:
        steps = RecordSteps(mapping, FeedMapping(columns={}), is_filtered=False)
        steps.filter(refusal.where)
        found = connection.sql(steps.select("distinct position, record")).to_arrow_table()
        for row in found.sort_by("position").to_pylist():
            reject = Reject("mapping.refuse", None, excerpt(row["record"]), refusal.reason, refusal.remedy)
            rejected.setdefault(row["position"], reject)


def _readable(
    connection: duckdb.DuckDBPyConnection, records: pa.Table, rejected: dict[int, Reject]
) -> pa.Table:
    """The records that are JSON, with their `position`; the others are rejected."""
    positions = pa.chunked_array([np.arange(records.num_rows)], pa.int64())
    numbered = records.append_column("position", positions)
    is_json = f"json_valid(record) and not regexp_matches(record, {quoted(_TRAILING_COMMA)})"
    with _registered(connection, numbered=numbered):
        query = f"select position, record from numbered where not coalesce({is_json}, false)"
        unsure = connection.sql(query).to_arrow_table().to_pylist()
    found: dict[int, Reject] = {}
    for row in unsure:
        try:
            parse_json(row["record"] or "")
        except JsonRejected as error:
            found[row["position"]] = error.reject
    rejected |= found
    return _without(numbered, found)


def _without(rows: pa.Table, rejected: Container[int]) -> pa.Table:
    if not rejected:
        return rows
    return rows.filter(pc.invert(pc.is_in(rows["position"], pa.array(rejected, pa.int64()))))


def _fill(
    query: FeedQuery, rows: pa.Table, cards: RateCards, rejected: dict[int, Reject]
) -> tuple[pa.Table, Decimal]:
    """The rows with their amounts, and by how much rounding moved them; unreadable records are rejected."""
    positions = rows["position"].to_pylist()
    for fault in query.faults:
        found = rows[fault.found]
        if found.null_count < len(found):
            for position, text in zip(positions, found.to_pylist(), strict=True):
                if text is not None:
                    rejected.setdefault(position, _unreadable(fault, text))
    moved = Decimal(0)
    for amount in query.amounts:
        calculated = calculate(amount, rows, cards)
        for row, reject in calculated.rejected.items():
            rejected.setdefault(positions[row], reject)
        moved += calculated.rounded
        rows = rows.append_column(f"={amount.column}", calculated.texts)
    return rows, moved


def _documents(connection: duckdb.DuckDBPyConnection, query: FeedQuery, rows: pa.Table) -> pa.Table:
    """The JSON texts of rows."""
    members = [f"'{name}', \"{name}\"" for name in query.columns]
    members += [f"'{amount.column}', \"={amount.column}\"" for amount in query.amounts]
    listed = ", ".join(members)
    with _registered(connection, mapped_rows=rows):
        return connection.sql(
            f"select position as record, case when {ATTRIBUTES} is null then json_object({listed}) "
            f"else json_object({listed}, '{ATTRIBUTES}', {ATTRIBUTES}::json) end::varchar as document "
            "from mapped_rows"
        ).to_arrow_table()


def _unreadable(fault: Fault, text: str) -> Reject:
    if fault.column is None:
        reason = f"a text that begins like JSON cannot be read as JSON; found {excerpt(text)}"
        return Reject(
            "mapping.parse",
            None,
            excerpt(text),
            reason,
            "Deliver the whole text, or take its path out of parse.",
        )
    wanted = "must be written with the declared decimal and thousands characters"
    reason = f"{fault.column} {wanted}; found {excerpt(text)}"
    return Reject(
        "mapping.number",
        fault.column,
        excerpt(text),
        reason,
        "Correct decimal or thousands in the mapping, or the number.",
    )


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, **tables: pa.Table) -> Iterator[None]:
    for name, table in tables.items():
        connection.register(name, table)
    try:
        yield
    finally:
        for name in tables:
            connection.unregister(name)
