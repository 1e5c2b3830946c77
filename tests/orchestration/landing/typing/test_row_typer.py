"""The fast reader and the exact one agree: what the fast one accepts is accepted exactly, value for value.

Not here: each rule of the contract (test_exact_rows).
"""

import hashlib
import json
import random
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestration.landing.contract import FEEDS, Column, Feed
from orchestration.landing.typing.exact_rows import RowRejected, read_row
from orchestration.landing.typing.row_typer import RowTyper

EVENT = {
    "event_id": "e1",
    "occurred_at": "2026-04-07T09:30:00Z",
    "workspace_id": "w1",
    "member_id": "m1",
    "product_id": "p1",
    "generation_type": "description",
    "credits": "1.5",
}


def column_of(documents: list[str]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(documents, pa.string())])


@pytest.fixture(scope="module")
def typers() -> Iterator[dict[str, RowTyper]]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield {name: RowTyper(connection, feed) for name, feed in FEEDS.items()}


NUMBERS = st.one_of(
    st.from_regex(r"\A-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?\Z"),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.floats(0, 1).map(repr),
    st.sampled_from(
        ["-0", "0", "-0.0", "1.0", "638.0", "1.5000000", "0.1234567", "999999999999.999999", "007"]
    ),
    st.sampled_from(["1e3", "1E-7", "+1", ".5", "1.", "1,5", " 1", "NaN", "Infinity", "1e400", "0x10", "١"]),
    st.sampled_from(["9223372036854775807", "9223372036854775808", "0.000000000000000005", "1" * 30]),
)
INSTANTS = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.from_regex(
        r"\A(1899|1900|19[0-9]{2}|20[0-9]{2}|2199|2200|9999|0000)-[01][0-9]-[0-3][0-9][Tt ]"
        r"[0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,12})?)?"
        r"([Zz]| ?UTC| ?[+-][0-2][0-9](:?[0-6][0-9])?|)\Z"
    ),
    st.sampled_from(["2025-07-5T00:00:00Z", "2026-02-30T00:00:00Z", "1775554200", "2026-12-31T23:59:60Z"]),
)
TEXTS = st.text(max_size=8) | st.sampled_from(
    ["succeeded", "Succeeded", "purchase", "void", "UTC", "a\0b", "", "-", "None", "n/A"]
)
NESTED = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
JSON_VALUES = st.one_of(
    NUMBERS,
    st.builds(json.dumps, NUMBERS | INSTANTS | TEXTS, ensure_ascii=st.booleans()),
    NESTED.map(json.dumps),
    st.sampled_from(['"\\ud800"', "", "{,}", "[1,]", '{"a":1,"a":2}', "-0.5", "0.10", "nan", "'x'"]),
)


