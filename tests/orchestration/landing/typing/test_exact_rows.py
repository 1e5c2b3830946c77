"""Every rule of the contract: how a row is read, and the reason it is rejected.

Not here: agreement with the fast reader (test_row_typer), files and lines (formats/).
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from orchestration.landing.contract import FEEDS
from orchestration.landing.rejects import Reject
from orchestration.landing.typing.exact_rows import Row, RowRejected, read_row

EVENT = {
    "event_id": "e1",
    "occurred_at": "2026-04-07T09:30:00Z",
    "workspace_id": "w1",
    "member_id": "m1",
    "product_id": "p1",
    "generation_type": "description",
    "credits": "1.5",
}
ENTRY = {
    "entry_id": "c1",
    "occurred_at": "2026-04-01T00:00:00Z",
    "workspace_id": "w1",
    "entry_type": "purchase",
    "credits": 5000,
}


def read(feed: str, row: object) -> Row:
    document = row if isinstance(row, str) else json.dumps(row)
    return read_row(FEEDS[feed], document, timezones={"UTC", "Europe/Berlin"})


def rejected(feed: str, row: object) -> Reject:
    with pytest.raises(RowRejected) as caught:
        read(feed, row)
    return caught.value.reject


def event(**values: object) -> dict[str, object]:
    return read("generation_events", EVENT | values).values


def rejected_event(**values: object) -> Reject:
    return rejected("generation_events", EVENT | values)


def test_a_row_of_required_columns_gets_the_defaults_of_the_contract() -> None:
    row = read("generation_events", EVENT)
    assert row.values["source"] == "native"
    assert row.values["status"] == "succeeded"
    assert row.values["occurred_at"] == datetime(2026, 4, 7, 9, 30, tzinfo=UTC)
    assert row.values["credits"] == Decimal("1.500000")
    assert row.values["quality_score"] is None
    assert row.attributes is None
    assert row.unknown == ()


def test_a_credit_entry_opens_its_own_lot_effective_when_it_occurred() -> None:
    values = read("credit_entries", ENTRY).values
    assert values["lot_id"] is None
    assert values["effective_at"] == values["occurred_at"]
    assert values["priority"] == 10
    assert values["expires_at"] is None


def test_the_empty_text_is_the_same_as_null() -> None:
    assert event(locale="", quality_score="", source="", recorded_at="") == event()
    assert rejected_event(generation_type="").rule == "required"


def test_a_missing_or_null_required_value_is_rejected_by_name() -> None:
    reject = rejected_event(generation_type=None)
    assert (reject.rule, reject.column) == ("required", "generation_type")
    assert "generation_type" in reject.reason and reject.remedy


@pytest.mark.parametrize("text", ["-", "none", "None", "NULL", "n/a", "N/A", "", None])
def test_what_logs_write_without_an_id_is_a_missing_id(text: str | None) -> None:
    found = event(member_id=text, product_id=text)
    assert (found["member_id"], found["product_id"]) == (None, None)


@pytest.mark.parametrize("text", ["--", "nobody", "nulls", "na", " -"])
def test_an_id_that_only_resembles_a_missing_one_is_kept(text: str) -> None:
    assert event(product_id=text)["product_id"] == text


def test_a_model_or_a_workspace_may_be_called_none() -> None:
    assert event(model="none", workspace_id="-")["workspace_id"] == "-"


def test_a_revision_is_zero_by_default_and_whole() -> None:
    assert (event()["revision"], event(revision="3")["revision"]) == (0, 3)
    assert rejected_event(revision="1.5").rule == "integer.whole"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-07T09:30:00+05:30", datetime(2026, 4, 7, 4, 0, tzinfo=UTC)),
        ("2026-04-07 09:30:00-00:00", datetime(2026, 4, 7, 9, 30, tzinfo=UTC)),
        ("2026-04-07t09:30:00.5z", datetime(2026, 4, 7, 9, 30, 0, 500000, UTC)),
        ("2026-04-07T09:30:00.9999999Z", datetime(2026, 4, 7, 9, 30, 0, 999999, UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-04-07 09:30:00.12345+00", datetime(2026, 4, 7, 9, 30, 0, 123450, UTC)),
        ("2026-04-07 09:30:00-05", datetime(2026, 4, 7, 14, 30, tzinfo=UTC)),
        ("2026-04-07T09:30:00+0530", datetime(2026, 4, 7, 4, 0, tzinfo=UTC)),
        ("2026-04-07 09:30:00 +0200", datetime(2026, 4, 7, 7, 30, tzinfo=UTC)),
        ("2026-04-07 09:30:00 UTC", datetime(2026, 4, 7, 9, 30, tzinfo=UTC)),
        ("2026-04-07T09:30Z", datetime(2026, 4, 7, 9, 30, tzinfo=UTC)),
        ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
    ],
)
def test_instants_are_utc_truncated_to_microseconds(text: str, expected: datetime) -> None:
    assert event(occurred_at=text)["occurred_at"] == expected


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("2026-04-07T09:30:00", "instant.offset"),
        ("2026-04-07", "instant.format"),
        ("2025-07-5T00:00:00Z", "instant.format"),
        ("2026-04-07T09:30:00+24:00", "instant.format"),
        ("2026-04-07T09:30:00+020", "instant.format"),
        ("2026-04-07 09:30:00 CET", "instant.format"),
        ("2026-04-07T09:30", "instant.offset"),
        ("2026-04-07T09Z", "instant.format"),
        (1775554200, "instant.format"),
        ("2026-02-29T00:00:00Z", "instant.range"),
        ("2026-12-31T23:59:60Z", "instant.range"),
        ("9999-12-31T23:59:59-01:00", "instant.range"),
        ({"seconds": 1}, "type"),
    ],
)
def test_a_time_that_would_have_to_be_guessed_is_rejected(value: object, rule: str) -> None:
    reject = rejected_event(occurred_at=value)
    assert (reject.rule, reject.column) == (rule, "occurred_at")


@pytest.mark.parametrize(
    "text", ["1999-12-31T23:59:59Z", "2000-01-01T01:00:00+05:00", "0001-01-01T00:00:00Z"]
)
def test_an_instant_before_2000_is_refused(text: str) -> None:
    reject = rejected_event(occurred_at=text)
    assert (reject.rule, reject.value) == ("instant.range", text)
    assert "before 2000-01-01" in reject.reason


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00:00Z", "1970-01-01 00:00:00+02:00", "1969-12-31 19:00:00-05"]
)
def test_an_instant_of_zero_is_named_as_a_missing_time(text: str) -> None:
    assert "a missing time that was written as zero" in rejected_event(occurred_at=text).reason
    assert "or leave it empty" in rejected_event(recorded_at=text).remedy
    assert "empty" not in rejected_event(occurred_at=text).remedy


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("0.30000000000000004", "0.300000"),
        ("0.7999999999999999", "0.800000"),
        ('"1.50000000000000001"', "1.500000"),
        ("1.000000001", "1.000000"),
        ("999999999998.9999999999", "999999999999.000000"),
        ("-5.551115123125783e-17", "0.000000"),
    ],
)
def test_the_noise_of_binary_sums_is_no_digit_of_credits(literal: str, expected: str) -> None:
    document = json.dumps(EVENT | {"credits": "?"}).replace('"?"', literal)
    assert str(read("generation_events", document).values["credits"]) == expected


def test_the_noise_of_binary_sums_is_no_digit_of_money() -> None:
    def money(amount: str) -> object:
        return read("credit_entries", ENTRY | {"amount": amount}).values["amount"]

    assert money("0.00022500000000000002") == Decimal("0.000225")
    assert money("0.00003689999999999999600") == Decimal("0.0000369")
    assert money("12.0000000009999999") == Decimal("12.000000001")
    assert money("12.00000000012345678") == 12
    assert money("0.000000000123") == Decimal("0.000000000123")  # a price of one token is no noise
    assert rejected("credit_entries", ENTRY | {"amount": "0.0000000001234"}).rule == "decimal.digits"


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("1.5", "1.500000"),
        ('"1.5"', "1.500000"),
        ("1.5000000000000000000000", "1.500000"),
        ("0.000001", "0.000001"),
        ("1e3", "1000.000000"),
        ('"+007"', "7.000000"),
        ("-0", "0.000000"),
        ("999999999999.999999", "999999999999.999999"),
    ],
)
def test_credits_are_exact(literal: str, expected: str) -> None:
    document = json.dumps(EVENT | {"credits": "?"}).replace('"?"', literal)
    credits = read("generation_events", document).values["credits"]
    assert str(credits) == expected


@pytest.mark.parametrize(
    ("literal", "rule"),
    [
        ("0.1234567", "decimal.digits"),
        ("1.000000002", "decimal.digits"),
        ("999999999999.9999999999", "decimal.digits"),
        ("1" * 30, "decimal.digits"),
        ("1e400", "decimal.digits"),
        ("-0.000001", "range"),
        ("NaN", "json"),
        ("Infinity", "json"),
        ('"NaN"', "number.format"),
        ('"1,5"', "number.format"),
        ('" 1"', "number.format"),
        ('"twelve"', "number.format"),
        ("true", "type"),
        ("[1]", "type"),
    ],
)
def test_credits_that_do_not_fit_are_rejected_not_rounded(literal: str, rule: str) -> None:
    document = json.dumps(EVENT | {"credits": "?"}).replace('"?"', literal)
    assert rejected("generation_events", document).rule == rule


def test_a_decimal_comma_is_named_and_never_guessed() -> None:
    reject = rejected_event(credits="2,75")
    assert reject.rule == "number.format"
    assert "has a comma" in reject.reason and "12.5" in reject.remedy
    assert "comma" not in rejected_event(credits="two").reason


def test_negative_credits_name_the_two_ways_to_take_usage_back() -> None:
    remedy = rejected_event(credits="-4").remedy
    assert "event_retractions" in remedy and "refund in credit_entries" in remedy


def test_every_fault_of_a_row_is_named_at_once() -> None:
    reject = rejected_event(occurred_at="yesterday", status="OK", quality_score=85, locale=True)
    assert (reject.rule, reject.column, reject.value) == ("instant.format", "occurred_at", "yesterday")
    for column in ("occurred_at", "status", "quality_score", "locale"):
        assert f"{column} must" in reject.reason
    assert "a share such as 0.85" in reject.remedy and "exact lower case" in reject.remedy
    entry = rejected("credit_entries", ENTRY | {"occurred_at": "", "credits": -1, "priority": "first"})
    assert "occurred_at is required" in entry.reason
    assert "priority must be a plain decimal number; found first" in entry.reason
    assert "credits of a purchase must be positive; found -1" in entry.reason


def test_a_row_of_many_faults_names_a_sensible_number_of_them() -> None:
    reject = rejected("generation_events", dict.fromkeys(FEEDS["generation_events"].names, True))
    assert reject.reason.endswith(" more faults")
    assert len(reject.reason) < 500


def test_money_has_twelve_decimals() -> None:
    assert read("credit_entries", ENTRY | {"amount": "-0.000000000001"}).values["amount"] == Decimal("-1e-12")
    assert rejected("credit_entries", ENTRY | {"amount": "0.0000000000001"}).rule == "decimal.digits"


def test_a_score_is_a_share_rounded_half_even_to_seventeen_decimals() -> None:
    assert event(quality_score="0.123456789012345665")["quality_score"] == Decimal("0.12345678901234566")
    assert event(quality_score=1)["quality_score"] == 1
    for outside in ("1.000000000000000001", "-0.1", 85):
        assert rejected_event(quality_score=outside).rule == "range"
    reject = rejected("content_outcomes", {"outcome_id": "o", "event_id": "e", "occurred_at": "2026-01-01T00:00:00Z", "outcome": "edited", "edit_ratio": 1.5})  # fmt: skip  # noqa: E501
    assert (reject.rule, reject.column) == ("range", "edit_ratio")


def test_counts_are_whole_and_not_negative() -> None:
    assert event(input_tokens=638.0)["input_tokens"] == 638
    assert event(latency_ms="6.38e2")["latency_ms"] == 638
    assert rejected_event(input_tokens=638.5).rule == "integer.whole"
    assert rejected_event(input_tokens=-1).rule == "range"
    assert rejected_event(input_tokens="9223372036854775808").rule == "integer.range"
    assert read("credit_entries", ENTRY | {"priority": -3}).values["priority"] == -3


def test_a_pack_is_valid_for_at_least_a_day() -> None:
    pack = {"pack_id": "p", "workspace_id": "w", "credits": 100, "price": "9.99", "currency": "EUR"}
    assert read("credit_packs", pack | {"validity_days": 1}).values["validity_days"] == 1
    reject = rejected("credit_packs", pack | {"validity_days": 0})
    assert (reject.rule, reject.column, reject.value) == ("range", "validity_days", "0")


@pytest.mark.parametrize(
    ("entry_type", "good", "bad"),
    [("purchase", 1, 0), ("grant", 1, -1), ("refund", 1, 0), ("void", -1, 1), ("adjustment", -1, None)],
)
def test_the_entry_type_decides_the_sign_of_its_credits(entry_type: str, good: int, bad: int | None) -> None:
    assert (
        read("credit_entries", ENTRY | {"entry_type": entry_type, "credits": good}).values["credits"] == good
    )
    if bad is not None:
        reject = rejected("credit_entries", ENTRY | {"entry_type": entry_type, "credits": bad})
        assert (reject.rule, reject.column, reject.value) == ("sign", "credits", str(bad))
        assert entry_type in reject.reason


def test_accepted_values_are_exact_lower_case() -> None:
    reject = rejected_event(status="Succeeded")
    assert (reject.rule, reject.column, reject.value) == ("accepted_values", "status", "Succeeded")
    assert "timed_out" in reject.reason


def test_a_time_zone_must_be_known_to_both_engines() -> None:
    assert (
        read("workspaces", {"workspace_id": "w", "timezone": "Europe/Berlin"}).values["timezone"]
        == "Europe/Berlin"
    )
    assert rejected("workspaces", {"workspace_id": "w", "timezone": "Mars/Base"}).rule == "timezone"


def test_a_number_in_a_text_column_keeps_its_literal_text() -> None:
    document = json.dumps(EVENT).replace('"e1"', "12345678901234567890.10")
    assert read("generation_events", document).values["event_id"] == "12345678901234567890.10"
    assert rejected_event(event_id=True).rule == "type"
    assert rejected_event(event_id={"a": 1}).rule == "type"


@pytest.mark.parametrize(
    "name", ["'; drop table x", "{{ x }}", "<script>", "=cmd()", "שלום", "é😀" * 500, " a "]
)
def test_text_is_kept_exactly(name: str) -> None:
    assert read("members", {"member_id": "m", "workspace_id": "w", "name": name}).values["name"] == name


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        ("nope", "json"),
        ('{"event_id": "e1"', "json"),
        ('{"event_id": "e1",}', "json"),
        ('{"event_id": "e1"} x', "json"),
        ("[1]", "json.object"),
        ('"text"', "json.object"),
        ("null", "json.object"),
        (json.dumps(EVENT)[:-1] + ', "credits": 2}', "json.duplicate_key"),
        (json.dumps(EVENT)[:-1] + ', "new": {"a": 1, "a": 2}}', "json.duplicate_key"),
        (json.dumps(EVENT)[:-1] + ', "new": ' + "[" * 100 + "]" * 100 + "}", "json.depth"),
        (json.dumps(EVENT)[:-1] + ', "new": ' + "[" * 100_000 + "]" * 100_000 + "}", "json.depth"),
        (json.dumps(EVENT)[:-1] + r', "locale": "a\u0000b"}', "text.nul"),
        (json.dumps(EVENT)[:-1] + r', "new": "a\u0000b"}', "text.nul"),
        (json.dumps(EVENT)[:-1] + r', "locale": "\ud800"}', "text.surrogate"),
        (json.dumps(EVENT)[:-1] + r', "new": "\ud800"}', "text.surrogate"),
    ],
)
def test_json_that_is_broken_or_ambiguous_is_rejected(document: str, rule: str) -> None:
    reject = rejected("generation_events", document)
    assert reject.rule == rule
    assert reject.reason and reject.remedy
    (reject.value or "").encode()


def test_unknown_columns_are_kept_in_attributes_exactly() -> None:
    document = (
        json.dumps(EVENT)[:-1]
        + ', "z": 1.10, "a": {"n": 12345678901234567890.123, "m": [true, null]}, "e": ""}'
    )
    row = read("generation_events", document)
    assert row.attributes == '{"a":{"m":[true,null],"n":12345678901234567890.123},"z":1.10}'
    assert row.unknown == ("a", "e", "z")


@pytest.mark.parametrize("given", [{"k": "v"}, '{"k": "v"}'])
def test_given_attributes_and_unknown_columns_are_one_object(given: object) -> None:
    row = read("generation_events", EVENT | {"attributes": given, "new": 1})
    assert row.attributes == '{"k":"v","new":1}'
    assert row.unknown == ("new",)


def test_no_attribute_is_lost_when_a_name_is_on_both_sides() -> None:
    row = read("generation_events", EVENT | {"attributes": {"new": "inner"}, "new": "outer"})
    assert row.attributes == '{"attributes":{"new":"inner"},"new":"outer"}'


@pytest.mark.parametrize("given", ["plain text", "{not json", 5, [1]])
def test_attributes_that_are_no_object_are_kept_as_they_are(given: object) -> None:
    row = read("generation_events", EVENT | {"attributes": given})
    assert json.loads(row.attributes or "") == {"attributes": given}


@pytest.mark.parametrize("nothing", [None, "", {}, "{}"])
def test_empty_attributes_are_null(nothing: object) -> None:
    assert read("generation_events", EVENT | {"attributes": nothing}).attributes is None


EXTENSION = ENTRY | {
    "entry_type": "extension",
    "credits": 0,
    "lot_id": "l",
    "expires_at": "2026-07-01T00:00:00Z",
}


def test_an_extension_moves_no_credits_and_names_a_lot_and_an_expiry() -> None:
    assert read("credit_entries", EXTENSION).values["credits"] == 0
    reject = rejected("credit_entries", EXTENSION | {"lot_id": None})
    assert reject.reason == "lot_id is required where entry_type is extension, and missing or empty"
    assert rejected("credit_entries", EXTENSION | {"expires_at": ""}).column == "expires_at"
    reject = rejected("credit_entries", EXTENSION | {"credits": 5})
    assert (reject.rule, reject.reason) == ("sign", "credits of an extension must be zero; found 5")


def test_a_plan_has_dates_and_positive_credits() -> None:
    plan = {"workspace_id": "w", "plan_id": "p", "credits": 5, "interval": "month", "starts_on": "2026-01-31"}
    assert read("credit_plans", plan).values["starts_on"] == date(2026, 1, 31)
    for wrong in ("2026-02-30", "31.1.2026", "2026-01-31T00:00:00Z"):
        assert rejected("credit_plans", plan | {"starts_on": wrong}).rule == "date.format"
    assert rejected("credit_plans", plan | {"credits": 0}).rule == "sign"


def test_a_rate_has_twelve_places_and_holds_for_days() -> None:
    rate = {
        "card": "list",
        "valid_from": "2026-02-01",
        "unit": "input_token",
        "credits_per_unit": "0.000000400001",
    }
    row = read("rate_cards", rate).values
    assert (row["valid_from"], row["valid_to"]) == (date(2026, 2, 1), None)
    assert row["credits_per_unit"] == Decimal("0.000000400001")
    assert rejected("rate_cards", rate | {"credits_per_unit": "-1"}).rule == "range"
    assert rejected("rate_cards", rate | {"unit": ""}).rule == "required"


TOTAL = {"source": "gateway", "day": "2026-03-31", "amount": "718.743"}


def test_a_total_is_of_credits_or_of_an_amount() -> None:
    row = read("provider_totals", TOTAL).values
    assert (row["period"], row["timezone"], row["revision"]) == ("day", "UTC", 0)
    assert (row["credits"], row["amount"]) == (None, Decimal("718.743"))
    reject = rejected("provider_totals", TOTAL | {"credits": 5})
    assert reject.reason == "a row has either credits or amount; found credits and amount"
    reject = rejected("provider_totals", TOTAL | {"amount": None})
    assert (reject.rule, reject.column) == ("one_of", "credits")
    assert reject.reason == "a row has either credits or amount; found none"


BUDGET = {"budget_id": "b", "workspace_id": "w", "scope": "workspace", "period": "month", "credits": 1000}


def test_a_budget_is_of_credits_or_of_an_amount_in_a_currency() -> None:
    assert read("budgets", BUDGET).values["credits"] == 1000
    of_amount = BUDGET | {"credits": None, "amount": "59.90"}
    reject = rejected("budgets", of_amount)
    assert reject.reason == "currency is required where amount is filled, and missing or empty"
    assert reject.remedy == "Fill it in every row with amount."
    assert read("budgets", of_amount | {"currency": "USD"}).values["amount"] == Decimal("59.9")
    assert rejected("budgets", BUDGET | {"amount": 5, "currency": "USD"}).rule == "one_of"
    assert rejected("budgets", BUDGET | {"credits": 0}).reason == (
        "credits of a month must be positive; found 0"
    )


def test_a_budget_names_what_it_is_for() -> None:
    reject = rejected("budgets", BUDGET | {"scope": "team"})
    assert reject.reason == "scope_id is required where scope is team, and missing or empty"
    assert read("budgets", BUDGET | {"scope": "tag", "scope_id": "project=spring=26"})
    for wrong in ("spring", "=spring", "project="):
        reject = rejected("budgets", BUDGET | {"scope": "tag", "scope_id": wrong})
        assert (reject.rule, reject.column) == ("text.format", "scope_id")
        assert reject.reason == f"scope_id of a tag must be key=value, such as project=spring; found {wrong}"
    assert rejected("budgets", BUDGET | {"scope": "user", "scope_id": "m"}).column == "scope"


def test_a_budget_does_not_end_before_it_begins() -> None:
    days = {"starts_on": "2026-03-31", "ends_on": "2026-03-31"}
    assert read("budgets", BUDGET | days).values["ends_on"] == date(2026, 3, 31)
    reject = rejected("budgets", BUDGET | days | {"ends_on": "2026-03-30"})
    assert reject.rule == "date.order"
    assert reject.reason == "ends_on must not be before starts_on, 2026-03-31; found 2026-03-30"


def test_the_cost_of_a_generation_may_be_zero_and_not_negative() -> None:
    row = event(provider_cost="0", provider_currency="USD", workflow="import")
    assert (row["provider_cost"], row["provider_currency"], row["workflow"]) == (0, "USD", "import")
    assert rejected_event(provider_cost="-0.01").rule == "range"
