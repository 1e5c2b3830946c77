"""Part of `make bench`: how fast records of another system load, against the same rows as native JSON lines.

Both are read, typed and committed; a mapped record is also kept verbatim, and mapped from the lake.
"""

import argparse
import json
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.lake.lake import Lake
from orchestration.lake.sources.derivation import derive

_NOW = datetime(2026, 4, 8, tzinfo=UTC)
_MAPPING = """
reads: {null: ["", "None"]}
parse: [metadata]
where: {call_type: {in: [acompletion, aresponses]}}
feeds:
  generation_events:
    source: {const: proxy}
    event_id: {first: [request_id, call_id], else: content_and_occurrence}
    occurred_at: {path: endTime, zone: UTC}
    workspace_id: {first: [organization_id, team_id], else: {const: default}}
    member_id: {first: [end_user, user]}
    product_id: metadata.product_id
    generation_type: {first: [metadata.field], else: {const: description}}
    status: {path: status, map: {success: succeeded, failure: failed}}
    credits: {rate: {of: spend, card: usd_to_credits}, places: 6}
    model: model
    input_tokens: prompt_tokens
    output_tokens: completion_tokens
"""
_CARD = "card,valid_from,unit,credits_per_unit\nusd_to_credits,2026-01-01,usd,1000\n"


def measure_sources(records: int, work: Path) -> tuple[float, float]:
    """Seconds to load native rows, and as many mapped records."""
    native, mapped = work / "native", work / "mapped"
    for folder in (native / "generation_events", mapped / "proxy", mapped / "rate_cards"):
        folder.mkdir(parents=True)
    (mapped / "proxy" / "mapping.yml").write_text(_MAPPING, encoding="utf-8")
    (mapped / "rate_cards" / "cards.csv").write_text(_CARD, encoding="utf-8")
    with (
        (native / "generation_events" / "a.jsonl").open("w", encoding="utf-8") as rows,
        (mapped / "proxy" / "a.jsonl").open("w", encoding="utf-8") as given,
    ):
        for number in range(records):
            at = datetime(2026, 4, 1) + timedelta(seconds=3 * number)
            rows.write(json.dumps(_native(number, at)) + "\n")
            given.write(json.dumps(_record(number, at)) + "\n")
    return _seconds(native, work / "native-data", records), _seconds(mapped, work / "mapped-data", records)


def _native(number: int, at: datetime) -> dict[str, object]:
    return {
        "source": "proxy",
        "event_id": f"chatcmpl-{number:012d}",
        "occurred_at": f"{at.isoformat()}Z",
        "workspace_id": f"team-{number % 5}",
        "member_id": f"user-{number % 40}",
        "product_id": f"product-{number % 5000}",
        "generation_type": "description",
        "status": "succeeded",
        "credits": f"{number % 9000 / 1000:.6f}",
        "model": "gpt-5-mini",
        "input_tokens": 400 + number % 90,
        "output_tokens": 100 + number % 70,
    }


def _record(number: int, at: datetime) -> dict[str, object]:
    return {
        "request_id": f"chatcmpl-{number:012d}",
        "call_type": "acompletion",
        "endTime": f"{at:%Y-%m-%d %H:%M:%S}",
        "team_id": f"team-{number % 5}",
        "organization_id": "",
        "end_user": f"user-{number % 40}",
        "user": "default_user_id",
        "metadata": json.dumps({"product_id": f"product-{number % 5000}", "field": "description"}),
        "status": "success",
        "spend": number % 9000 / 1_000_000,
        "model": "gpt-5-mini",
        "prompt_tokens": 400 + number % 90,
        "completion_tokens": 100 + number % 70,
        "api_base": "https://api.example.com/v1",
        "cache_hit": "False",
        "request_tags": "[]",
    }


def _seconds(landing: Path, data: Path, rows: int) -> float:
    lake, start = Lake(data), time.perf_counter()
    lake.ingest(landing, now=_NOW)
    derivation = derive(lake)
    seconds = time.perf_counter() - start
    paths = [
        *lake.paths("generation_events"),
        *lake.derived.paths("generation_events", derivation.fingerprint),
    ]
    loaded = _row_count(paths)
    if loaded != rows:
        raise RuntimeError(f"all {rows:,} rows must load, or the rates say nothing; {loaded:,} did")
    return seconds


def _row_count(paths: list[Path]) -> int:
    return sum(pq.read_metadata(path).num_rows for path in paths)


def main() -> None:
    """Measure and print both rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    records = parser.parse_args().records
    work = Path(tempfile.mkdtemp(prefix="credits-sources-"))
    try:
        native, mapped = measure_sources(records, work)
    finally:
        shutil.rmtree(work)
    print(f"native {records / native:,.0f} rows/s ({native:.1f} s)")
    print(f"mapped {records / mapped:,.0f} records/s ({mapped:.1f} s), {native / mapped:.2f} of native")


if __name__ == "__main__":
    main()
