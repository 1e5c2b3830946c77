"""The shipped mappings on their samples and on real payloads: exact rows, and totals that equal our own sum.

How a verb works is in test_engine; what a mapping may say in test_mapping.
"""

import csv
import json
import re
import shutil
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest
from support.mapped_sources import Loaded, lines, load, load_shipped

from orchestration.landing.sources.mapping import mapping_from, read_mapping, shipped

REPO = Path(__file__).resolve().parents[4]
DOCS = REPO / "docs/sources"
SAMPLES = DOCS / "samples"
REAL = REPO.parent / "shared/data/sources"
PAGES = {"litellm_payload": "litellm", "ccusage": "claude_code"}
EVENTS, OUTCOMES, ENTRIES = "generation_events", "content_outcomes", "credit_entries"
TOTALS, PRODUCTS = "provider_totals", "products"
EVENT = "event_id occurred_at workspace_id member_id product_id generation_type status credits"
TOTAL = "source day workspace_id model amount currency"

needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real payloads are not in ../shared/data/sources"
)


def awaits(verb: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(strict=True, reason=f"the mapping language has no {verb} yet")


def in_credits(usd: str | Decimal) -> Decimal:
    """Dollars at the rate of 100, to six places."""
    return (Decimal(usd) * 100).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


def csv_rows(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(newline="") as file:
        return list(csv.DictReader(file))


def json_of(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def sample(name: str, *files: str) -> Loaded:
    """Samples through their mapping; every record is mapped, left out or rejected."""
    loaded = load_shipped(name, *(SAMPLES / file for file in files))
    rows = {row for feed in loaded.mapped.feeds for row in feed.documents["record"].to_pylist()}
    assert loaded.record_count == len(rows) + loaded.mapped.left_out + len(loaded.mapped.rejected)
    return loaded


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_page_names_every_column_of_a_shipped_mapping(name: str) -> None:
    mapping = read_mapping(shipped()[name], name=name)
    page = DOCS / f"{PAGES.get(name, name)}.md"
    columns = {column for feed in mapping.all_feeds.values() for column in feed.columns}
    assert columns <= set(re.findall(r"`([a-z_]+)`", page.read_text()))
    assert f"]({page.name})" in (DOCS / "README.md").read_text()
    assert [file for file in SAMPLES.iterdir() if file.name.startswith(f"{name}.")]


@pytest.mark.parametrize(
    "file",
    [
        "litellm.dump.csv",
        "litellm_payload.jsonl",
        "langfuse.download.json",
        "openrouter.csv",
        "otel.jsonl",
        "claude_code.jsonl",
    ],
)
def test_without_a_rate_card_rows_are_refused_with_the_remedy(file: str) -> None:
    loaded = load_shipped(file.split(".")[0], SAMPLES / file, cards=())
    assert {reject.rule for reject in loaded.rejected} == {"rate.missing"}
    assert "rate_cards" in loaded.rejected[0].remedy


def test_litellm_dump_with_ids_that_are_none_and_micro_amounts() -> None:
    loaded = sample("litellm", "litellm.dump.csv")
    assert loaded.rejected == []
    first, second = (str(event_id) for event_id in loaded.values(EVENTS, "event_id")[2:4])
    assert first != second
    assert all(re.fullmatch("[0-9a-f]{32}-0", event_id) for event_id in (first, second))
    assert loaded.mapped.repeated == 2
    assert loaded.table(EVENTS, EVENT) == lines(f"""
        chatcmpl-a1 | 2026-05-04T09:20:48.851 | team-a  | kim | sku-11 | description | succeeded | 0.0225
        chatcmpl-a2 | 2026-05-04T09:21:00.9   | team-a  | lee | sku-12 | meta        | succeeded | 0.00004
        {first}     | 2026-05-04T10:00:01     | org-1   | u-7 | -      | acompletion | succeeded | 0.1
        {second}    | 2026-05-04T10:00:01     | default | u-8 | -      | acompletion | succeeded | 0.1
        chatcmpl-a5 | 2026-05-05T00:00:02     | team-b  | u-8 | sku-11 | description | succeeded | 0.087
        chatcmpl-a6 | 2026-05-05T08:00:30     | team-b  | lee | -      | acompletion | failed    | 0
    """)
    columns = "ruleset_id model provider input_tokens output_tokens latency_ms provider_currency"
    assert loaded.table(EVENTS, columns)[:1] == lines("rules-3 | gpt-4o | openai | 10 | 20 | 2004 | USD")
    ours = [
        Decimal(row["spend"]) or json_of(row["metadata"]).get("cost_breakdown", {}).get("total_cost", 0)
        for row in csv_rows("litellm.dump.csv")
    ]
    assert loaded.total(EVENTS, "credits") == sum(map(in_credits, ours))
    assert loaded.total(EVENTS, "provider_cost") == Decimal("0.0030954")


def test_litellm_page_of_the_api() -> None:
    loaded = sample("litellm", "litellm.page.json")
    assert loaded.table(EVENTS, EVENT) == lines("""
        chatcmpl-p1 | 2026-05-04T09:20:48.851 | team-a | kim | sku-11 | description | succeeded | 0.0225
        chatcmpl-p2 | 2026-05-04T09:21:00.9   | team-a | lee | sku-12 | meta        | succeeded | 0.00004
    """)


def test_a_summarised_litellm_log_is_refused_by_name() -> None:
    loaded = load_shipped("litellm", SAMPLES / "litellm.summarised.json")
    assert loaded.feeds[EVENTS] == []
    assert len(loaded.rejected) == 1
    assert "summarised /spend/logs" in loaded.rejected[0].reason
    assert "/spend/logs/v2" in loaded.rejected[0].remedy


@awaits("sums of totals")
def test_litellm_daily_totals_are_added_up_by_model() -> None:
    loaded = sample("litellm", "litellm.daily.jsonl")
    assert loaded.feeds[EVENTS] == []
    assert loaded.table(TOTALS, TOTAL) == lines("""
        litellm | 2026-05-04 | - | gpt-4o      | 0.002225  | USD
        litellm | 2026-05-04 | - | gpt-4o-mini | 0.0000004 | USD
    """)


def test_litellm_payload_with_times_in_epoch_seconds() -> None:
    loaded = sample("litellm_payload", "litellm_payload.jsonl")
    assert loaded.table(EVENTS, EVENT) == lines("""
        chatcmpl-s1 | 2026-05-04T10:00:48.25 | team-a  | u-7 | sku-12 | bullets     | succeeded | 0.034
        chatcmpl-s2 | 2026-05-04T10:01:41.5  | team-a  | kim | sku-11 | keywords    | succeeded | 0.00021
        chatcmpl-s3 | 2026-05-04T10:03:21    | default | u-8 | -      | acompletion | failed    | 0
    """)
    assert loaded.total(EVENTS, "credits") == in_credits("0.00034") + in_credits("0.0000021")


@needs_real
def test_litellm_on_a_real_payload() -> None:
    loaded = load_shipped("litellm", REAL / "litellm/spend_logs_payload.json")
    assert loaded.rejected == []
    columns = "occurred_at workspace_id member_id generation_type status credits"
    assert loaded.values(EVENTS, "event_id") == ["chatcmpl-2283081b-dc89-41f6-93e6-d4f914774027"]
    assert loaded.table(EVENTS, columns) == lines("""
        2025-01-24T09:20:46.851954 | default | - | acompletion | succeeded | 0.0225
    """)
    # an entry without times and call type, as the documentation abridges it
    abridged = load_shipped("litellm", REAL / "litellm/docs_spend_log_entry.json")
    assert [reject.column for reject in abridged.rejected] == ["occurred_at"]


def test_otel_spans_of_agents_and_tools_are_left_out() -> None:
    loaded = sample("otel", "otel.jsonl")
    assert loaded.rejected == []
    t1 = "5b8efff798038103d269b633813fc60c-eee19b7ec3c1b17"
    t2 = "6c9f000898149214e37ac744924fd71d-eee19b7ec3c1b17"
    assert loaded.table(EVENTS, EVENT) == lines(f"""
        {t1}4 | 2026-05-04T10:00:02.123456 | acme    | kim | sku-11 | description | succeeded | 0.6
        {t1}6 | 2026-05-04T10:00:04        | acme    | kim | sku-11 | meta        | succeeded | 2.5
        {t2}4 | 2026-05-05T10:00:01        | default | lee | -      | chat        | failed    | 0.0021
    """)
    assert loaded.table(EVENTS, "model provider input_tokens output_tokens")[:2] == lines("""
        gpt-4o-2024-08-06 | openai | 1000 | 200
        gpt-4o            | openai | 500  | 100
    """)
    assert loaded.table(OUTCOMES, "event_id source outcome occurred_at") == lines(f"""
        {t1}4 | otel | accepted | 2026-05-04T10:00:06
    """)
    ours = Decimal(0)
    for span in _spans(SAMPLES / "otel.jsonl"):
        if span.get("gen_ai.operation.name") == "chat":
            inputs = Decimal(span["gen_ai.usage.input_tokens"]) * Decimal("0.0003")
            outputs = Decimal(span.get("gen_ai.usage.output_tokens", 0)) * Decimal("0.0015")
            ours += Decimal(span.get("credits", inputs + outputs))
    assert loaded.total(EVENTS, "credits") == ours


def _spans(file: Path) -> list[dict[str, Any]]:
    """The attributes of each span."""
    return [
        {item["key"]: next(iter(item["value"].values())) for item in span["attributes"]}
        for line in file.read_text().splitlines()
        for resource in json_of(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def test_langfuse_download_takes_user_and_product_of_the_trace() -> None:
    loaded = sample("langfuse", "langfuse.download.json")
    assert loaded.rejected == []
    assert loaded.table(EVENTS, EVENT) == lines("""
        ob-2 | 2026-05-04T09:00:03.25 | p-shop | kim | sku-11 | description | succeeded | 0.0075
        ob-3 | 2026-05-04T09:00:04    | p-shop | kim | sku-11 | meta        | failed    | 0
    """)
    columns = "template_id ruleset_id workflow input_tokens output_tokens"
    assert loaded.table(EVENTS, columns)[:1] == lines("product-text | 4 | write product | 60 | 15")


def test_langfuse_tables_give_the_newest_version_and_the_outcomes() -> None:
    loaded = sample("langfuse", "langfuse.observations.jsonl", "langfuse.scores.jsonl")
    assert loaded.rejected == []
    assert loaded.table(EVENTS, "event_id occurred_at recorded_at member_id product_id credits") == lines("""
        ob-5 | 2026-05-05T10:00:02 | 2026-05-05T10:00:05 | lee | sku-12 | 0.00837
        ob-5 | 2026-05-05T10:00:02 | 2026-05-05T11:00:00 | lee | sku-12 | 0.009
    """)
    assert loaded.total(EVENTS, "credits") == Decimal("0.009")
    assert loaded.table(OUTCOMES, "outcome_id event_id outcome") == lines("sc-1 | ob-5 | published")
    assert loaded.mapped.left_out == 2


def test_langfuse_observations_take_user_and_tags_of_their_trace(tmp_path: Path) -> None:
    trace = {"id": "tr-9", "user_id": "ana", "tags": ["product:sku-9"]}
    call = {
        "id": "ob-9",
        "trace_id": "tr-9",
        "type": "GENERATION",
        "end_time": "2026-05-05 10:00",
        "total_cost": 1,
    }
    files = tmp_path / "traces/1.jsonl", tmp_path / "observations.jsonl"
    files[0].parent.mkdir()
    for file, row in zip(files, (trace, call), strict=True):
        file.write_text(json.dumps(row) + "\n")
    loaded = load_shipped("langfuse", *files, root=tmp_path)
    assert loaded.table(EVENTS, "event_id member_id product_id credits") == lines("ob-9 | ana | sku-9 | 100")


@needs_real
def test_langfuse_on_real_downloads() -> None:
    files = sorted((REAL / "langfuse").glob("*.json"))
    loaded = load_shipped("langfuse", *files)
    assert loaded.rejected == []
    ours = {
        item["id"]: Decimal(str(item["totalCost"]))
        for file in files
        for item in json_of(file.read_text())["observations"]
        if item["type"] == "GENERATION"
    }
    assert len(ours) == 13
    assert set(loaded.values(EVENTS, "event_id")) == set(ours)
    assert loaded.total(EVENTS, "credits") == sum(map(in_credits, ours.values()))
    assert loaded.total(EVENTS, "provider_cost") == sum(ours.values())
    assert loaded.table(EVENTS, "event_id member_id occurred_at model credits")[:1] == lines("""
        83517f9062f5ada4 | user_123 | 2025-06-06T11:31:34.606 | gpt-4o | 0.0025
    """)


def test_openmeter_events_are_known_by_source_and_id() -> None:
    loaded = sample("openmeter", "openmeter.jsonl", "openmeter.batch.json")
    assert loaded.table(EVENTS, "source event_id occurred_at workspace_id member_id credits") == lines("""
        openmeter:writer | 00001 | 2026-05-04T09:00:00.001 | acme   | kim | 1.25
        openmeter:writer | 00002 | 2026-05-04T09:00:00.001 | acme   | kim | 0.5
        openmeter:writer | 00001 | 2026-05-04T09:00:00.001 | acme   | kim | 1.25
        openmeter:batch  | 00001 | 2026-05-04T09:05:00     | acme   | lee | 3
        openmeter:writer | 00010 | 2026-05-05T07:00:00     | globex | ana | 0.75
        openmeter:writer | 00011 | 2026-05-05T07:10:00     | globex | ana | 0.75
    """)
    assert loaded.total(EVENTS, "credits") == Decimal("6.25")
    # an event without a time is refused, since its ingestion time is no part of it
    assert [(reject.rule, reject.column) for reject in loaded.rejected] == [("required", "occurred_at")]


def test_openmeter_grants_are_entries_and_a_voided_one_has_two() -> None:
    loaded = sample("openmeter", "openmeter.grants.json")
    assert loaded.rejected == []
    columns = (
        "entry_id workspace_id entry_type credits lot_id effective_at expires_at priority amount currency"
    )
    assert sorted(loaded.table(ENTRIES, columns)) == lines("""
        01G1 | acme | purchase | 1000 | 01G1 | 2026-05-01T00:00:00 | 2026-06-01T00:00:00 | 5 | 50 | USD
        01G2 | acme | grant | 200 | 01G2 | 2026-05-01T08:05:00 | - | 10 | - | -
        01G2-void | acme | void | -200 | 01G2 | 2026-05-03T10:00:00 | - | 10 | - | -
    """)


@needs_real
def test_openmeter_on_the_documented_events() -> None:
    file = REAL / "openmeter/events_docs.jsonl"
    refused = load_shipped("openmeter", file)
    assert {(reject.rule, reject.column) for reject in refused.rejected} == {("required", "credits")}
    text = shipped()["openmeter"].read_text().replace("credits: data.credits", "credits: data.duration")
    loaded = load(mapping_from(text, name="openmeter", shown_as="mapping.yml"), file)
    assert loaded.rejected == []
    expected = json_of((REAL / "openmeter/events_docs.expected.json").read_text())["expected"]
    assert loaded.total(EVENTS, "credits") == sum(row["value"] for row in expected) == 30
    assert set(loaded.values(EVENTS, "workspace_id")) == {"customer-1"}


def test_github_report_by_day() -> None:
    loaded = sample("github", "github.csv")
    assert loaded.rejected == []
    columns = "occurred_at workspace_id member_id model generation_type credits"
    assert loaded.table(EVENTS, columns) == lines("""
        2026-06-03T12:00:00 | octo | kim | Claude Sonnet 4.5 | copilot_ai_credit      | 125.5
        2026-06-03T12:00:00 | octo | kim | GPT-5             | copilot_ai_credit      | 40
        2026-06-03T12:00:00 | octo | lee | GPT-5             | coding_agent_ai_credit | 8.68986
        2026-06-04T12:00:00 | octo | -   | GPT-5             | copilot_ai_credit      | 2
    """)
    assert (
        loaded.values(EVENTS, "event_id")[3] == "2026-06-04|copilot|copilot_ai_credit|GPT-5||octo|octo/site|"
    )
    ours = [row for row in csv_rows("github.csv") if row["product"] == "copilot"]
    assert loaded.total(EVENTS, "credits") == sum(Decimal(row["quantity"]) for row in ours)
    assert loaded.total(EVENTS, "provider_cost") == sum(Decimal(row["net_amount"]) for row in ours)
    assert loaded.mapped.left_out == 1


def test_cursor_csv_in_dollars() -> None:
    loaded = sample("cursor", "cursor.csv")
    assert loaded.rejected == []
    assert loaded.table(EVENTS, "occurred_at member_id generation_type status credits") == lines("""
        2026-05-04T10:00:00   | kim@example.com | On-Demand          | succeeded | 12
        2026-05-04T10:05:00   | kim@example.com | Included           | succeeded | 0
        2026-05-04T10:05:00   | kim@example.com | Included           | succeeded | 0
        2026-05-04T11:00:00.5 | lee@example.com | Errored, No Charge | failed    | 0
        2026-05-05T09:30:00   | lee@example.com | On-Demand          | succeeded | 7
    """)
    assert len(set(loaded.values(EVENTS, "event_id"))) == 5
    ours = [Decimal(row["Cost"]) for row in csv_rows("cursor.csv") if row["Cost"][0].isdigit()]
    assert loaded.total(EVENTS, "credits") == 100 * sum(ours)


def test_cursor_pages_in_cents() -> None:
    loaded = sample("cursor", "cursor.events.json")
    assert loaded.rejected == []
    assert loaded.table(EVENTS, "occurred_at member_id generation_type credits provider_cost") == lines("""
        2026-05-04T10:00:46.847 | kim@example.com | Usage-based          | 21.36 | 0.2018
        2026-05-04T10:01:40     | kim@example.com | Included in Business | 0     | 0.0041
        2026-05-05T10:00:00.123 | lee@example.com | Usage-based          | 7.5   | 0.071
    """)
    ours = json_of((SAMPLES / "cursor.events.json").read_text())["usageEvents"]
    assert loaded.total(EVENTS, "credits") == sum(event["chargedCents"] for event in ours)


def test_openrouter_generations_keep_micro_amounts() -> None:
    loaded = sample("openrouter", "openrouter.csv", "openrouter.generation.json")
    assert loaded.rejected == []
    assert loaded.table(EVENTS, "occurred_at")[3] == "2026-05-05T10:00:00"
    assert loaded.table(EVENTS, "event_id member_id status credits model") == lines("""
        gen-1777888846-a | kim | succeeded | 0.15 | openai/gpt-4.1-2025-04-14
        gen-1777888900-b | prod-key | succeeded | 0.00004 | openai/gpt-4o-mini-2024-07-18
        gen-1777888950-c | lee | cancelled | 0.02 | openai/gpt-4.1-2025-04-14
        gen-1777975200-d | ana | succeeded | 0.31 | anthropic/claude-sonnet-4.5
    """)
    ours = [Decimal(row["cost_total"]) for row in csv_rows("openrouter.csv")]
    ours.append(json_of((SAMPLES / "openrouter.generation.json").read_text())["data"]["total_cost"])
    assert loaded.total(EVENTS, "credits") == sum(map(in_credits, ours))
    assert loaded.total(EVENTS, "provider_cost") == sum(ours)


def test_openrouter_activity_gives_totals() -> None:
    loaded = sample("openrouter", "openrouter.activity.json")
    assert loaded.feeds[EVENTS] == []
    assert loaded.table(TOTALS, TOTAL) == lines("""
        openrouter | 2026-05-04 | - | openai/gpt-4.1-2025-04-14     | 0.0017    | USD
        openrouter | 2026-05-04 | - | openai/gpt-4o-mini-2024-07-18 | 0.0000004 | USD
    """)


@awaits("folder")
def test_claude_code_counts_a_message_of_several_lines_once(tmp_path: Path) -> None:
    file = tmp_path / "kim/-home-kim-shop/session.jsonl"
    file.parent.mkdir(parents=True)
    shutil.copy(SAMPLES / "claude_code.jsonl", file)
    loaded = load_shipped("claude_code", file, root=tmp_path)
    assert loaded.rejected == []
    assert loaded.table(EVENTS, "event_id revision member_id product_id credits") == lines("""
        msg_01-req_01 | 1   | kim | - | 1.0527
        msg_01-req_01 | 310 | kim | - | 1.5162
        msg_01-req_01 | 310 | kim | - | 1.5162
        msg_02-req_02 | 90  | kim | - | 0.1386
    """)
    assert loaded.mapped.left_out == 3
    rates = {
        "input_tokens": "0.0003",
        "output_tokens": "0.0015",
        "cache_creation_input_tokens": "0.000375",
        "cache_read_input_tokens": "0.00003",
    }
    last = {}
    for line in map(json_of, file.read_text().splitlines()):
        if line["type"] == "assistant" and line["message"]["model"] != "<synthetic>":
            last[line["requestId"]] = line["message"]["usage"]
    ours = sum(usage[name] * Decimal(rate) for usage in last.values() for name, rate in rates.items())
    assert loaded.total(EVENTS, "credits") == ours
    # without a folder nothing says who it was
    assert set(sample("claude_code", "claude_code.jsonl").values(EVENTS, "member_id")) == {None}


def test_ccusage_gives_totals_by_model() -> None:
    loaded = sample("ccusage", "ccusage.json")
    assert loaded.table(TOTALS, TOTAL) == lines("""
        claude_code | 2026-05-04 | - | claude-sonnet-4-5 | 0.015162 | USD
        claude_code | 2026-05-04 | - | claude-haiku-4-5  | 0.000462 | USD
    """)
    ours = json_of((SAMPLES / "ccusage.json").read_text())
    assert loaded.total(TOTALS, "amount") == ours["totals"]["totalCost"]


def test_openai_costs_give_totals_of_utc_days() -> None:
    loaded = sample("openai_costs", "openai_costs.json")
    assert loaded.rejected == []
    assert loaded.table(TOTALS, TOTAL) == lines("""
        openai | 2026-05-04 | proj_shop | gpt-4o-2024-08-06, input  | 0.06   | USD
        openai | 2026-05-04 | proj_shop | gpt-4o-2024-08-06, output | 0.13   | USD
        openai | 2026-05-06 | -         | -                         | 0.0225 | USD
    """)
    assert loaded.total(TOTALS, "amount") == sum(
        Decimal(row["amount"]["value"])
        for bucket in json_of((SAMPLES / "openai_costs.json").read_text())["data"]
        for row in bucket["results"]
    )
    assert loaded.mapped.left_out == 1


@awaits("sums of totals")
def test_anthropic_costs_are_text_in_cents_and_added_up_by_model() -> None:
    loaded = sample("anthropic_costs", "anthropic_costs.json")
    assert loaded.rejected == []
    assert loaded.table(TOTALS, TOTAL) == lines("""
        anthropic | 2026-05-04 | wrkspc_1 | claude-sonnet-4-5 | 1.6938912 | USD
        anthropic | 2026-05-04 | -        | Web Search Usage  | 0.07      | USD
    """)
    cents = sum(
        Decimal(row["amount"])
        for bucket in json_of((SAMPLES / "anthropic_costs.json").read_text())["data"]
        for row in bucket["results"]
    )
    assert loaded.total(TOTALS, "amount") == cents / 100


def test_shopify_rows_without_a_title_are_left_out() -> None:
    loaded = sample("shopify", "shopify.csv")
    assert loaded.rejected == []
    assert loaded.table(PRODUCTS, "product_id workspace_id title category") == lines("""
        linen-shirt | default | Linen shirt | Shirts
        mug         | default | Mug, blue   | Kitchen
        gift-card   | default | Gift card   | Gift Cards
    """)
    assert loaded.mapped.left_out == 2


@awaits("before")
def test_woocommerce_variations_are_left_out() -> None:
    loaded = sample("woocommerce", "woocommerce.csv")
    assert loaded.rejected == []
    assert loaded.table(PRODUCTS, "product_id workspace_id title category") == lines("""
        100 | default | Linen shirt | Clothing > Shirts
        102 | default | Gift card   | Gifts
        103 | default | Mug, blue   | -
    """)
    assert loaded.mapped.left_out == 1
