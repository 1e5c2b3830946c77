"""Each verb of the mapping language, by records made by hand.

Not here: errors of mappings (test_mapping), rate cards by themselves (test_rate_cards), random records
(test_engine_properties).
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from orchestration.landing.contract import FEEDS
from orchestration.landing.sources.engine import Mapped, map_records
from orchestration.landing.sources.mapping import mapping_from
from orchestration.landing.sources.rate_cards import RateCards
from orchestration.landing.typing.row_typer import RowTyper

Run = Callable[..., Mapped]
NOON = "2026-05-01T12:00:00Z"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


@pytest.fixture(scope="module")
def run(connection: duckdb.DuckDBPyConnection) -> Run:
    def run(
        text: str,
        *records: object,
        files: list[str] | None = None,
        occurrences: list[int] | None = None,
        cards: RateCards | None = None,
        joined: pa.Table | None = None,
    ) -> Mapped:
        mapping = mapping_from(text, name="shop", shown_as="mapping.yml")
        return map_records(
            connection,
            mapping,
            table(records, files, occurrences),
            cards=cards or RateCards.empty(),
            joined=joined,
        )

    return run


def table(
    records: tuple[object, ...], files: list[str] | None = None, occurrences: list[int] | None = None
) -> pa.Table:
    texts = [record if isinstance(record, str) else json.dumps(record) for record in records]
    return pa.table(
        {
            "record": pa.array(texts, pa.string()),
            "occurrence": pa.array(occurrences or [0] * len(texts), pa.int64()),
            "file_path": pa.array(files or ["shop/a.jsonl"] * len(texts), pa.string()),
        }
    )


def rows(mapped: Mapped, feed: str = "generation_events") -> list[dict[str, Any]]:
    found = next(item for item in mapped.feeds if item.feed == feed)
    return [json.loads(document) for document in found.documents["document"].to_pylist()]


def generation(**columns: str) -> str:
    """A mapping of generations, with some columns in other words."""
    plain = {
        "event_id": "id",
        "occurred_at": "at",
        "workspace_id": "{const: w1}",
        "generation_type": "{const: description}",
        "credits": "cost",
    }
    lines = [f"    {name}: {value}" for name, value in (plain | columns).items()]
    return "\n".join(["feeds:", "  generation_events:", *lines]) + "\n"


def card(*rates: tuple[str, str, str], name: str = "usd_to_credits") -> RateCards:
    """A card of (unit, first day, rate) for any model."""
    return card_of(
        [
            {"card": name, "unit": unit, "valid_from": start, "credits_per_unit": rate}
            for unit, start, rate in rates
        ]
    )


def card_of(listed: list[dict[str, str]]) -> RateCards:
    schema = pa.schema([(name, pa.string()) for name in ("card", "unit", "model", "generation_type")])
    full = [{"model": None, "generation_type": None} | row for row in listed]
    columns: dict[str, pa.Array] = {
        name: pa.array([row[name] for row in full], pa.string()) for name in schema.names
    }
    columns["valid_from"] = pa.array([row["valid_from"] for row in full]).cast(pa.date32())
    rates = [Decimal(row["credits_per_unit"] or 0) for row in full]
    columns["credits_per_unit"] = pa.array(rates, pa.decimal128(24, 12))
    return RateCards.from_rows(pa.table(columns))


def one(run: Run, column: str, value: str, found: object, **others: object) -> object:
    """What a value of the mapping makes of one found value."""
    record = {"id": "e1", "at": NOON, "cost": 1, "x": found} | others
    mapped = run(generation(**{column: value}), record)
    assert not mapped.rejected, mapped.rejected
    return rows(mapped)[0][column]


# where a value is


def test_a_record_becomes_a_row_that_the_contract_accepts(
    run: Run, connection: duckdb.DuckDBPyConnection
) -> None:
    mapped = run(generation(), {"id": "e1", "at": NOON, "cost": "1.5", "other": {"a": 1}})
    documents = mapped.feeds[0].documents
    typed = RowTyper(connection, FEEDS["generation_events"]).read(documents["document"])
    assert typed.rejected == []
    assert typed.unknown == {}  # what is not named is dropped, and no drift
    row = typed.accepted.to_pylist()[0]
    assert (row["source"], row["event_id"], row["credits"]) == ("shop", "e1", Decimal("1.500000"))
    assert documents["record"].to_pylist() == [0]


@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("a.b", {"a": {"b": "v"}}),
        ("'\"a.b\"'", {"a.b": "v"}),
        ('\'"a \\" b"\'', {'a " b': "v"}),
        ("a'b", {"a'b": "v"}),
        ("$.*", {"$": {"*": "v"}}),
        ("'\"a[0]\"'", {"a[0]": "v"}),
        ("a[1].b", {"a": [{}, {"b": "v"}]}),
        ("Cost (USD)", {"Cost (USD)": "v"}),
        ("'\"/~x\"'", {"/~x": "v"}),
        ("naïve", {"naïve": "v"}),
        ("'\"x'') ; drop table t; --\"'".replace("''", "''"), {"x') ; drop table t; --": "v"}),
    ],
)
def test_a_path_finds_any_key(run: Run, path: str, record: dict[str, object]) -> None:
    mapped = run(generation(locale=path), {"id": "e1", "at": NOON, "cost": 1} | record)
    assert rows(mapped)[0]["locale"] == "v"


def test_a_path_to_nothing_is_missing(run: Run) -> None:
    assert one(run, "locale", "x.y.z", "text") is None
    assert one(run, "locale", "nowhere", 1) is None
    assert one(run, "locale", "x", None) is None


def test_const_is_the_text(run: Run) -> None:
    assert one(run, "locale", "{const: 'de''; drop table x; --'}", 1) == "de'; drop table x; --"


def test_first_takes_the_first_that_is_not_missing(run: Run) -> None:
    value = "{first: [x, y, {const: none}], null_if: ['-']}"
    assert one(run, "locale", value, "", y="b") == "b"
    assert one(run, "locale", value, "-", y="b") == "b"
    assert one(run, "locale", value, "a", y="b") == "a"
    assert one(run, "locale", value, None) == "none"


def test_a_tag_is_what_follows_its_prefix(run: Run) -> None:
    value = "{tag: 'team:', in: x}"
    assert one(run, "locale", value, ["env:prod", "team:red", "team:blue"]) == "red"
    assert one(run, "locale", value, json.dumps(["team:red"])) == "red"  # JSON in text
    assert one(run, "locale", value, ["xteam:red"]) is None
    assert one(run, "locale", value, "team:red") is None
    assert one(run, "locale", value, None) is None


def test_concat_needs_all_parts_but_those_that_may_be_empty(run: Run) -> None:
    value = "{concat: [x, y, {const: end}], separator: '/'}"
    assert one(run, "locale", value, "a", y=2) == "a/2/end"
    assert one(run, "locale", value, "a") is None
    assert one(run, "locale", "{concat: [x, {path: y, else: {const: ''}}]}", "a") == "a-"


def test_null_if_then_map_then_else(run: Run) -> None:
    value = "{path: x, null_if: [n/a], map: {ok: succeeded, gone: null}, else: {const: failed}}"
    assert one(run, "locale", value, "ok") == "succeeded"
    assert one(run, "locale", value, "n/a") == "failed"
    assert one(run, "locale", value, "gone") == "failed"
    assert one(run, "locale", value, "new") == "new"  # for the contract to refuse


def test_null_texts_of_the_source_are_missing_everywhere(run: Run) -> None:
    text = "reads: {null: [None]}\n" + generation(locale="x") + "    keep: [x, y]\n"
    mapped = run(text, {"id": "e1", "at": NOON, "cost": 1, "x": "None", "y": "None"})
    assert rows(mapped)[0]["locale"] is None
    assert "attributes" not in rows(mapped)[0]


# times


@pytest.mark.parametrize(
    ("verbs", "found", "read"),
    [
        ("zone: UTC", "2026-05-01 10:00:00.123456", "2026-05-01 10:00:00.123456Z"),
        ("zone: Europe/Berlin", "2026-05-01T10:00:00", "2026-05-01 08:00:00Z"),
        ("zone: Europe/Berlin", "2026-05-01T10:00:00Z", "2026-05-01T10:00:00Z"),  # its own offset counts
        ("zone: Europe/Berlin", "2026-05-01 10:00:00+05", "2026-05-01 10:00:00+05"),
        ("zone: Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29 01:30:00Z"),  # there is no such time
        ("zone: Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25 01:30:00Z"),  # the later of two
        ("zone: UTC", "2026-02-30 10:00:00", "2026-02-30 10:00:00"),
        ("zone: UTC", "soon", "soon"),
        ("epoch: s", 1777629600, "2026-05-01 10:00:00Z"),
        ("epoch: s", "1777629600.1234567", "2026-05-01 10:00:00.123456Z"),
        ("epoch: ms", 1777629600123, "2026-05-01 10:00:00.123Z"),
        ("epoch: us", "1777629600123456", "2026-05-01 10:00:00.123456Z"),
        ("epoch: ns", "1777629600123456789", "2026-05-01 10:00:00.123456Z"),
        ("epoch: ns", 1777629600123456999, "2026-05-01 10:00:00.123456Z"),
        ("epoch: s", 0, "1970-01-01 00:00:00Z"),  # for the contract to refuse
        ("epoch: s", "1e30", "1e30"),
        ("epoch: s", "soon", "soon"),
        ("format: '%d.%m.%Y %H:%M', zone: Europe/Berlin", "31.12.2026 00:30", "2026-12-30 23:30:00Z"),
        ("format: '%d/%b/%Y:%H:%M:%S %z'", "31/Dec/2026:00:30:00 +0200", "2026-12-30 22:30:00Z"),
        ("format: '%d.%m.%Y', day: true, zone: Europe/Berlin", "31.12.2026", "2026-12-31 11:00:00Z"),
        ("format: '%d.%m.%Y', day: true, zone: Europe/Berlin", "31.02.2026", "31.02.2026"),
        ("day: true, zone: America/New_York", "2026-07-04", "2026-07-04 16:00:00Z"),
        ("day: true, zone: UTC", "2026-07-04 09:00:00", "2026-07-04 09:00:00"),  # no day
    ],
)
def test_a_time_is_read_as_declared(run: Run, verbs: str, found: object, read: str) -> None:
    assert one(run, "occurred_at", f"{{path: x, {verbs}}}", found) == read


def test_times_of_several_forms_can_be_tried(run: Run) -> None:
    value = "{first: [{path: x, epoch: ms}, {path: y, zone: UTC}]}"
    assert one(run, "occurred_at", value, 1777629600000) == "2026-05-01 10:00:00Z"
    assert one(run, "occurred_at", value, None, y="2026-05-01 11:00") == "2026-05-01 11:00:00Z"


@pytest.mark.parametrize(
    ("verbs", "found", "read"),
    [
        ("format: '%d.%m.%Y'", "31.12.2026", "2026-12-31"),
        ("epoch: s", 1777593600, "2026-05-01"),
        ("epoch: s, zone: America/New_York", 1777593600, "2026-04-30"),
        ("zone: America/New_York", "2026-05-01T00:00:00Z", "2026-04-30"),
        ("null_if: [never]", "2026-05-01", "2026-05-01"),
    ],
)
def test_a_date_is_read_as_declared(run: Run, verbs: str, found: object, read: str) -> None:
    text = f"""
