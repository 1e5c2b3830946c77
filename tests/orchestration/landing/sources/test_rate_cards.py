"""Which row of a rate card holds: the newest delivery, on the day, for the model and the type."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from orchestration.landing.sources.rate_cards import RateCards

SCHEMA = pa.schema(
    [
        ("card", pa.string()),
        ("unit", pa.string()),
        ("model", pa.string()),
        ("generation_type", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
        ("credits_per_unit", pa.decimal128(24, 12)),
        ("updated_at", pa.timestamp("us", tz="UTC")),
        ("batch_id", pa.int64()),
        ("file_path", pa.string()),
        ("line_number", pa.int64()),
    ]
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000_000)


def cards(*rows: dict[str, object]) -> RateCards:
    plain = {"card": "c", "unit": "usd", "valid_from": day("2026-01-01"), "batch_id": 1, "line_number": 1}
    full = [dict.fromkeys(SCHEMA.names) | plain | row for row in rows]
    for row in full:
        row["credits_per_unit"] = Decimal(str(row["credits_per_unit"]))
    return RateCards.from_rows(pa.Table.from_pylist(full, SCHEMA))


def rate(found: RateCards, instant: str, model: str | None = None, kind: str | None = None) -> str | None:
    value = found.find("c", "usd", model=model, generation_type=kind, instant_us=at(instant))
    return None if value is None else f"{value:f}"


def test_both_days_are_included_and_the_later_start_counts() -> None:
    found = cards(
        {"credits_per_unit": 10},
        {"credits_per_unit": 20, "valid_from": day("2026-03-01"), "valid_to": day("2026-03-31")},
    )
    days = {
        "2025-12-31T23:59:59.999999": None,
        "2026-01-01T00:00:00": "10",
        "2026-02-28T23:59:59.999999": "10",
        "2026-03-01T00:00:00": "20",
        "2026-03-31T23:59:59.999999": "20",
        "2026-04-01T00:00:00": "10",
    }
    assert {instant: rate(found, instant) for instant in days} == days


def test_the_closest_scope_counts_before_the_later_start() -> None:
    found = cards(
        {"credits_per_unit": 1, "valid_from": day("2026-02-01")},
        {"credits_per_unit": 2, "generation_type": "meta"},
        {"credits_per_unit": 3, "model": "big"},
        {"credits_per_unit": 4, "model": "big", "generation_type": "meta", "valid_to": day("2026-02-28")},
    )
    scopes = [(None, None), ("small", "meta"), ("big", "bullets"), ("big", "meta")]
    assert [rate(found, "2026-02-10", *scope) for scope in scopes] == ["1", "2", "3", "4"]
    assert rate(found, "2026-03-01", "big", "meta") == "3"
    assert rate(found, "2026-01-10") is None


@pytest.mark.parametrize(
    ("versions", "counts"),
    [
        ([{"batch_id": 1}, {"batch_id": 2}], 1),
        ([{"batch_id": 2}, {"batch_id": 1}], 0),
        ([{"file_path": "b.csv"}, {"file_path": "a.csv"}], 0),
        ([{"line_number": 1}, {"line_number": 2}], 1),
        ([{"updated_at": "2026-05-02"}, {"updated_at": "2026-05-01", "batch_id": 2}], 0),
        # without a date: as new as the newest that had come by then
        ([{"updated_at": "2026-05-02"}, {"batch_id": 2}], 1),
        ([{}, {"updated_at": "2026-05-02"}], 1),
        ([{"updated_at": "2026-05-02", "batch_id": 2}, {"batch_id": 1}], 0),
    ],
)
def test_of_two_versions_the_newest_counts(versions: list[dict[str, object]], counts: int) -> None:
    for row in versions:
        if text := row.get("updated_at"):
            row["updated_at"] = datetime.fromisoformat(str(text)).replace(tzinfo=UTC)
    found = cards(*(row | {"credits_per_unit": number} for number, row in enumerate(versions)))
    assert rate(found, "2026-06-01") == str(counts)


def test_the_fingerprint_is_of_what_the_cards_say() -> None:
    one = cards({"credits_per_unit": 10}, {"credits_per_unit": 20, "valid_from": day("2026-02-01")})
    same = cards(
        {"credits_per_unit": "20.00", "valid_from": day("2026-02-01"), "batch_id": 7},
        {"credits_per_unit": 99},
        {"credits_per_unit": 10, "batch_id": 2},
    )
    other = cards({"credits_per_unit": 10}, {"credits_per_unit": 21, "valid_from": day("2026-02-01")})
    assert one.fingerprint == same.fingerprint
    assert len({one.fingerprint, other.fingerprint, RateCards.empty().fingerprint}) == 3
    assert one.fingerprint != cards({"credits_per_unit": 10, "model": "m"}).fingerprint


def test_a_card_or_unit_without_rows_has_no_rate() -> None:
    found = cards({"credits_per_unit": 10})
    arguments = {"model": None, "generation_type": None, "instant_us": at("2026-06-01")}
    assert found.find("other", "usd", **arguments) is None
    assert found.find("c", "input_token", **arguments) is None
    assert RateCards.empty().find("c", "usd", **arguments) is None
