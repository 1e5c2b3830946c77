"""The shipped mappings on their samples and on real payloads: exact rows, and totals that equal a sum of our own.

How a verb works is in test_engine; what a mapping may say in test_mapping.
"""

import csv
import hashlib
import json
import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest

from orchestration.landing.sources.mapping import mapping_from, read_mapping, shipped
from tests.support.mapped_sources import CARDS, Loaded, load, load_shipped

REPO = Path(__file__).resolve().parents[4]
DOCS = REPO / "docs/sources"
SAMPLES = DOCS / "samples"
REAL = REPO.parent / "shared/data/sources"
EVENTS, OUTCOMES, ENTRIES = "generation_events", "content_outcomes", "credit_entries"
TOTALS, PRODUCTS = "provider_totals", "products"

needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real payloads are not in ../shared/data/sources")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def credits(usd: str | Decimal) -> Decimal:
    """Dollars at the rate of 100, to six places."""
    return (Decimal(usd) * 100).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


def sample_csv(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(newline="") as file:
        return list(csv.DictReader(file))


def sample_json(name: str) -> dict:
    return json.loads((SAMPLES / name).read_text(), parse_float=Decimal)


def sample_lines(file: Path) -> list[dict]:
    return [json.loads(line, parse_float=Decimal) for line in file.read_text().splitlines()]


def sample(name: str, *files: str, folder: str = "") -> Loaded:
    loaded = load_shipped(name, *(SAMPLES / file for file in files), folder=folder)
    rows = {row for feed in loaded.mapped.feeds for row in feed.documents["record"].to_pylist()}
    rejected = {record for record, _ in loaded.mapped.rejected}
    assert loaded.record_count == len(rows) + loaded.mapped.left_out + len(rejected)
    return loaded


def first_id(text: str) -> str:
    return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}-0"


# -- all of them -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_page_names_every_column_of_a_shipped_mapping(name: str) -> None:
    mapping = read_mapping(shipped()[name], name=name)
    page = DOCS / f"{dict(litellm_payload='litellm', ccusage='claude_code').get(name, name)}.md"
    named = set(re.findall(r"`([a-z_]+)`", page.read_text()))
    columns = {column for feed in mapping.all_feeds.values() for column in feed.columns}
    assert columns <= named
    assert f"]({page.name})" in (DOCS / "README.md").read_text()
    assert [file for file in SAMPLES.iterdir() if file.name.startswith(f"{name}.")]


@pytest.mark.parametrize("name", ["litellm", "litellm_payload", "langfuse", "openrouter", "otel", "claude_code"])
def test_without_a_rate_card_rows_are_refused_with_the_remedy(name: str) -> None:
    file = next(file for file in sorted(SAMPLES.iterdir()) if file.name.startswith(f"{name}."))
    loaded = load_shipped(name, file, cards=())
    assert loaded.rejected
    assert {reject.rule for reject in loaded.rejected} == {"rate.missing"}
    assert "rate_cards" in loaded.rejected[0].remedy


# -- LiteLLM ---------------------------------------------------------------------------------------------------


def test_litellm_dump() -> None:
    loaded = sample("litellm", "litellm.dump.csv")
    assert loaded.rejected == []
    assert loaded.mapped.repeated == 2
    columns = "event_id occurred_at workspace_id member_id product_id generation_type status credits".split()
    rows = loaded.rows(EVENTS, *columns)
    unnamed = [row[0] for row in rows[2:4]]
    assert len(set(unnamed)) == 2
    assert all(re.fullmatch("[0-9a-f]{32}-0", str(event_id)) for event_id in unnamed)
    assert rows == [
        ("chatcmpl-a1", at("2026-05-04T09:20:48.851"), "team-a", "kim", "sku-11", "description", "succeeded", Decimal("0.0225")),
        ("chatcmpl-a2", at("2026-05-04T09:21:00.900"), "team-a", "lee", "sku-12", "meta", "succeeded", Decimal("0.00004")),
        (unnamed[0], at("2026-05-04T10:00:01"), "org-1", "u-7", None, "acompletion", "succeeded", Decimal("0.1")),
        (unnamed[1], at("2026-05-04T10:00:01"), "default", "u-8", None, "acompletion", "succeeded", Decimal("0.1")),
        ("chatcmpl-a5", at("2026-05-05T00:00:02"), "team-b", "u-8", "sku-11", "description", "succeeded", Decimal("0.087")),
        ("chatcmpl-a6", at("2026-05-05T08:00:30"), "team-b", "lee", None, "acompletion", "failed", Decimal(0)),
    ]
    assert loaded.rows(EVENTS, "ruleset_id", "model", "provider", "input_tokens", "output_tokens", "latency_ms")[0] == (
        "rules-3", "gpt-4o", "openai", 10, 20, 2004
    )  # fmt: skip
    ours = [
        credits(Decimal(row["spend"]) or json.loads(row["metadata"], parse_float=Decimal).get("cost_breakdown", {}).get("total_cost", 0))
        for row in sample_csv("litellm.dump.csv")
    ]
    assert loaded.total(EVENTS, "credits") == sum(ours)
    assert loaded.total(EVENTS, "provider_cost") == Decimal("0.0030954")