feeds:
  credit_plans:
    workspace_id: {{const: w1}}
    plan_id: {{const: p}}
    credits: {{const: 10}}
    interval: {{const: month}}
    starts_on: {{path: x, {verbs}}}
"""
    assert rows(run(text, {"x": found}), "credit_plans")[0]["starts_on"] == read


# numbers


@pytest.mark.parametrize(
    ("verbs", "found", "read"),
    [
        ("", "1.5", "1.5"),
        ("decimal: ','", "1,5", "1.5"),
        ("decimal: ','", "-0,000005", "-0.000005"),
        ("decimal: ','", "1,5E-05", "1.5E-05"),
        ("decimal: ',', thousands: '.'", "1.234.567,89", "1234567.89"),
        ("decimal: ',', thousands: '.'", "1234,5", "1234.5"),
        ("thousands: ','", "1,234.5", "1234.5"),
        ('thousands: "\'"', "1'234.5", "1234.5"),
        ("places: 2", "0.125", "0.12"),
        ("places: 2", "0.135", "0.14"),
        ("places: 0", "2.5", "2"),
        ("places: 6", "3", "3.000000"),
        ("minor_units: 2", "1234.5", "12.345"),
        ("minor_units: 6, places: 2", "1234567", "1.23"),
        ("minor_units: -2", "1.5", "150"),
        ("negate: true", "1.5", "-1.5"),
        ("negate: true, minor_units: 2", "-150", "1.50"),
        ("places: 2", "many", "many"),
        ("places: 2", "1_000", "1_000"),
        ("places: 2", "NaN", "NaN"),
    ],
)
def test_a_number_is_read_as_declared(run: Run, verbs: str, found: object, read: str) -> None:
    assert one(run, "credits", "{path: x" + (f", {verbs}" if verbs else "") + "}", found) == read


@pytest.mark.parametrize("found", ["1.234", "1.2.3", "1,2,3", "1;5", "€ 1,5"])
def test_a_number_not_written_as_declared_is_refused_by_name(run: Run, found: str) -> None:
    text = "reads: {decimal: ','}\n" + generation()
    mapped = run(text, {"id": "e1", "at": NOON, "cost": "1,5"}, {"id": "e2", "at": NOON, "cost": found})
    assert [row["credits"] for row in rows(mapped)] == ["1.5"]
    ((position, reject),) = mapped.rejected
    assert (position, reject.rule, reject.column, reject.value) == (1, "mapping.number", "credits", found)


def test_declared_separators_hold_in_first_and_rates(run: Run) -> None:
    text = "reads: {decimal: ','}\n" + generation(credits="{rate: {of: {first: [y, x]}, card: c}}")
    mapped = run(text, {"id": "e1", "at": NOON, "x": "1,5"}, cards=card(("usd", "2026-01-01", "2"), name="c"))
    assert [Decimal(row["credits"]) for row in rows(mapped)] == [3]


@pytest.mark.parametrize(
    "written",
    [
        "0.12345678901234567890123",
        "12345678901234567890.000000000001",
        "0.00022500000000000002",
        "1e-30",
        "4e-7",
    ],
)
def test_numbers_keep_every_digit(run: Run, written: str) -> None:
    record = f'{{"id":"e1","at":"{NOON}","cost" : {written},"other":"a: {written}, \\"cost\\": 1"}}'
    nested = json.dumps({"id": "e2", "at": NOON, "meta": f'{{"usage":{{"cost":{written}}}}}'})
    text = "parse: [meta]\n" + generation(credits="{first: [cost, meta.usage.cost]}")
    assert [Decimal(row["credits"]) for row in rows(run(text, record, nested))] == [Decimal(written)] * 2


def test_the_number_of_a_key_of_digits_keeps_every_digit(run: Run) -> None:
    record = f'{{"id":"e1","at":"{NOON}","2026":10.000000000000001}}'
    (row,) = rows(run(generation(credits='{path: "2026"}'), record))
    assert row["credits"] == "10.000000000000001"


def test_whole_numbers_beyond_a_double_keep_every_digit(run: Run) -> None:
    assert one(run, "input_tokens", "x", 9223372036854775807) == "9223372036854775807"
    assert one(run, "locale", "x", 12345678901234567890123) == "12345678901234567890123"


# rates

RATED = generation(credits="{rate: {of: spend, or: total.cost, card: usd_to_credits}, places: 6}")


def test_a_micro_amount_is_scaled_before_it_is_rounded(run: Run) -> None:
    mapped = run(RATED, {"id": "e1", "at": NOON, "spend": 4e-7}, cards=card(("usd", "2026-01-01", "1000")))
    assert rows(mapped)[0]["credits"] == "0.000400"
    assert mapped.rounded == 0


def test_places_say_by_how_much_the_total_moved(run: Run) -> None:
    records = [{"id": f"e{n}", "at": NOON, "spend": "0.00000033"} for n in range(3)]
    mapped = run(RATED, *records, cards=card(("usd", "2026-01-01", "10")))
    assert [row["credits"] for row in rows(mapped)] == ["0.000003"] * 3
    assert mapped.rounded == Decimal("-0.0000009")


@pytest.mark.parametrize(
    ("record", "credits"),
    [
        ({"spend": 2, "total": {"cost": 7}}, "20.000000"),
        ({"spend": 0.0, "total": {"cost": 7}}, "70.000000"),
        ({"spend": "0E-10", "total": {"cost": 7}}, "70.000000"),
        ({"total": {"cost": 7}}, "70.000000"),
        ({"spend": 0}, "0.000000"),
        ({}, None),
        ({"spend": "lots", "total": {"cost": 7}}, "lots"),
    ],
)
def test_or_stands_for_a_missing_amount_or_zero(
    run: Run, record: dict[str, Any], credits: str | None
) -> None:
    mapped = run(RATED, {"id": "e1", "at": NOON} | record, cards=card(("usd", "2026-01-01", "10")))
    assert rows(mapped)[0]["credits"] == credits


def test_a_rate_holds_by_the_day_of_the_event(run: Run) -> None:
    cards = card(("usd", "2026-01-01", "10"), ("usd", "2026-05-02", "20"))
    days = ["2026-05-01T23:59:59.999999Z", "2026-05-02T00:00:00Z", "2026-05-02T01:00:00+02:00"]
    records = [{"id": f"e{n}", "at": day, "spend": 1} for n, day in enumerate(days)]
    assert [row["credits"] for row in rows(run(RATED, *records, cards=cards))] == [
        "10.000000",
        "20.000000",
        "10.000000",
    ]


def test_a_missing_rate_is_refused_and_names_card_unit_model_and_day(run: Run) -> None:
    text = RATED + "    model: model\n"
    record = {"id": "e1", "at": "2025-12-31T10:00:00Z", "spend": 1, "model": "m-1"}
    mapped = run(text, record, record | {"id": "e2", "spend": 0}, cards=card(("usd", "2026-01-01", "10")))
    assert [row["credits"] for row in rows(mapped)] == ["0.000000"]  # nothing needs no rate
    ((position, reject),) = mapped.rejected
    assert (position, reject.rule, reject.column, reject.value) == (0, "rate.missing", "credits", "1")
    for part in ("usd_to_credits", "unit usd", "model m-1", "2025-12-31"):
        assert part in reject.reason
    assert "rate_cards" in reject.remedy
    assert mapped.left_out == 0


def test_tokens_times_a_card_by_model_and_type(run: Run) -> None:
    listed = [
        {"unit": "input_token", "credits_per_unit": "0.001"},
        {"unit": "output_token", "credits_per_unit": "0.002"},
        {"unit": "output_token", "model": "big", "credits_per_unit": "0.5"},
        {"unit": "output_token", "model": "big", "generation_type": "meta", "credits_per_unit": "0.25"},
        {"unit": "output_token", "generation_type": "meta", "credits_per_unit": "0.004"},
    ]
    cards = card_of([{"card": "tokens", "valid_from": "2026-01-01"} | row for row in listed])
    text = generation(
        input_tokens="in", output_tokens="out", model="model", generation_type="type",
        credits="{rate: {unit: tokens, card: tokens}}",
    )  # fmt: skip
    cases = [("small", "bullets"), ("big", "bullets"), ("big", "meta"), ("small", "meta")]
    records = [
        {"id": f"{model}{kind}", "at": NOON, "in": 1000, "out": "10", "model": model, "type": kind}
        for model, kind in cases
    ]
    records.append({"id": "none", "at": NOON, "model": "big", "type": "meta"})
    found = [row["credits"] and Decimal(row["credits"]) for row in rows(run(text, *records, cards=cards))]
    assert found == [Decimal(n) for n in ("1.02", "6", "3.5", "1.04")] + [None]


def test_units_of_tokens_can_be_named(run: Run) -> None:
    cards = card(("cached_token", "2026-01-01", "0.1"), ("input_token", "2026-01-01", "1"), name="t")
    value = "{rate: {unit: tokens, card: t, tokens: {input_token: u.in, cached_token: u.cached}}}"
    record = {"id": "e1", "at": NOON, "u": {"in": 5, "cached": 10}}
    assert [Decimal(row["credits"]) for row in rows(run(generation(credits=value), record, cards=cards))] == [
        6
    ]


def test_a_generation_can_have_a_rate_of_its_own(run: Run) -> None:
    value = "{rate: {unit: generation, card: per_call}}"
    cards = card(("generation", "2026-01-01", "2.5"), name="per_call")
    assert [
        r["credits"] for r in rows(run(generation(credits=value), {"id": 1, "at": NOON}, cards=cards))
    ] == ["2.5"]


def test_else_stands_for_a_missing_amount(run: Run) -> None:
    value = "{rate: {of: spend, card: usd_to_credits}, else: {const: 0}}"
    mapped = run(generation(credits=value), {"id": "e1", "at": NOON}, cards=card(("usd", "2026-01-01", "10")))
    assert rows(mapped)[0]["credits"] == "0"


def test_a_rate_stands_where_there_is_no_amount_of_its_own(run: Run) -> None:
    value = "{path: own, else: {rate: {of: spend, card: usd_to_credits}}, places: 2}"
    records = [{"id": "e1", "at": NOON, "own": 0.125}, {"id": "e2", "at": NOON, "spend": 0.5}]
    mapped = run(generation(credits=value), *records, cards=card(("usd", "2026-01-01", "10")))
    assert [row["credits"] for row in rows(mapped)] == ["0.12", "5.00"]
    assert mapped.rounded == Decimal("-0.005")


def test_places_round_what_stands_for_a_missing_amount(run: Run) -> None:
    value = "{rate: {of: spend, card: usd_to_credits}, else: own, places: 2}"
    mapped = run(generation(credits=value), {"id": "e1", "at": NOON, "own": 0.135})
    assert rows(mapped)[0]["credits"] == "0.14"


# ids


def test_the_fallback_id_tells_identical_records_apart(run: Run) -> None:
    text = generation(event_id="{path: id, null_if: ['None'], else: content_and_occurrence}")
    same = {"id": "None", "at": NOON, "cost": 1}
    mapped = run(text, same, same, {"id": "e1", "at": NOON, "cost": 1}, occurrences=[0, 1, 0])
    first, second, third = (row["event_id"] for row in rows(mapped))
    assert first.endswith("-0") and second.endswith("-1") and first[:-1] == second[:-1]
    assert third == "e1"
    assert mapped.repeated == 2


def test_the_fallback_id_is_the_same_for_ever(run: Run) -> None:
    record = '{"at": "2026-05-01T12:00:00Z", "cost": 1}'
    mapped = run(generation(event_id="content_and_occurrence"), record, occurrences=[3])
    expected = hashlib.sha256(record.encode()).hexdigest()[:32]
    assert rows(mapped)[0]["event_id"] == f"{expected}-3"


def test_the_fallback_id_does_not_depend_on_the_end_of_the_line(run: Run) -> None:
    record = json.dumps({"at": NOON, "cost": 1})
    mapped = run(generation(event_id="content_and_occurrence"), record, record + "\n", record + "\r\n")
    assert len({row["event_id"] for row in rows(mapped)}) == 1


# from records to elements


def test_where_leaves_records_out(run: Run) -> None:
    kinds = ["a", "b", "c", None, ""]
    records = [{"id": f"e{n}", "at": NOON, "cost": 1, "kind": kind} for n, kind in enumerate(kinds)]
    cases = {
        "{in: [a, b]}": "01",
        "[a, b]": "01",
        "a": "0",
        "{equals: a}": "0",
        "{not_in: [a]}": "1234",
        "{is_missing: true}": "34",
        "{exists: true}": "012",
        "{exists: false}": "34",
        "null": "34",
        "{exists: true, not_in: [c]}": "01",
    }
    for condition, kept in cases.items():
        mapped = run(f"where: {{kind: {condition}}}\n{generation()}", *records)
        assert [row["event_id"] for row in rows(mapped)] == [f"e{n}" for n in kept], condition
        assert mapped.left_out == 5 - len(kept)


def test_a_page_of_nested_arrays_becomes_elements_that_see_their_parents(run: Run) -> None:
    record = {
        "day": NOON,
        "teams": [
            {"team": "red", "calls": [{"n": 1, "cost": 1}, {"n": 2, "cost": 2}]},
            {"team": "blue", "calls": []},
            {"team": "green"},
            {"team": "grey", "calls": [{"n": 1, "cost": 3}]},
        ],
    }
    text = "explode: [teams, calls]\n" + generation(
        event_id="{concat: [^team, n]}", occurred_at="^^day", member_id="^team"
    )
    mapped = run(text, record, {"day": NOON, "teams": None}, {"day": NOON, "teams": {"team": "x"}})
    assert [row["event_id"] for row in rows(mapped)] == ["red-1", "red-2", "grey-1"]
    assert [row["credits"] for row in rows(mapped)] == ["1", "2", "3"]
    assert mapped.feeds[0].documents["record"].to_pylist() == [0, 0, 0]
    assert mapped.left_out == 2


def test_elements_of_one_record_get_different_fallback_ids(run: Run) -> None:
    record = {"at": NOON, "calls": [{"cost": 1}, {"cost": 1}]}
    text = "explode: [calls]\n" + generation(event_id="content_and_occurrence", occurred_at="^at")
    assert len({row["event_id"] for row in rows(run(text, record))}) == 2


def test_an_array_that_may_be_absent_leaves_the_record_itself(run: Run) -> None:
    element = {"id": "e1", "at": NOON, "cost": 1}
    mapped = run("explode: ['calls?']\n" + generation(), {"calls": [element]}, element | {"id": "e2"})
    assert [row["event_id"] for row in rows(mapped)] == ["e1", "e2"]


def test_scalars_of_an_array_are_elements(run: Run) -> None:
    text = "explode: [ids]\n" + generation(event_id=".", occurred_at="^at", credits="^cost")
    mapped = run(text, {"ids": ["a b", 7], "at": NOON, "cost": 1})
    assert [row["event_id"] for row in rows(mapped)] == ["a b", "7"]


def test_json_in_texts_is_reached_also_when_nested(run: Run) -> None:
    inner = json.dumps({"product": 'p"1'})
    record = {"id": "e1", "at": NOON, "cost": 1, "meta": json.dumps({"extra": inner, "team": "red"})}
    text = "parse: [meta.extra, meta]\n" + generation(product_id="meta.extra.product", member_id="meta.team")
    (row,) = rows(run(text, record))
    assert (row["product_id"], row["member_id"]) == ('p"1', "red")


def test_what_should_be_json_may_be_an_object_or_absent_or_plain_text(run: Run) -> None:
    text = "parse: [meta]\n" + generation(product_id="meta.p", locale="meta")
    given = [{"p": "p1"}, None, "", "just text", 5, "[]"]
    records = [{"id": f"e{n}", "at": NOON, "cost": 1, "meta": meta} for n, meta in enumerate(given)]
    mapped = run(text, *records)
    assert mapped.rejected == []
    assert [row["product_id"] for row in rows(mapped)] == ["p1", None, None, None, None, None]
    assert [row["locale"] for row in rows(mapped)][3] == "just text"


def test_json_that_was_cut_is_refused(run: Run) -> None:
    text = "parse: [meta]\n" + generation()
    mapped = run(text, {"id": "e1", "at": NOON, "cost": 1, "meta": '{"p": "lo'})
    ((_, reject),) = mapped.rejected
    assert (reject.rule, reject.value) == ("mapping.parse", '{"p": "lo')
    assert (rows(mapped), mapped.left_out) == ([], 0)


OTLP_VALUES = {
    "text": {"stringValue": "a [b]"},
    "whole": {"intValue": "12"},
    "number": {"doubleValue": 0.5},
    "flag": {"boolValue": True},
    "list": {"arrayValue": {"values": [{"stringValue": "team:red"}, {"intValue": "5"}]}},
    "quote\"'d.key": {"stringValue": "q"},
}


def span(**more: object) -> dict[str, object]:
    pairs = [{"key": key, "value": value} for key, value in OTLP_VALUES.items()]
    return {"id": "e1", "at": NOON, "cost": 1, "attributes": pairs} | more


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("'@text'", "a [b]"),
        ("'@whole'", "12"),
        ("'@number'", "0.5"),
        ("'@flag'", "true"),
        ("{tag: 'team:', in: '@list'}", "red"),
        ('"@quote\\"\'d.key"', "q"),
        ("'@none'", None),
    ],
)
def test_an_attribute_is_found_by_its_name(run: Run, value: str, found: str | None) -> None:
    text = "attributes: attributes\n" + generation(locale=value)
    assert rows(run(text, span()))[0]["locale"] == found


def test_attributes_may_be_an_object_and_stand_in_several_places(run: Run) -> None:
    text = "attributes: [attributes, more]\n" + generation(locale="'@a.b'", credits="'@c'")
    twice = [{"key": "a.b", "value": {"stringValue": "1st"}}, {"key": "a.b", "value": {"stringValue": "2nd"}}]
    records = [
        {"id": "e1", "at": NOON, "attributes": {"a.b": "x", "c": 1}},
        {"id": "e2", "at": NOON, "attributes": [], "more": {"a.b": "y", "c": "0.12345678901234567890"}},
        {"id": "e3", "at": NOON, "attributes": twice, "more": {"c": 2}},
    ]
    found = [(row["locale"], row["credits"]) for row in rows(run(text, *records))]
    assert found == [("x", "1"), ("y", "0.12345678901234567890"), ("1st", "2")]


def test_numbers_of_attributes_keep_every_digit(run: Run) -> None:
    text = "attributes: attributes\n" + generation(credits="'@c'")
    number = "0.1234567890123456789012"
    pairs = f'[{{"key":"c","value":{{"doubleValue":{number}}}}}]'
    assert rows(run(text, f'{{"id":"e1","at":"{NOON}","attributes":{pairs}}}'))[0]["credits"] == number


def test_one_record_gives_rows_of_several_feeds(run: Run) -> None:
    text = (
        "attributes: attributes\nexplode: [spans]\n"
        + generation(credits="'@cost'", event_id="{concat: [^trace, id]}")
        + """
  content_outcomes:
    explode: [events]
    where: {name: evaluated}
    outcome_id: {concat: [^^trace, ^id, n]}
    event_id: {concat: [^^trace, ^id]}
    occurred_at: at
    outcome: {path: "@label", map: {pass: accepted}}
    workspace_id: {const: w1}
