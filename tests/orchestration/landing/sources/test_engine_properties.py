"""The engine agrees with a plain reading of simple mappings in Python, whatever records hold."""

import json
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.landing.sources.engine import map_records
from orchestration.landing.sources.mapping import mapping_from
from orchestration.landing.sources.rate_cards import RateCards

KEYS = st.sampled_from(["a", "b", "a.b", 'q"k', "it's", "$", "x[0]", "né", "/~1", "0", "back\\slash", " "])
NUMBERS = st.one_of(
    st.from_regex(r"\A-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?\Z"),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**25), 10**25).map(str),
)
TEXTS = st.one_of(
    st.sampled_from(
        ["", "-", "None", "yes", '"spend": 1234567890123456.7', "'; drop table given; --", "1,5"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
)


class Raw(str):
    """The literal of a JSON number."""


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), TEXTS, NUMBERS.map(Raw)),
    lambda inner: st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=6,
)
RECORDS = st.lists(st.dictionaries(KEYS, VALUES, max_size=6), min_size=1, max_size=6)
PATHS = st.lists(KEYS, min_size=1, max_size=3)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def written(value: object, *, is_ascii: bool) -> str:
    """JSON text in which numbers stand as they are."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        members = (
            f"{json.dumps(key, ensure_ascii=is_ascii)}: {written(item, is_ascii=is_ascii)}"
            for key, item in value.items()
        )
        return "{" + ", ".join(members) + "}"
    return json.dumps(value, ensure_ascii=is_ascii)


def path_of(keys: list[str]) -> str:
    return ".".join('"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' for key in keys)


def found(record: object, keys: list[str]) -> object:
    """The scalar at a place, by the plainest reading; None for what is missing or no scalar."""
    for key in keys:
        if not isinstance(record, dict) or key not in record:
            return None
        record = record[key]
    if isinstance(record, bool):
        return "true" if record else "false"
    return None if record == "" or isinstance(record, dict) else record


def generation(**columns: object) -> dict[str, object]:
    plain = {"occurred_at": {"const": "2026-05-01T00:00:00Z"}, "workspace_id": {"const": "w"}}
    return {"generation_events": plain | {"generation_type": {"const": "g"}} | columns}


def documents(
    connection: duckdb.DuckDBPyConnection, mapping: dict[str, object], records: list[str]
) -> dict[int, dict[str, str | None]]:
    table = pa.table(
        {
            "record": pa.array(records, pa.string()),
            "occurrence": pa.array([0] * len(records), pa.int64()),
            "file_path": pa.array(["s/f.jsonl"] * len(records), pa.string()),
        }
    )
    read = mapping_from(yaml.safe_dump(mapping), name="s", shown_as="m")
    mapped = map_records(connection, read, table, cards=RateCards.empty())
    assert mapped.rejected == []
    rows = mapped.feeds[0].documents.to_pylist()
    assert len(rows) + mapped.left_out == len(records)
    return {row["record"]: json.loads(row["document"]) for row in rows}


SETTINGS = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SETTINGS
@given(RECORDS, PATHS, PATHS, TEXTS, TEXTS, TEXTS, st.booleans())
def test_texts_agree_with_a_plain_reading(
    connection: duckdb.DuckDBPyConnection,
    records: list[dict[str, object]],
    first: list[str],
    second: list[str],
    missing: str,
    word: str,
    meant: str,
    is_ascii: bool,
) -> None:
    value = {
        "first": [path_of(first), {"path": path_of(second)}],
        "null_if": [missing],
        "map": {word: meant},
        "else": {"const": "otherwise"},
    }
    mapping = {
        "where": {path_of(first): {"not_in": [word]}},
        "feeds": generation(event_id={"const": "e"}, credits={"const": "1"}, locale=value),
    }
    rows = documents(connection, mapping, [written(record, is_ascii=is_ascii) for record in records])
    for position, record in enumerate(records):
        one, other = found(record, first), found(record, second)
        if any(isinstance(item, dict) for item in (_at(record, first), _at(record, second))):
            continue  # an object as a text is its JSON
        if one is not None and not isinstance(one, Raw) and one == word:
            assert position not in rows
            continue
        chosen = next((item for item in (one, other) if item is not None and item != missing), None)
        if isinstance(one, Raw) or isinstance(other, Raw):
            continue  # numbers are compared by value below
        expected = meant if chosen == word else chosen
        assert rows[position]["locale"] == (expected or "otherwise")


def _at(record: object, keys: list[str]) -> object:
    for key in keys:
        record = record.get(key) if isinstance(record, dict) else None
    return record


@SETTINGS
@given(RECORDS, PATHS, NUMBERS, st.booleans())
def test_numbers_agree_to_the_last_digit(
    connection: duckdb.DuckDBPyConnection,
    records: list[dict[str, object]],
    keys: list[str],
    number: str,
    is_ascii: bool,
) -> None:
    for record in records:
        inner = record
        for key in keys[:-1]:
            nested: dict[str, object] = {}
            inner[key] = nested
            inner = nested
        inner[keys[-1]] = Raw(number)
    mapping = {"feeds": generation(event_id={"const": "e"}, credits={"path": path_of(keys)})}
    rows = documents(connection, mapping, [written(record, is_ascii=is_ascii) for record in records])
    for position in range(len(records)):
        assert Decimal(str(rows[position]["credits"])) == Decimal(number)
