"""`credits status` says of each folder of another system what became of its records."""

import json
from datetime import UTC, datetime
from pathlib import Path

from orchestration.health.quarantine_summary import rejected_groups
from orchestration.health.source_summary import describe_sources, source_summaries
from orchestration.lake.lake import Lake
from orchestration.lake.sources.derivation import derive

MAPPING = """
where: {kind: run}
feeds:
  generation_events:
    event_id: {first: [id], else: content_and_occurrence}
    occurred_at: {path: at, zone: UTC}
    workspace_id: {const: w1}
    generation_type: {const: meta}
    credits: {path: cost, places: 2}
"""


def load(root: Path, *records: dict[str, object]) -> Lake:
    folder, lake = root / "landing" / "robots", Lake(root / "raw")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mapping.yml").write_text(MAPPING)
    number = len(list(folder.iterdir()))
    (folder / f"{number}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    lake.ingest(root / "landing", now=datetime(2026, 5, 4, tzinfo=UTC))
    derive(lake)
    return lake


def test_each_folder_has_its_records_rows_and_refusals(tmp_path: Path) -> None:
    good = {"id": "r1", "at": "2026-05-01 10:00:00", "cost": "1.004", "kind": "run"}
    load(tmp_path, good, good | {"id": None}, good | {"kind": "idle"})
    lake = load(tmp_path, good | {"id": "r2", "cost": "-1"}, good | {"id": "r3", "cost": "-2"})
    assert list(describe_sources(source_summaries(lake))) == [
        "sources      robots: 2 files, 5 records: 2 mapped, 1 left out, 2 quarantined",
        "                 gave 2 generation_events",
        "                 1 have no id: of identical ones in two files, one counts",
        "                 rounding to places moved the total by -0.008",
        "                 2 refused, generation_events range: such as robots/2.jsonl:1: "
        "credits must be at least 0; found -1.00",
    ]
    (group,) = rejected_groups(lake)
    assert (group.feed, group.row_count, group.corrected_count) == ("generation_events", 2, 0)


def test_without_other_systems_there_is_nothing_to_say(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    lake = Lake(tmp_path / "raw")
    lake.ingest(tmp_path / "landing", now=datetime(2026, 5, 4, tzinfo=UTC))
    derive(lake)
    assert source_summaries(lake) == []