"""
    )
    label = [{"key": "label", "value": {"stringValue": "pass"}}]
    events = [{"name": "evaluated", "n": 7, "at": NOON, "attributes": label}, {"name": "other"}]
    cost = [{"key": "cost", "value": {"doubleValue": 0.5}}]
    spans = [{"id": "s1", "at": NOON, "attributes": cost, "events": events}, {"id": "s2", "at": NOON}]
    mapped = run(text, {"trace": "t", "spans": spans})
    assert [row["event_id"] for row in rows(mapped)] == ["t-s1", "t-s2"]
    (outcome,) = rows(mapped, "content_outcomes")
    assert (outcome["outcome_id"], outcome["event_id"], outcome["outcome"]) == ("t-s1-7", "t-s1", "accepted")


def test_keep_makes_attributes_and_drops_the_rest(run: Run, connection: duckdb.DuckDBPyConnection) -> None:
    text = generation() + "    keep: [a, meta.n, empty, nothing, nested]\n"
    nested = {"b": [1, {"c": None}], "t": 'q"'}
    record = {"id": "e1", "at": NOON, "cost": 1, "a": "x", "meta": {"n": 2}, "empty": "", "nested": nested}
    mapped = run(text, record)
    assert rows(mapped)[0]["attributes"] == {"a": "x", "meta.n": 2, "nested": nested}
    typed = RowTyper(connection, FEEDS["generation_events"]).read(mapped.feeds[0].documents["document"])
    assert (typed.rejected, typed.unknown) == ([], {})


def test_what_is_kept_can_get_another_name(run: Run) -> None:
    text = "attributes: pairs\nexplode: [calls]\n" + generation() + "    keep: {team: ^team, tags: '@list'}\n"
    element = {"id": "e1", "at": NOON, "cost": 1, "pairs": span()["attributes"]}
    mapped = run(text, {"team": "red", "calls": [element]})
    assert rows(mapped)[0]["attributes"] == {"team": "red", "tags": ["team:red", "5"]}


REFUSING = """
parse: [meta]
refuse:
  - where: {startTime: {exists: true}, id: null}
    reason: this is a summary of days
    remedy: Deliver the log itself.
