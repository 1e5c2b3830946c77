"""Records of another system are published by their mapping; a changed mapping or rate is restated."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from support.product import Credits, NightlyRun, nightly_run, published_rows

# runs of its own take half a minute; the same rules are shown on models, on the lake and in histories
pytestmark = pytest.mark.slow
AS_OF = "2026-05-20"
MAPPING = """
reads: {records: data, null: ["", "None"]}
parse: [extra]
where: {call: {in: [completion]}}
feeds:
  generation_events:
    source: {const: gateway}
    event_id: {first: [request, call_id], else: content_and_occurrence}
    occurred_at: {path: ended, zone: UTC}
    workspace_id: {first: [team], else: {const: main}}
    member_id: {first: [end_user, user]}
    product_id: extra.product
    generation_type: {const: description}
    status: {path: state, map: {success: succeeded, failure: failed}}
    credits: {rate: {of: spend, card: usd_to_credits}, places: 6}
"""
RATE, CORRECTED = Decimal(1000), Decimal(1250)


def call(number: int) -> dict[str, object]:
    return {
        "request": f"r{number}" if number % 4 else "None",
        "call_id": f"c{number}",
        "call": "embedding" if number % 7 == 0 else "completion",
        "ended": f"2026-05-{1 + number % 19:02d} 09:{number % 60:02d}:00",
        "team": "north" if number % 3 else "",
        "end_user": "" if number % 5 else f"u{number % 4}",
        "user": "proxy",
        "extra": json.dumps({"product": f"p{number % 23}"}),
        "state": "failure" if number % 11 == 0 else "success",
        "spend": number * 4e-7,
    }


CALLS = [call(number) for number in range(200)]


def deliver(landing: Path, name: str, content: str) -> None:
    file = landing / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")


def lines(calls: list[dict[str, object]]) -> str:
    return "".join(json.dumps(each) + "\n" for each in calls)


def card(landing: Path, name: str, rate: Decimal, updated_on: str) -> None:
    header = "card,valid_from,unit,credits_per_unit,updated_at"
    row = f"usd_to_credits,2026-01-01,usd,{rate},{updated_on}T00:00:00Z"
    deliver(landing, f"rate_cards/{name}.csv", f"{header}\n{row}\n")


def credits_by_day(rate: Decimal) -> dict[date, Decimal]:
    """The independent sum: of the texts of the amounts, rounded half to even for each call."""
    total: defaultdict[date, Decimal] = defaultdict(Decimal)
    for each in CALLS:
        if each["call"] == "completion":
            credits = Decimal(repr(each["spend"])) * rate
            total[date.fromisoformat(str(each["ended"])[:10])] += credits.quantize(Decimal("0.000001"))
    return dict(total)


def used(run: NightlyRun) -> dict[object, object]:
    return dict(run.query("select usage_date, sum(credits) from marts.usage_daily group by usage_date"))


@pytest.fixture(scope="module")
def corrected(credits_command: Credits, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    """Two nights: the second brings a corrected rate, and the rest of the calls with some of the first."""
    root = tmp_path_factory.mktemp("sources")
    landing = root / "landing"
    deliver(landing, "gateway/mapping.yml", MAPPING)
    deliver(landing, "gateway/may.json", json.dumps({"data": CALLS[:150], "next": 150}, indent=2))
    card(landing, "1", RATE, "2026-05-01")
    first = nightly_run(credits_command, landing, root / "data", AS_OF)
    expected = credits_by_day(RATE)
    assert first.query("select count(*) from marts.restatements") == [(0,)]
    deliver(landing, "gateway/later/rest.jsonl", lines(CALLS[120:]) + "no record\n")
    card(landing, "2", CORRECTED, "2026-05-02")
    assert sum(expected.values()) > 0
    return nightly_run(credits_command, landing, root / "data", AS_OF)


def test_a_corrected_rate_is_a_definition_and_every_figure_is_the_corrected_one(
    corrected: NightlyRun,
) -> None:
    assert used(corrected) == credits_by_day(CORRECTED)
    causes = corrected.query("select distinct cause from marts.restatements order by cause")
    assert causes == [("definition",), ("late",)], "what the second night brought was late"
    output = corrected.result.stdout
    assert "conflict" not in output
    assert "mapped       gateway: 80 records of 1 file gave " in output
    assert "1 of gateway, json: such as the line is not valid JSON" in output


def test_any_split_order_and_replay_publishes_the_same_rows(
    corrected: NightlyRun, credits_command: Credits, tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    deliver(landing, "gateway/mapping.yml", MAPPING)
    deliver(landing, "gateway/a.jsonl", lines(CALLS[::-1]))
    deliver(landing, "gateway/b.json", json.dumps(CALLS[40:60]))
    card(landing, "1", CORRECTED, "2026-05-02")
    other = nightly_run(credits_command, landing, tmp_path / "data", AS_OF)
    assert published_rows(other.published) == published_rows(corrected.published)