TRAP_TEXTS = (
    *("1.50000000000000001", "0.1000000000000000055", "12345678901234567", "123456789012345678901234567890"),
    *("1.5000000", "0.1234567", "0.0000001", "999999999999.999999", "1000000000000", "0.1234567890123"),
    *("-0", "-0.0", "0", "007", "1.0", "638.0", "638.5", "-1", "-1.5", "1e3", "1E-7", "1e400", "1" * 30),
    *("+1", ".5", "1.", "1,5", " 1", "NaN", "nan", "Infinity", "-inf", "0x10", "1_000", "\u0661"),
    *("9223372036854775807", "9223372036854775808", "0.000000000000000005", "1.000000000000000000001"),
    *("2026-04-07T09:30:00Z", "2026-04-07t09:30:00.9999999z", "2026-04-07 09:30:00-00:00", "2026-04-07"),
    *("2026-04-07T09:30:00", "2026-04-07T09:30:00+02", "2026-04-07T09:30:00+0200", "2026-4-7T09:30:00Z"),
    *("2026-02-29T00:00:00Z", "2026-04-07T24:00:00Z", "2026-12-31T23:59:60Z", "2026-04-07T09:30:00+24:00"),
    *(
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+01:00",
        "0000-01-01T00:00:00Z",
    ),
    *(
        "2026-04-07 09:30:00.12345+00",
        "2026-04-07 09:30:00 UTC",
        "2026-04-07T09:30:00UTC",
        "2026-04-07T09:30-07",
    ),
    *(
        "2000-01-01T00:00:00+05:00",
        "2000-01-01T00:00:00Z",
        "1999-12-31T23:59:59-01:00",
        "1970-01-01T00:00:00Z",
    ),
    *("0.30000000000000004", "-5.5e-17", "1.000000001", "0.00022500000000000002", "999999999999.9999999999"),
    *("1900-01-01T00:00:00.0000019+23:59", "1969-12-31T23:59:59.9999999Z", "2199-12-31T23:59:59.5-23:59"),
    *(
        "1775554200",
        "",
        " ",
        "true",
        "null",
        "Succeeded",
        "succeeded",
        "void",
        "Mars/Base",
        "Europe/Berlin",
        "utc",
    ),
    *("-", "none", "NONE", "N/a", "nulls"),
    *("a\0b", "\u2028", "é\U0001f600", "'; drop table", "{{ x }}", "[1]", '{"a":1}', 'a"b', "x" * 500),
)
TRAPS = (
    *(json.dumps(text) for text in TRAP_TEXTS),
    *(json.dumps(text, ensure_ascii=False) for text in TRAP_TEXTS),
    *(text for text in TRAP_TEXTS if text and "\0" not in text),
    *(
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        "[]",
        "{}",
        "[1,2,]",
        '{"a":1,"a":2}',
        '{"a":1,}',
        "truE",
        "01",
        "1 2",
    ),
)


def usual(column: Column, draw: random.Random) -> str:
    """A value that meets the contract."""
    if column.kind in ("text", "timezone"):
        return json.dumps(draw.choice(column.accepted or ("UTC",)))
    if column.kind == "instant":
        fraction, offset = (
            draw.choice(["", ".5", ".123456", ".1234567"]),
            draw.choice(["Z", "+05:30", "-08:00"]),
        )
        return f'"2026-04-0{draw.randint(1, 9)}T09:30:{draw.randint(10, 59)}{fraction}{offset}"'
    number = draw.choice(["1", "0.5", "1.0", "0.123456", "0.25000000"])
    return draw.choice([number, f'"{number}"'])


def near_the_contract(feed: Feed, pool: list[str], draw: random.Random) -> str:
    """JSON text of a valid row, in which sometimes a value, a key or the end is invalid."""
    members = []
    for column in feed.columns:
        if column.required or draw.random() < 0.5:
            value = draw.choice(pool) if draw.random() < 0.08 else usual(column, draw)
            members.append(f'"{column.name}"{draw.choice([":", ": ", " :  "])}{value}')
    if draw.random() < 0.2:
        name = draw.choice(["attributes", "new", "", feed.columns[0].name, "\\u006eew", "a\\u0000"])
        members.append(f'"{name}":{draw.choice(pool)}')
    draw.shuffle(members)
    text = "{" + draw.choice([",", ", "]).join(members) + "}"
    return draw.choice(
        [text] * 20 + [text[:-1], text[:-1] + ",}", text + " ", text + "x", f"[{text}]", "1", "null"]
    )


def assert_fast_is_exact(typer: RowTyper, feed: Feed, documents: list[str]) -> None:
    scanned = typer._scan(column_of(documents))
    for fast in scanned.filter(scanned["is_good"]).to_pylist():
        document = documents[fast["position"]]
        try:
            exact = read_row(feed, document, timezones=typer._timezones)
        except RowRejected as error:
            # Extras are read in Python on both ways, so there the SQL need not decide.
            assert fast["has_extras"], (document, error.reject)
            continue
        assert {column: fast[column] for column in feed.names} == exact.values, document
        assert fast["has_extras"] or (exact.attributes, exact.unknown) == (None, ()), document


