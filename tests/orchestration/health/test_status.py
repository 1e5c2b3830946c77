"""`credits status` lists rejected lines by rule, with an example, the remedy and later corrections."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.health.status import describe_status
from orchestration.lake.lake import Lake
from orchestration.publish.report.load import load_report
from orchestration.settings import Settings

NOW = datetime(2026, 4, 8, 1, 0, tzinfo=UTC)
GOOD = {
    "occurred_at": "2026-04-07T09:30:00Z",
    "workspace_id": "w1",
    "member_id": "m1",
    "product_id": "p1",
    "generation_type": "meta",
    "credits": "1",
}


def line(number: int, **values: object) -> str:
    return json.dumps(GOOD | {"event_id": f"e{number}"} | values) + "\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(landing_dir=tmp_path / "landing", data_dir=tmp_path / "data")


@pytest.fixture
def deliver(settings: Settings) -> Callable[..., None]:
    """Writes a file of events and loads it."""

    def write(name: str, data: str | bytes) -> None:
        path = settings.landing_dir / "generation_events" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        Lake(settings.lake_dir).ingest(settings.landing_dir, now=NOW)

    return write


@pytest.fixture
def quarantine(settings: Settings) -> Callable[[], list[str]]:
    def read() -> list[str]:
        lines = list(describe_status(settings, now=NOW, last_run=None))
        (start,) = [index for index, text in enumerate(lines) if text.startswith("quarantine")]
        return [text.strip() for text in lines[start:]]

    return read


def test_nothing_loaded_and_nothing_rejected_differ(
    deliver: Callable[..., None], quarantine: Callable[[], list[str]]
) -> None:
    assert quarantine() == ["quarantine   nothing loaded yet"]
    deliver("a.jsonl", line(1))
    assert quarantine() == ["quarantine   0 lines or files"]


def test_each_rule_has_its_count_files_example_reason_and_remedy(
    deliver: Callable[..., None], quarantine: Callable[[], list[str]], settings: Settings
) -> None:
    deliver("a.jsonl", line(1) + line(2, credits="-1") + line(3, credits="-2") + line(4, occurred_at="1"))
    deliver("b.jsonl", line(5, credits="-3") + line(6))
    deliver("c.jsonl.gz", gzip.compress(b"")[:-1])

    assert quarantine() == [
        "quarantine   5 lines or files",
        "generation_events range: 3 in 2 files",
        "such as generation_events/b.jsonl:1: credits must be at least 0; found -3",
        "Deliver 0 or more. To take an event back, deliver its event_id in event_retractions; to give "
        "credits back, deliver a refund in credit_entries.",
        "generation_events file.gzip: 1 in 1 file",
        "such as generation_events/c.jsonl.gz: the gzip data is truncated",
        "Deliver the complete file again under the same or another name.",
        "generation_events instant.format: 1 in 1 file",
        "such as generation_events/a.jsonl:4: occurred_at must be a time with an offset, and it is not RFC "
        "3339; found 1",
        "Deliver RFC 3339 such as 2026-04-07T09:30:00Z or …+02:00.",
        f"each with its text: {settings.lake_dir}/batches/*/quarantine.parquet",
    ]


def test_a_file_that_was_loaded_later_under_its_name_counts_as_corrected(
    deliver: Callable[..., None], quarantine: Callable[[], list[str]]
) -> None:
    deliver("cut.jsonl.gz", b"\x1f\x8b\x08cut")
    deliver("a.jsonl", line(1, credits="-1") + line(2))
    deliver("b.jsonl", line(3, credits="-1") + line(4))
    assert quarantine()[0] == "quarantine   3 lines or files"

    deliver("cut.jsonl.gz", line(5))
    deliver("b.jsonl", line(3) + line(4))

    shown = quarantine()
    assert shown[0] == "quarantine   3 lines or files, 2 of them corrected since"
    assert "generation_events range: 2 in 2 files, 1 of them corrected since" in shown
    # the uncorrected one is the example
    assert any(text.startswith("such as generation_events/a.jsonl:1") for text in shown)
    assert "generation_events file.gzip: 1 in 1 file, all corrected since" in shown


def test_what_is_rejected_again_counts_once_and_as_uncorrected(
    deliver: Callable[..., None], quarantine: Callable[[], list[str]]
) -> None:
    deliver("cut.jsonl.gz", b"\x1f\x8b\x08cut")
    deliver("cut.jsonl.gz", b"\x1f\x8b\x08cut again")
    assert quarantine()[0] == "quarantine   1 line or file"

    deliver("a.jsonl", line(1, credits="-1") + line(2))
    deliver("a.jsonl", line(1, credits="-2") + line(2))

    shown = quarantine()
    assert shown[0] == "quarantine   2 lines or files"
    assert "such as generation_events/a.jsonl:1: credits must be at least 0; found -2" in shown


def test_a_line_that_moved_in_its_file_and_is_rejected_again_is_uncorrected(
    deliver: Callable[..., None], quarantine: Callable[[], list[str]]
) -> None:
    deliver("a.jsonl", line(1, credits="-1") + line(2, credits="-2") + line(3))
    deliver("a.jsonl", line(0) + line(3) + line(2, credits="-2"))

    shown = quarantine()
    assert shown[0] == "quarantine   2 lines or files, 1 of them corrected since"
    assert any(text.startswith("such as generation_events/a.jsonl:3") for text in shown)


def test_a_log_that_grows_keeps_its_open_lines_and_completes_its_half_one(
    deliver: Callable[..., None], quarantine: Callable[[], list[str]]
) -> None:
    night = line(1) + line(2, credits="-1") + line(3)
    deliver("app.jsonl", night[:-20])
    assert quarantine()[0] == "quarantine   2 lines or files"
    deliver("app.jsonl", night + line(4))
    assert quarantine()[:2] == ["quarantine   1 line or file", "generation_events range: 1 in 1 file"]
    deliver("app.jsonl", night + line(4) + line(5, credits="-1"))
    assert quarantine()[0] == "quarantine   2 lines or files"
    deliver("app.jsonl", line(1) + line(2) + line(3) + line(4) + line(5, credits="-1"))
    assert quarantine()[0] == "quarantine   2 lines or files, 1 of them corrected since"


def test_a_correction_with_the_bytes_of_a_loaded_file_counts(
    deliver: Callable[..., None], quarantine: Callable[[], list[str]]
) -> None:
    deliver("a.jsonl", line(1, credits="-1"))
    deliver("b.jsonl", line(1))
    deliver("a.jsonl", line(1))

    assert quarantine()[0] == "quarantine   1 line or file, 1 of them corrected since"


def test_thousands_of_rejected_lines_are_shown_in_a_few(
    deliver: Callable[..., None], quarantine: Callable[[], list[str]]
) -> None:
    for part in range(3):
        start = part * 1_000
        deliver(f"{part}.jsonl", "".join(line(start + n, credits="-1") for n in range(1_000)) + line(-1))

    shown = quarantine()
    assert shown[1] == "generation_events range: 3,000 in 3 files"
    assert len(shown) == 5


def test_many_kinds_are_truncated_with_the_largest_first(
    deliver: Callable[..., None], quarantine: Callable[[], list[str]]
) -> None:
    # the remedy names each fault of a row, so that each of these is a kind of its own
    faults = {"occurred_at": "1", "status": "x", "quality_score": 7, "latency_ms": 0.5, "locale": True}
    for number in range(1, 26):
        found = {name: faults[name] for place, name in enumerate(faults) if number >> place & 1}
        deliver(f"{number}.jsonl", line(number, **found) + line(100 + number))
    deliver("a.jsonl", line(1, credits="-1") + line(2, credits="-1") + line(3))

    shown = quarantine()
    assert shown[1] == "generation_events range: 2 in 1 file"
    assert "and 6 more kinds with fewer lines" in shown
    assert len(shown) == 1 + 3 * 20 + 2


def test_names_and_values_cannot_control_the_terminal(
    deliver: Callable[..., None], quarantine: Callable[[], list[str]]
) -> None:
    deliver("a\n\x1b[2J\u202e.jsonl", line(1, status="\x1b]0;owned\x07") + line(2))

    shown = "".join(quarantine())
    assert shown.isprintable()
    assert "generation_events/a\\n\\x1b[2J\\u202e.jsonl:1" in shown


def test_conflicts_with_earlier_deliveries_are_listed(
    deliver: Callable[..., None], quarantine: Callable[[], list[str]], settings: Settings
) -> None:
    deliver("a.jsonl", line(1))
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        warehouse.execute("create schema staging")
        warehouse.execute(
            "create table staging.stg_quarantine as select 'generation_events' as feed, "
            "'key.conflict' as rule, 'came before' as reason, 'deliver it under a new id' as remedy, "
            "2 as batch_id, 'generation_events/b.jsonl' as file_path, 4 as line_number"
        )

    assert quarantine()[1:4] == [
        "generation_events key.conflict: 1 in 1 file",
        "such as generation_events/b.jsonl:4: came before",
        "deliver it under a new id",
    ]


def test_what_each_source_counted_stands_beside_ours(
    settings: Settings, publish: Callable[..., Path], rows: dict[str, list[dict[str, Any]]]
) -> None:
    month = {"unit": "amount", "currency": "USD", "day": date(2026, 3, 1), "last_day": date(2026, 3, 31)}
    sums = {"theirs": "718.743", "ours": "718.743", "is_complete": True, "model": "(all)"}
    rows["reconciliation"] = [
        {"source": "gateway", "workspace_id": "(all)", **month, **sums},
        *({"source": "proxy", "workspace_id": name, **month, **sums, "theirs": 720} for name in ("a", "b")),
    ]
    publish(rows)
    found = list(describe_status(settings, now=NOW, last_run=None))
    start = found.index("sources      gateway says 718.74 USD for Mar 2026, we have 718.74")
    assert found[start + 1] == (
        "             proxy says 1,440.00 USD for Mar 2026, we have 1,437.49 (0.2% apart)"
    )


def test_a_version_of_a_release_without_reconciliation_has_no_line_of_sources(
    settings: Settings, publish: Callable[..., Path], rows: dict[str, list[dict[str, Any]]]
) -> None:
    with duckdb.connect(str(publish(rows) / "credits.duckdb")) as connection:
        connection.execute("drop table marts.reconciliation")
    assert not [text for text in describe_status(settings, now=NOW, last_run=None) if "says" in text]
    assert load_report(settings.published_dir, workspace_id="w1", days=30).reconciliation == ()
