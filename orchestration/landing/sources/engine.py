"""Maps source records to documents of the contract's feeds, by a mapping and rate cards.

No files and no clock; the connection is only an engine. The documents are typed by `RowTyper` like any other.
"""

import re
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
from orchestration.landing.sources.mapping import Mapping
from orchestration.landing.sources.rate_cards import RateCards
from orchestration.landing.sources.record_steps import exact_json_sql, quoted
from orchestration.landing.typing.json_text import JsonRejected, parse_json

# part of the fingerprint of derived rows: raise it when the same mapping gives other rows
ENGINE_VERSION = 1

_TRAILING_COMMA = r",\s*[}\]]"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*', re.DOTALL)
_LONG = 16


@dataclass(frozen=True)
class MappedFeed:
    """The documents of one feed.

    Attributes:
        documents: `record` (the position of the record it came from) and `document` (the JSON text of one row),
            in the order of the records.
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
        joined: `record` and `file_path` of the records that the mapping's joins look into; by default `records`.
    """
    connection.execute("set TimeZone = 'UTC'")
    _create_quote_numbers(connection)
    rejected: dict[int, Reject] = {}
    given = _opened(connection, records, rejected)
    others = given if joined is None else _opened(connection, joined, {})
    feeds: list[MappedFeed] = []
    rounded = Decimal(0)
    fell_back: set[int] = set()
    connection.register("given", given)
    connection.register("joined", others)
    try:
        found = {}
        for name in mapping.all_feeds:
            query = feed_query(mapping, name)
            rows = connection.sql(query.sql).to_arrow_table().sort_by("position")
            moved = _fill(query, rows, cards, rejected)
            found[name] = (query, *moved)
            fell_back.update(pc.unique(rows["position"].filter(rows["fell_back"])).to_pylist())
    finally:
        connection.unregister("given")
        connection.unregister("joined")
    for name, (query, rows, moved) in found.items():
        rounded += moved
        feeds.append(MappedFeed(name, _documents(connection, query, rows, rejected)))
    mapped = set().union(*(pc.unique(feed.documents["record"]).to_pylist() for feed in feeds))
    return Mapped(
        feeds,
        records.num_rows - len(mapped) - len(rejected),
        sorted(rejected.items()),
        rounded,
        len(fell_back - rejected.keys()),
    )


def _opened(
    connection: duckdb.DuckDBPyConnection, records: pa.Table, rejected: dict[int, Reject]
) -> pa.Table:
    """The records that are JSON, with a JSON text in which long numbers are texts."""
    positions = pa.chunked_array([np.arange(records.num_rows)], pa.int64())
    numbered = records.append_column("position", positions)
    connection.register("numbered", numbered)
    try:
        opened = connection.sql(f"""
            select position, record as text, {"occurrence" if "occurrence" in records.column_names else "0"} as occurrence,
                file_path, case when json_valid(record) then {exact_json_sql("record")} end as plain,
                coalesce(json_valid(record) and not regexp_matches(record, {quoted(_TRAILING_COMMA)}), false) as is_json
            from numbered
        """).to_arrow_table()
    finally:
        connection.unregister("numbered")
    for row in opened.filter(pc.invert(opened["is_json"])).select(["position", "text"]).to_pylist():
        try:
            parse_json(row["text"] or "")
        except JsonRejected as error:
            rejected[row["position"]] = error.reject
    if not rejected:
        return opened
    return opened.filter(pc.invert(pc.is_in(opened["position"], pa.array(rejected, pa.int64()))))


def _fill(
    query: FeedQuery, rows: pa.Table, cards: RateCards, rejected: dict[int, Reject]
) -> tuple[pa.Table, Decimal]:
    """The rows with their amounts, and by how much rounding moved them; unreadable records are rejected."""
    positions = rows["position"].to_pylist()
    for fault in query.faults:
        found = rows[fault.found]
        for row in np.flatnonzero(pc.is_valid(found).to_numpy()):
            rejected.setdefault(positions[row], _unreadable(fault, found[int(row)].as_py()))
    moved = Decimal(0)
    for amount in query.amounts:
        calculated = calculate(amount, rows, cards)
        for row, reject in calculated.rejected.items():
            rejected.setdefault(positions[row], reject)
        moved += calculated.rounded
        rows = rows.append_column(f"={amount.column}", pa.array(calculated.texts, pa.string()))
    return rows, moved


def _documents(
    connection: duckdb.DuckDBPyConnection, query: FeedQuery, rows: pa.Table, rejected: dict[int, Reject]
) -> pa.Table:
    """The JSON texts of rows whose record is not rejected."""
    if rejected:
        rows = rows.filter(pc.invert(pc.is_in(rows["position"], pa.array(rejected, pa.int64()))))
    members = [f"'{name}', \"{name}\"" for name in query.columns]
    members += [f"'{amount.column}', \"={amount.column}\"" for amount in query.amounts]
    listed = ", ".join(members)
    connection.register("mapped_rows", rows)
    try:
        documents = connection.sql(
            f"select position as record, case when {ATTRIBUTES} is null then json_object({listed}) "
            f"else json_object({listed}, '{ATTRIBUTES}', {ATTRIBUTES}::json) end::varchar as document "
            "from mapped_rows"
        ).to_arrow_table()
    finally:
        connection.unregister("mapped_rows")
    return documents


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
    reason = f"{fault.column} is not written with the declared decimal and thousands characters; found {excerpt(text)}"
    return Reject(
        "mapping.number",
        fault.column,
        excerpt(text),
        reason,
        "Correct decimal or thousands in the mapping, or the number.",
    )


def quote_numbers(text: str) -> str:
    """JSON text in which numbers of 16 characters or more are texts."""

    def token(match: re.Match[str]) -> str:
        found = match.group()
        return f'"{found}"' if len(found) >= _LONG and found[0] != '"' else found

    return _TOKEN.sub(token, text)


def _create_quote_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    known = connection.execute(
        "select 1 from duckdb_functions() where function_name = 'quote_numbers'"
    ).fetchone()
    if not known:
        connection.create_function("quote_numbers", quote_numbers, ["VARCHAR"], "VARCHAR")