# Without shrinking: a failure names its document.
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.reuse, Phase.generate],
)
@given(
    name=st.sampled_from(list(FEEDS)),
    pool=st.lists(JSON_VALUES, min_size=10, max_size=30),
    seed=st.integers(),
)
def test_what_the_fast_reader_accepts_the_exact_one_accepts_with_the_same_values(
    typers: dict[str, RowTyper], name: str, pool: list[str], seed: int
) -> None:
    feed, typer, draw = FEEDS[name], typers[name], random.Random(seed)
    storable = [text.encode("utf-8", "replace").decode() for text in pool]
    documents = [near_the_contract(feed, storable, draw) for _ in range(100)]
    assert_fast_is_exact(typer, feed, documents)
    typed = typer.read(column_of(documents))
    positions = typed.accepted["position"].to_pylist() + [row.position for row in typed.rejected]
    assert sorted(positions) == list(range(len(documents)))


@pytest.mark.parametrize("name", list(FEEDS))
def test_both_readers_agree_on_every_known_trap_in_every_column(
    typers: dict[str, RowTyper], name: str
) -> None:
    feed, draw = FEEDS[name], random.Random(1)
    documents = []
    for tried in feed.columns:
        for trap in TRAPS:
            members = [
                f'"{column.name}": {trap if column is tried else usual(column, draw)}'
                for column in feed.columns
                if column.required or column is tried
            ]
            documents.append("{" + ", ".join(members) + "}")
            documents.append("{" + ",".join([*members, members[0]]) + "}")
            documents.append("{" + ",".join(members) + " , }")
    assert_fast_is_exact(typers[name], feed, documents)


def test_most_ordinary_rows_are_typed_fast(typers: dict[str, RowTyper]) -> None:
    documents = [
        json.dumps(EVENT | {"credits": 1.25, "quality_score": 0.93, "input_tokens": 120, "latency_ms": None}),
        json.dumps(EVENT | {"occurred_at": "2026-04-07T09:30:00.123456789+02:00", "locale": ""}),
        json.dumps(
            EVENT | {"occurred_at": "2026-04-07 09:30:00.12345+00", "recorded_at": "2026-04-07 09:30 UTC"}
        ),
        json.dumps(EVENT | {"member_id": 17, "output_tokens": 12.0, "attributes": {"a": 1}, "new": "x"}),
    ]
    scanned = typers["generation_events"]._scan(column_of(documents))
    assert scanned["is_good"].to_pylist() == [True] * 4
    assert scanned["has_extras"].to_pylist() == [False, False, False, True]


def test_rules_between_columns_hold_in_both_readers(typers: dict[str, RowTyper]) -> None:
    good = {"budget_id": "b", "workspace_id": "w", "scope": "tag", "scope_id": "a=b", "period": "month"}
    changes: list[tuple[dict[str, object], bool]] = [
        ({"credits": 5}, True),
        ({"amount": 5, "currency": "USD", "starts_on": "2026-03-01", "ends_on": "2026-03-01"}, True),
        ({"credits": 5, "scope": "workspace", "scope_id": None}, True),
        ({"credits": 5, "scope_id": "a"}, False),
        ({"credits": 5, "scope_id": None}, False),
        ({"credits": 0}, False),
        ({"amount": 5}, False),
        ({"amount": 5, "currency": "USD", "credits": 5}, False),
        ({"credits": 5, "starts_on": "2026-03-02", "ends_on": "2026-03-01"}, False),
    ]
    documents = [json.dumps(good | change) for change, _ in changes]
    assert_fast_is_exact(typers["budgets"], FEEDS["budgets"], documents)
    scanned = typers["budgets"]._scan(column_of(documents))
    assert scanned["is_good"].to_pylist() == [is_good for _, is_good in changes]


def test_rows_keep_the_order_of_the_file_however_they_were_read(typers: dict[str, RowTyper]) -> None:
    # DuckDB's threads give rows back in any order, and long numbers take the exact way.
    credits = ["1", "1.0000000000000000", "x", "2"] * 8000
    documents = [json.dumps(EVENT | {"event_id": f"e{n}", "credits": text}) for n, text in enumerate(credits)]
    with duckdb.connect(config={"threads": 2}) as connection:
        typed = RowTyper(connection, FEEDS["generation_events"]).read(column_of(documents))
    good = [position for position, text in enumerate(credits) if text != "x"]
    assert typed.accepted["position"].to_pylist() == good
    assert typed.accepted["event_id"].to_pylist() == [f"e{position}" for position in good]
    assert [row.position for row in typed.rejected] == [
        position for position, text in enumerate(credits) if text == "x"
    ]