""" + generation()


def test_records_can_be_refused_by_name(run: Run) -> None:
    good = {"id": "e1", "at": NOON, "cost": 1, "startTime": NOON}
    mapped = run("where: {id: {exists: true}}" + REFUSING, {"startTime": NOON}, good, {"x": 1})
    ((position, reject),) = mapped.rejected
    assert (position, reject.rule, reject.remedy) == (0, "mapping.refuse", "Deliver the log itself.")
    assert reject.reason == "this is a summary of days"
    assert (len(rows(mapped)), mapped.left_out) == (1, 1)


GRANTS = """
feeds:
  credit_entries:
    - entry_id: id
      occurred_at: at
      workspace_id: {const: w1}
      entry_type: {const: grant}
      credits: amount
    - where: {voided_at: {exists: true}}
      entry_id: {concat: [id, {const: void}]}
      occurred_at: voided_at
      workspace_id: {const: w1}
      entry_type: {const: void}
      credits: {path: amount, negate: true}
"""


def test_a_record_can_give_several_rows_of_one_feed(run: Run) -> None:
    grant = {"id": "g1", "at": NOON, "amount": 5}
    mapped = run(GRANTS, grant | {"voided_at": "2026-05-02T00:00:00Z"}, grant | {"id": "g2"})
    found = [(row["entry_id"], row["entry_type"], row["credits"]) for row in rows(mapped, "credit_entries")]
    assert found == [("g1", "grant", "5"), ("g1-void", "void", "-5"), ("g2", "grant", "5")]
    assert mapped.feeds[0].documents["record"].to_pylist() == [0, 0, 1]


# files

FILES = """
reads: {files: ["calls*", "old/**"]}
feeds:
  generation_events:
    event_id: id
    occurred_at: at
    workspace_id: {const: w1}
    generation_type: {const: description}
    credits: cost
  products:
    files: "products.*"
    product_id: id
    workspace_id: {const: w1}
