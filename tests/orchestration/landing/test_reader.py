"""The fast reader and the exact one agree: whatever the fast one accepts is accepted exactly, value for value.

What each rule refuses is in test_rows.
"""

import json
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.landing.contract import FEEDS, Feed
from orchestration.landing.reader import RowTyper, Typed
from orchestration.landing.rows import RowRejected, read_row

EVENT = {
    "event_id": "e1",
    "occurred_at": "2026-04-07T09:30:00Z",
    "workspace_id": "w1",
    "member_id": "m1",
    "product_id": "p1",
    "generation_type": "description",
    "credits": "1.5",
}
ZONES = {"UTC", "Europe/Berlin", "America/Los_Angeles"}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        yield opened


def type_all(connection: duckdb.DuckDBPyConnection, feed: Feed, documents: list[str]) -> Typed:
    return RowTyper(connection, feed).read(pa.chunked_array([pa.array(documents, pa.string())]))


def fast_only(connection: duckdb.DuckDBPyConnection, feed: Feed, documents: list[str]) -> pa.Table:
    """Rows the SQL alone calls good."""
    scanned = RowTyper(connection, feed)._scan(pa.chunked_array([pa.array(documents, pa.string())]))
    return scanned.filter(scanned["is_good"])


NUMBER_TEXTS = st.one_of(
    st.from_regex(r"\A-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?\Z"),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.sampled_from(["-0", "0", "-0.0", "1.0", "638.0", "1.5000000", "0.1234567", "999999999999.999999", "007"])
    | st.sampled_from(["1e3", "1E-7", "+1", ".5", "1.", "1,5", " 1", "NaN", "Infinity", "-inf", "1e400", "0x10"])
    | st.sampled_from(["9223372036854775807", "9223372036854775808", "0.000000000000000005", "1" * 30, "١"]),
)
INSTANT_TEXTS = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.from_regex(
        r"\A(1899|1900|19[0-9]{2}|20[0-9]{2}|2199|2200|9999|0000)-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]"
        r"(\.[0-9]{1,12})?([Zz]|[+-][0-2][0-9]:[0-6][0-9]|[+-][0-9]{2}|)\Z"
    ),
    st.sampled_from(["2025-07-5T00:00:00Z", "2026-02-30T00:00:00Z", "1775554200", "2026-12-31T23:59:60Z", ""]),
)
TEXTS = st.text(max_size=8) | st.sampled_from(["succeeded", "Succeeded", "purchase", "void", "accepted", "UTC"])
SCALARS = NUMBER_TEXTS | INSTANT_TEXTS | TEXTS
NESTED = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
QUOTED = st.builds(json.dumps, SCALARS, ensure_ascii=st.booleans())
JSON_VALUES = QUOTED | NUMBER_TEXTS | NESTED.map(json.dumps) | st.sampled_from(['"\\u0000"', '"\\ud800"', "", "{,}"])


@st.composite
def documents(draw: st.DrawFn, feed: Feed) -> str:
    """JSON text near the contract: good values mostly, then keys doubled, foreign, or the text cut."""
    good = {"timezone": '"UTC"', "instant": '"2026-04-07T09:30:00.1234567+02:00"', "text": '"x"'}
    members = []
    for column in feed.columns:
        if not column.required and draw(st.booleans()):
            continue
        usual = f'"{column.accepted[0]}"' if column.accepted else good.get(column.kind, "1")
        value = draw(st.just(usual) | st.just(usual) | JSON_VALUES)
        members.append(f'"{column.name}"{draw(st.sampled_from([":", ": ", " :  "]))}{value}')
    if draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(["attributes", "new", "", feed.columns[0].name, "\\u0061", "a\\u0000"]))
        members.append(f'"{name}":{draw(JSON_VALUES)}')
    text = "{" + draw(st.sampled_from([",", ", "])).join(draw(st.permutations(members))) + "}"
    return draw(st.sampled_from([text] * 8 + [text[:-1], text[:-1] + ",}", text + " ", text + "x", f"[{text}]", "1"]))


@pytest.mark.parametrize("name", list(FEEDS))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_the_fast_reader_accepts_the_exact_one_accepts_with_the_same_values(
    connection: duckdb.DuckDBPyConnection, name: str, data: st.DataObject
) -> None:
    feed = FEEDS[name]
    texts = [text.encode("utf-8", "replace").decode() for text in data.draw(st.lists(documents(feed), min_size=20, max_size=40))]
    good = fast_only(connection, feed, texts)
    zones = RowTyper(connection, feed)._timezones
    for row in good.to_pylist():
        try:
            exact = read_row(feed, texts[row["position"]], timezones=zones)
        except RowRejected as error:
            assert row["has_extras"], (texts[row["position"]], error.reject)
            continue
        assert {key: row[key] for key in feed.names} == exact.values, texts[row["position"]]
        if not row["has_extras"]:
            assert exact.attributes is None and exact.unknown == ()
    whole = type_all(connection, feed, texts)
    assert whole.accepted.num_rows + len(whole.rejected) == len(texts)