def test_litellm_page_of_the_api() -> None:
    loaded = sample("litellm", "litellm.page.json")
    assert loaded.rows(EVENTS, "event_id", "occurred_at", "product_id", "credits") == [
        ("chatcmpl-p1", at("2026-05-04T09:20:48.851"), "sku-11", Decimal("0.0225")),
        ("chatcmpl-p2", at("2026-05-04T09:21:00.900"), "sku-12", Decimal("0.00004")),
    ]


def test_a_summarised_litellm_log_is_refused_by_name() -> None:
    loaded = load_shipped("litellm", SAMPLES / "litellm.summarised.json")
    assert loaded.feeds[EVENTS] == []
    assert len(loaded.rejected) == 1
    assert "summarised /spend/logs" in loaded.rejected[0].reason
    assert "/spend/logs/v2" in loaded.rejected[0].remedy


def test_litellm_daily_totals_are_added_up_by_model() -> None:
    loaded = sample("litellm", "litellm.daily.jsonl")
    assert loaded.feeds[EVENTS] == []
    assert sorted(loaded.rows(TOTALS, "source", "day", "model", "amount", "currency")) == [
        ("litellm", date(2026, 5, 4), "gpt-4o", Decimal("0.002225"), "USD"),
        ("litellm", date(2026, 5, 4), "gpt-4o-mini", Decimal("0.0000004"), "USD"),
    ]


def test_litellm_payload() -> None:
    loaded = sample("litellm_payload", "litellm_payload.jsonl")
    columns = "event_id occurred_at workspace_id member_id product_id generation_type status credits".split()
    assert loaded.rows(EVENTS, *columns) == [
        ("chatcmpl-s1", at("2026-05-04T10:00:48.25"), "team-a", "u-7", "sku-12", "bullets", "succeeded", Decimal("0.034")),
        ("chatcmpl-s2", at("2026-05-04T10:01:41.5"), "team-a", "kim", "sku-11", "keywords", "succeeded", Decimal("0.00021")),
        ("chatcmpl-s3", at("2026-05-04T10:03:21"), "default", "u-8", None, "acompletion", "failed", Decimal(0)),
    ]
    assert loaded.total(EVENTS, "credits") == credits("0.00034") + credits("0.0000021")


@needs_real
def test_litellm_on_a_real_payload() -> None:
    loaded = load_shipped("litellm", REAL / "litellm/spend_logs_payload.json")
    assert loaded.rejected == []
    assert loaded.rows(EVENTS, "event_id", "occurred_at", "workspace_id", "member_id", "status", "credits") == [
        ("chatcmpl-2283081b-dc89-41f6-93e6-d4f914774027", at("2025-01-24T09:20:46.851954"), "default", None, "succeeded", Decimal("0.0225"))
    ]  # fmt: skip
    # an entry without times and call type, as the documentation abridges it
    abridged = load_shipped("litellm", REAL / "litellm/docs_spend_log_entry.json")
    assert {reject.column for reject in abridged.rejected} == {"occurred_at"}


# -- OpenTelemetry ---------------------------------------------------------------------------------------------