"""


def test_patterns_say_which_files_a_feed_reads(run: Run) -> None:
    files = [
        "shop/calls-1.csv",
        "shop/old/2025/x.csv",
        "shop/products.csv",
        "shop/sub/calls.csv",
        "shop/productsXcsv",
    ]
    records = [{"id": f"e{n}", "at": NOON, "cost": 1} for n in range(len(files))]
    mapped = run(FILES, *records, files=files)
    assert [row["event_id"] for row in rows(mapped)] == ["e0", "e1"]
    assert [row["product_id"] for row in rows(mapped, "products")] == ["e2"]
    assert mapped.left_out == 2


JOINED = """
join: {trace: {files: "traces*", on: {id: traceId}, newest: updatedAt, parse: [metadata]}}
""" + generation(
    member_id="trace.userId", product_id="trace.metadata.product", locale="{tag: 'l:', in: trace.tags}"
)


def test_a_join_reaches_the_newest_record_of_another_file(run: Run) -> None:
    meta = json.dumps({"product": "p1"})
    records = [
        {"id": "e1", "traceId": "t1", "at": NOON, "cost": 1},
        {"id": "t1", "userId": "u-new", "updatedAt": "2026-05-02", "metadata": meta, "tags": ["l:de"]},
        {"id": "t1", "userId": "u-old", "updatedAt": "2026-05-01"},
        {"id": "e2", "traceId": "t9", "at": NOON, "cost": 1},
        {"id": "e3", "at": NOON, "cost": 1},
    ]
    files = ["shop/obs.jsonl", "shop/traces1.jsonl", "shop/traces2.jsonl", "shop/obs.jsonl", "shop/obs.jsonl"]
    found = rows(run(JOINED, *records, files=files))
    assert [(row["event_id"], row["member_id"], row["product_id"], row["locale"]) for row in found] == [
        ("e1", "u-new", "p1", "de"),
        ("e2", None, None, None),
        ("e3", None, None, None),
    ]


def test_of_two_equally_new_records_of_a_join_the_order_of_files_does_not_decide(run: Run) -> None:
    event = {"id": "e1", "traceId": "t1", "at": NOON, "cost": 1}
    users = [{"id": "t1", "userId": user, "updatedAt": "2026-05-01"} for user in ("a", "b")]
    found = {
        rows(run(JOINED, event, joined=table(tuple(listed), ["shop/traces.jsonl"] * 2)))[0]["member_id"]
        for listed in (users, users[::-1])
    }
    assert found == {"b"}


def test_a_join_may_look_into_records_of_other_batches(run: Run) -> None:
    joined = table(({"id": "t1", "userId": "u1"}, "not json"), ["shop/traces.jsonl"] * 2)
    mapped = run(JOINED, {"id": "e1", "traceId": "t1", "at": NOON, "cost": 1}, joined=joined)
    assert rows(mapped)[0]["member_id"] == "u1"
    assert mapped.rejected == []


# what is no record


def test_text_that_is_no_json_is_refused_and_the_others_keep_their_position(run: Run) -> None:
    good = {"id": "e1", "at": NOON, "cost": 1}
    mapped = run(generation(), "nope", good, '{"id": 1,}', good)
    assert [(position, reject.rule) for position, reject in mapped.rejected] == [(0, "json"), (2, "json")]
    assert mapped.feeds[0].documents["record"].to_pylist() == [1, 3]
    assert mapped.left_out == 0


def test_records_that_are_no_objects_have_nothing_in_them(run: Run) -> None:
    mapped = run("where: {id: {exists: true}}\n" + generation(), "[1]", "5", '"id"', "null")
    assert (rows(mapped), mapped.left_out) == ([], 4)


def test_no_records_give_no_documents(run: Run) -> None:
    mapped = run(RATED, cards=card(("usd", "2026-01-01", "10")))
    assert (rows(mapped), mapped.left_out, mapped.rejected, mapped.repeated) == ([], 0, [], 0)


def test_a_hostile_value_stays_a_value(run: Run) -> None:
    hostile = "'; drop table given; -- \" \\ {{x}} $1 %s \u2028 \x01"
    assert one(run, "locale", "x", hostile) == hostile
    assert one(run, "locale", '{path: x, map: {"\'; drop table t; --": a}}', hostile) == hostile