def test_deep_nesting_is_rejected_and_breaks_nothing(typers: dict[str, RowTyper]) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    documents = [json.dumps(EVENT)[:-1] + f', "new": {deep}}}', deep, json.dumps(EVENT)]
    typed = typers["generation_events"].read(column_of(documents))
    assert typed.accepted["position"].to_pylist() == [2]
    assert [row.reject.rule for row in typed.rejected] == ["json.depth", "json.depth"]


def test_the_hash_is_of_the_typed_content_and_not_of_its_spelling(typers: dict[str, RowTyper]) -> None:
    spellings = [
        EVENT,
        EVENT | {"credits": 1.5, "source": "native", "status": "", "recorded_at": "2026-05-01T00:00:00Z"},
        EVENT
        | {"credits": "1.50", "occurred_at": "2026-04-07T11:30:00+02:00", "attributes": {"a": 1}, "b": 2},
        EVENT | {"credits": "1.500000000000000000", "occurred_at": "2026-04-07t09:30:00.0000009z"},
    ]
    other = [EVENT | {"credits": "1.500001"}, EVENT | {"locale": "en"}, EVENT | {"model": "en"}]
    typed = typers["generation_events"].read(column_of([json.dumps(row) for row in spellings + other]))
    hashes = typed.accepted["content_hash"].to_pylist()
    assert len(set(hashes[:4])) == 1
    assert len(set(hashes)) == 4


def test_a_hash_does_not_confuse_one_long_value_with_two_short_ones(typers: dict[str, RowTyper]) -> None:
    rows = [
        EVENT | {"locale": "a;model=1:b", "model": "c"},
        EVENT | {"locale": "a", "model": "1:b;model=1:c"},
    ]
    typed = typers["generation_events"].read(column_of([json.dumps(row) for row in rows]))
    assert len(set(typed.accepted["content_hash"].to_pylist())) == 2


def test_content_hashes_are_stable_across_releases(typers: dict[str, RowTyper]) -> None:
    # Rows already in a lake are compared by them; a change here is a change of the raw layer.
    content = (
        "credits=8:1.500000;event_id=2:e1;generation_type=11:description;locale=2:é;member_id=2:m1;"
        "occurred_at=16:1775554200000000;product_id=2:p1;source=6:native;status=9:succeeded;workspace_id=2:w1;"
    )
    typed = typers["generation_events"].read(column_of([json.dumps(EVENT | {"locale": "é"})]))
    expected = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
    assert typed.accepted["content_hash"].to_pylist() == [expected]
    assert typed.accepted["credits"].to_pylist() == [Decimal("1.500000")]


def test_an_entry_without_a_lot_is_hashed_as_when_its_id_was_the_default(typers: dict[str, RowTyper]) -> None:
    entry = {"entry_id": "c1", "occurred_at": "2026-04-01T00:00:00Z", "workspace_id": "w"}
    entry |= {"entry_type": "grant", "credits": 5}
    rows = [entry, entry | {"lot_id": "c1"}, entry | {"lot_id": "other"}, entry | {"revision": 3}]
    documents = pa.chunked_array([[json.dumps(row) for row in rows]])
    first, *others = typers["credit_entries"].read(documents).accepted["content_hash"].to_pylist()
    assert [first == other for other in others] == [True, False, True]


def test_a_large_document_is_read_exactly_without_duckdb(typers: dict[str, RowTyper]) -> None:
    # DuckDB takes 1 GB for one of 14 MB that nests as deeply as it can
    large = json.dumps(EVENT | {"new": "x" * 2_000_000})
    documents = column_of([large, json.dumps(EVENT | {"event_id": "e2"})])
    assert typers["generation_events"]._scan(documents).sort_by("position")["is_good"].to_pylist() == [
        False,
        True,
    ]
    typed = typers["generation_events"].read(documents)
    assert typed.accepted["event_id"].to_pylist() == ["e1", "e2"]
    assert len(typed.accepted["attributes"][0].as_py()) > 2_000_000