def test_otel_spans_of_agents_and_tools_are_left_out() -> None:
    loaded = sample("otel", "otel.jsonl")
    assert loaded.rejected == []
    columns = "event_id occurred_at workspace_id member_id product_id generation_type status credits".split()
    t1, t2 = "5b8efff798038103d269b633813fc60c", "6c9f000898149214e37ac744924fd71d"
    assert loaded.rows(EVENTS, *columns) == [
        (f"{t1}-eee19b7ec3c1b174", at("2026-05-04T10:00:02.123456"), "acme", "kim", "sku-11", "description", "succeeded", Decimal("0.6")),
        (f"{t1}-eee19b7ec3c1b176", at("2026-05-04T10:00:04"), "acme", "kim", "sku-11", "meta", "succeeded", Decimal("2.5")),
        (f"{t2}-eee19b7ec3c1b174", at("2026-05-05T10:00:01"), "default", "lee", None, "chat", "failed", Decimal("0.0021")),
    ]
    assert loaded.rows(EVENTS, "model", "provider", "input_tokens", "output_tokens")[:2] == [
        ("gpt-4o-2024-08-06", "openai", 1000, 200),
        ("gpt-4o", "openai", 500, 100),
    ]
    assert loaded.rows(OUTCOMES, "event_id", "source", "outcome", "occurred_at") == [
        (f"{t1}-eee19b7ec3c1b174", "otel", "accepted", at("2026-05-04T10:00:06"))
    ]
    spans = [
        span
        for line in sample_lines(SAMPLES / "otel.jsonl")
        for resource in line["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    ours = Decimal(0)
    for span in spans:
        found = {item["key"]: next(iter(item["value"].values())) for item in span["attributes"]}
        if found.get("gen_ai.operation.name") == "chat":
            inputs, outputs = (Decimal(found.get(f"gen_ai.usage.{kind}_tokens", 0)) for kind in ("input", "output"))
            ours += Decimal(str(found.get("credits", inputs * Decimal("0.0003") + outputs * Decimal("0.0015"))))
    assert loaded.total(EVENTS, "credits") == ours


# -- Langfuse --------------------------------------------------------------------------------------------------


def test_langfuse_download_takes_user_and_product_of_the_trace() -> None:
    loaded = sample("langfuse", "langfuse.download.json")
    assert loaded.rejected == []
    columns = "event_id occurred_at workspace_id member_id product_id generation_type status credits".split()
    assert loaded.rows(EVENTS, *columns) == [
        ("ob-2", at("2026-05-04T09:00:03.250"), "p-shop", "kim", "sku-11", "description", "succeeded", Decimal("0.0075")),
        ("ob-3", at("2026-05-04T09:00:04"), "p-shop", "kim", "sku-11", "meta", "failed", Decimal(0)),
    ]
    assert loaded.rows(EVENTS, "template_id", "ruleset_id", "workflow", "input_tokens", "output_tokens")[0] == (
        "product-text", "4", "write product", 60, 15
    )  # fmt: skip


def test_langfuse_tables_give_the_newest_version_and_the_outcomes() -> None:
    loaded = sample("langfuse", "langfuse.observations.jsonl", "langfuse.scores.jsonl")
    assert loaded.rejected == []
    columns = ("event_id", "occurred_at", "recorded_at", "member_id", "product_id", "credits")
    assert loaded.rows(EVENTS, *columns) == [
        ("ob-5", at("2026-05-05T10:00:02"), at("2026-05-05T10:00:05"), "lee", "sku-12", Decimal("0.00837")),
        ("ob-5", at("2026-05-05T10:00:02"), at("2026-05-05T11:00:00"), "lee", "sku-12", Decimal("0.009")),
    ]
    assert loaded.total(EVENTS, "credits") == Decimal("0.009")
    assert loaded.rows(OUTCOMES, "outcome_id", "event_id", "outcome") == [("sc-1", "ob-5", "published")]
    assert loaded.mapped.left_out == 2


def test_langfuse_observations_take_user_and_tags_of_their_trace(tmp_path: Path) -> None:
    trace = {"id": "tr-9", "user_id": "ana", "tags": ["product:sku-9"], "updated_at": "2026-05-05 10:00:00"}
    observation = {"id": "ob-9", "trace_id": "tr-9", "type": "GENERATION", "end_time": "2026-05-05 10:00:00", "total_cost": 1}
    (tmp_path / "traces").mkdir()
    files = tmp_path / "traces/traces.jsonl", tmp_path / "observations.jsonl"
    for file, row in zip(files, (trace, observation), strict=True):
        file.write_text(json.dumps(row) + "\n")
    traces = load_shipped_in_folders({"traces": files[0], "observations": files[1]})
    assert traces.rows(EVENTS, "event_id", "member_id", "product_id") == [("ob-9", "ana", "sku-9")]


@needs_real
def test_langfuse_on_real_downloads() -> None:
    files = sorted((REAL / "langfuse").glob("*.json"))
    loaded = load_shipped("langfuse", *files)
    assert loaded.rejected == []
    ours = {
        item["id"]: Decimal(str(item["totalCost"]))
        for file in files
        for item in json.loads(file.read_text(), parse_float=Decimal)["observations"]
        if item["type"] == "GENERATION"
    }
    assert len(ours) == 13
    assert loaded.total(EVENTS, "credits") == sum(map(credits, ours.values()))
    assert loaded.total(EVENTS, "provider_cost") == sum(ours.values())
    assert {row["event_id"] for row in loaded.feeds[EVENTS]} == set(ours)
    assert loaded.rows(EVENTS, "event_id", "member_id", "occurred_at", "model", "credits")[0] == (
        "83517f9062f5ada4", "user_123", at("2025-06-06T11:31:34.606"), "gpt-4o", Decimal("0.0025")
    )  # fmt: skip


# -- OpenMeter -------------------------------------------------------------------------------------------------


def test_openmeter_events_are_known_by_source_and_id() -> None:
    loaded = sample("openmeter", "openmeter.jsonl", "openmeter.batch.json")
    columns = ("source", "event_id", "occurred_at", "workspace_id", "member_id", "generation_type", "credits")
    first = ("openmeter:writer", "00001", at("2026-05-04T09:00:00.001"), "acme", "kim", "description", Decimal("1.25"))
    assert loaded.rows(EVENTS, *columns) == [
        first,
        ("openmeter:writer", "00002", at("2026-05-04T09:00:00.001"), "acme", "kim", "meta", Decimal("0.5")),
        first,
        ("openmeter:batch", "00001", at("2026-05-04T09:05:00"), "acme", "lee", "keywords", Decimal(3)),
        ("openmeter:writer", "00010", at("2026-05-05T07:00:00"), "globex", "ana", "description", Decimal("0.75")),
        ("openmeter:writer", "00011", at("2026-05-05T07:10:00"), "globex", "ana", "description", Decimal("0.75")),
    ]
    assert loaded.total(EVENTS, "credits") == Decimal("6.25")
    # an event without a time is refused, since its ingestion time is no part of it
    assert [(reject.rule, reject.column) for reject in loaded.rejected] == [("required", "occurred_at")]


def test_openmeter_grants_are_entries_and_a_voided_one_has_two() -> None:
    loaded = sample("openmeter", "openmeter.grants.json")
    assert loaded.rejected == []
    columns = "entry_id workspace_id entry_type credits lot_id effective_at expires_at priority amount currency".split()
    assert sorted(loaded.rows(ENTRIES, *columns)) == [
        ("01G1", "acme", "purchase", Decimal(1000), "01G1", at("2026-05-01T00:00:00"), at("2026-06-01T00:00:00"), 5, Decimal(50), "USD"),
        ("01G2", "acme", "grant", Decimal(200), "01G2", at("2026-05-01T08:05:00"), None, 10, None, None),
        ("01G2-void", "acme", "void", Decimal(-200), "01G2", at("2026-05-03T10:00:00"), None, 10, None, None),
    ]


@needs_real
def test_openmeter_on_the_documented_events() -> None:
    file = REAL / "openmeter/events_docs.jsonl"
    refused = load_shipped("openmeter", file)
    assert {(reject.rule, reject.column) for reject in refused.rejected} == {("required", "credits")}
    text = shipped()["openmeter"].read_text().replace("credits: data.credits", "credits: data.duration")
    loaded = load(mapping_from(text, name="openmeter", shown_as="mapping.yml"), file)
    assert loaded.rejected == []
    expected = json.loads((REAL / "openmeter/events_docs.expected.json").read_text())["expected"]
    assert loaded.total(EVENTS, "credits") == sum(row["value"] for row in expected) == 30
    assert {row["workspace_id"] for row in loaded.feeds[EVENTS]} == {"customer-1"}


# -- coding assistants and gateways ----------------------------------------------------------------------------


def test_github_report_by_day() -> None:
    loaded = sample("github", "github.csv")
    assert loaded.rejected == []
    columns = "event_id occurred_at workspace_id member_id product_id generation_type credits provider_cost".split()
    rows = loaded.rows(EVENTS, *columns)
    assert rows[0] == (
        "2026-06-03|copilot|copilot_ai_credit|Claude Sonnet 4.5|kim|octo|octo/shop|eng",
        rows[0][1], "octo", "kim", None, "copilot_ai_credit", Decimal("125.5"), Decimal(0),
    )  # fmt: skip
    assert [row[1].date() for row in rows] == [date(2026, 6, 3)] * 3 + [date(2026, 6, 4)]
    assert [row[3] for row in rows] == ["kim", "kim", "lee", None]
    ours = [row for row in sample_csv("github.csv") if row["product"] == "copilot"]
    assert loaded.total(EVENTS, "credits") == sum(Decimal(row["quantity"]) for row in ours)
    assert loaded.total(EVENTS, "provider_cost") == sum(Decimal(row["net_amount"]) for row in ours)
    assert loaded.mapped.left_out == 1


def test_cursor_csv_in_dollars() -> None:
    loaded = sample("cursor", "cursor.csv")
    assert loaded.rejected == []
    assert loaded.rows(EVENTS, "occurred_at", "member_id", "generation_type", "status", "credits") == [
        (at("2026-05-04T10:00:00"), "kim@example.com", "On-Demand", "succeeded", Decimal(12)),
        (at("2026-05-04T10:05:00"), "kim@example.com", "Included", "succeeded", Decimal(0)),
        (at("2026-05-04T10:05:00"), "kim@example.com", "Included", "succeeded", Decimal(0)),
        (at("2026-05-04T11:00:00.500"), "lee@example.com", "Errored, No Charge", "failed", Decimal(0)),
        (at("2026-05-05T09:30:00"), "lee@example.com", "On-Demand", "succeeded", Decimal(7)),
    ]
    assert len({row["event_id"] for row in loaded.feeds[EVENTS]}) == 5
    ours = [Decimal(row["Cost"]) for row in sample_csv("cursor.csv") if row["Cost"][0].isdigit()]
    assert loaded.total(EVENTS, "credits") == 100 * sum(ours)


def test_cursor_pages_in_cents() -> None:
    loaded = sample("cursor", "cursor.events.json")
    assert loaded.rejected == []
    assert loaded.rows(EVENTS, "occurred_at", "member_id", "generation_type", "credits", "provider_cost") == [
        (at("2026-05-04T10:00:46.847"), "kim@example.com", "Usage-based", Decimal("21.36"), Decimal("0.2018")),
        (at("2026-05-04T10:01:40"), "kim@example.com", "Included in Business", Decimal(0), Decimal("0.0041")),
        (at("2026-05-05T10:00:00.123"), "lee@example.com", "Usage-based", Decimal("7.5"), Decimal("0.071")),
    ]
    ours = sample_json("cursor.events.json")["usageEvents"]
    assert loaded.total(EVENTS, "credits") == sum(event["chargedCents"] for event in ours)


def test_openrouter_generations_keep_micro_amounts() -> None:
    loaded = sample("openrouter", "openrouter.csv", "openrouter.generation.json")
    assert loaded.rejected == []
    assert loaded.rows(EVENTS, "event_id", "occurred_at", "member_id", "status", "credits", "model") == [
        ("gen-1777888846-a", at("2026-05-04T10:00:46.847"), "kim", "succeeded", Decimal("0.15"), "openai/gpt-4.1-2025-04-14"),
        ("gen-1777888900-b", at("2026-05-04T10:01:40"), "prod-key", "succeeded", Decimal("0.00004"), "openai/gpt-4o-mini-2024-07-18"),
        ("gen-1777888950-c", at("2026-05-04T10:02:30"), "lee", "cancelled", Decimal("0.02"), "openai/gpt-4.1-2025-04-14"),
        ("gen-1777975200-d", at("2026-05-05T10:00:00"), "ana", "succeeded", Decimal("0.31"), "anthropic/claude-sonnet-4.5"),
    ]
    ours = [Decimal(row["cost_total"]) for row in sample_csv("openrouter.csv")]
    ours.append(sample_json("openrouter.generation.json")["data"]["total_cost"])
    assert loaded.total(EVENTS, "credits") == sum(map(credits, ours))
    assert loaded.total(EVENTS, "provider_cost") == sum(ours)


def test_openrouter_activity_gives_totals() -> None:
    loaded = sample("openrouter", "openrouter.activity.json")
    assert loaded.feeds[EVENTS] == []
    assert loaded.rows(TOTALS, "source", "day", "model", "amount", "currency") == [
        ("openrouter", date(2026, 5, 4), "openai/gpt-4.1-2025-04-14", Decimal("0.0017"), "USD"),
        ("openrouter", date(2026, 5, 4), "openai/gpt-4o-mini-2024-07-18", Decimal("0.0000004"), "USD"),
    ]


def test_claude_code_counts_a_message_of_several_lines_once() -> None:
    loaded = sample("claude_code", "claude_code.jsonl", folder="kim")
    assert loaded.rejected == []
    assert loaded.rows(EVENTS, "event_id", "revision", "member_id", "product_id", "credits") == [
        ("msg_01-req_01", 1, "kim", None, Decimal("1.0527")),
        ("msg_01-req_01", 310, "kim", None, Decimal("1.5162")),
        ("msg_01-req_01", 310, "kim", None, Decimal("1.5162")),
        ("msg_02-req_02", 90, "kim", None, Decimal("0.1386")),
    ]
    assert loaded.mapped.left_out == 3
    rates = {"input_tokens": "0.0003", "output_tokens": "0.0015", "cache_creation_input_tokens": "0.000375", "cache_read_input_tokens": "0.00003"}  # fmt: skip
    last = {}
    for line in sample_lines(SAMPLES / "claude_code.jsonl"):
        if line["type"] == "assistant" and line["message"]["model"] != "<synthetic>":
            last[line["requestId"]] = line["message"]["usage"]
    ours = sum(usage[name] * Decimal(rate) for usage in last.values() for name, rate in rates.items())
    assert loaded.total(EVENTS, "credits") == ours
    # without a folder nothing says who it was
    assert {row["member_id"] for row in sample("claude_code", "claude_code.jsonl").feeds[EVENTS]} == {None}


# -- totals ----------------------------------------------------------------------------------------------------


def test_ccusage_gives_totals_by_model() -> None:
    loaded = sample("ccusage", "ccusage.json")
    assert loaded.rows(TOTALS, "source", "day", "model", "amount", "currency") == [
        ("claude_code", date(2026, 5, 4), "claude-sonnet-4-5", Decimal("0.015162"), "USD"),
        ("claude_code", date(2026, 5, 4), "claude-haiku-4-5", Decimal("0.000462"), "USD"),
    ]
    assert loaded.total(TOTALS, "amount") == sample_json("ccusage.json")["totals"]["totalCost"]


def test_openai_costs_give_totals_of_utc_days() -> None:
    loaded = sample("openai_costs", "openai_costs.json")
    assert loaded.rejected == []
    assert loaded.rows(TOTALS, "source", "day", "workspace_id", "model", "amount", "currency") == [
        ("openai", date(2026, 5, 4), "proj_shop", "gpt-4o-2024-08-06, input", Decimal("0.06"), "USD"),
        ("openai", date(2026, 5, 4), "proj_shop", "gpt-4o-2024-08-06, output", Decimal("0.13"), "USD"),
        ("openai", date(2026, 5, 6), None, None, Decimal("0.0225"), "USD"),
    ]
    ours = [Decimal(row["amount"]["value"]) for bucket in sample_json("openai_costs.json")["data"] for row in bucket["results"]]
    assert loaded.total(TOTALS, "amount") == sum(ours)
    assert loaded.mapped.left_out == 1


def test_anthropic_costs_are_text_in_cents_and_added_up_by_model() -> None:
    loaded = sample("anthropic_costs", "anthropic_costs.json")
    assert loaded.rejected == []
    assert sorted(loaded.rows(TOTALS, "source", "day", "workspace_id", "model", "amount", "currency"), key=str) == [
        ("anthropic", date(2026, 5, 4), "wrkspc_1", "claude-sonnet-4-5", Decimal("1.6938912"), "USD"),
        ("anthropic", date(2026, 5, 4), None, "Web Search Usage", Decimal("0.07"), "USD"),
    ]
    ours = [Decimal(row["amount"]) for bucket in sample_json("anthropic_costs.json")["data"] for row in bucket["results"]]
    assert loaded.total(TOTALS, "amount") == sum(ours) / 100


# -- products --------------------------------------------------------------------------------------------------


def test_shopify_rows_without_a_title_are_left_out() -> None:
    loaded = sample("shopify", "shopify.csv")
    assert loaded.rejected == []
    assert loaded.rows(PRODUCTS, "product_id", "workspace_id", "title", "category") == [
        ("linen-shirt", "default", "Linen shirt", "Shirts"),
        ("mug", "default", "Mug, blue", "Kitchen"),
        ("gift-card", "default", "Gift card", "Gift Cards"),
    ]
    assert loaded.mapped.left_out == 2


def test_woocommerce_variations_are_left_out() -> None:
    loaded = sample("woocommerce", "woocommerce.csv")
    assert loaded.rejected == []
    assert loaded.rows(PRODUCTS, "product_id", "workspace_id", "title", "category") == [
        ("100", "default", "Linen shirt", "Clothing > Shirts"),
        ("102", "default", "Gift card", "Gifts"),
        ("103", "default", "Mug, blue", None),
    ]
    assert loaded.mapped.left_out == 1
