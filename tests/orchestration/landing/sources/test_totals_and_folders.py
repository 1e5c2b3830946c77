"""Totals that are added up, and texts of a folder and before a mark.

What the other verbs do is in test_engine.
"""

import json
from pathlib import Path

from support.mapped_sources import Loaded, lines, load

from orchestration.landing.sources.mapping import mapping_from

EVENTS = """
feeds:
  generation_events:
    event_id: id
    occurred_at: at
    workspace_id: {const: w}
    member_id: {folder: 1}
    product_category: {path: categories, before: ","}
    generation_type: {const: meta}
    credits: CREDITS
"""
TOTALS = """
totals:
  source: {const: s}
  day: day
  model: model
  amount: {path: cents, minor_units: 2}
"""
NOON = "2026-05-01T12:00:00Z"


def loaded(tmp_path: Path, text: str, *records: dict[str, object], file: str = "a.jsonl") -> Loaded:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    mapping = mapping_from(text, name="shop", shown_as="mapping.yml")
    return load(mapping, *sorted(tmp_path.rglob("*.jsonl")), root=tmp_path)


def test_totals_of_one_file_are_added_up_by_all_but_their_amounts(tmp_path: Path) -> None:
    day = {"day": "2026-05-01", "model": "m"}
    loaded(tmp_path, TOTALS, {**day, "cents": "1"}, file="b.jsonl")
    parts = [{**day, "cents": cents} for cents in ("0.1", "0.2000000001", "much")]
    found = loaded(tmp_path, TOTALS, *parts, {**day, "model": "other", "cents": 3})
    assert found.table("provider_totals", "day model amount") == lines("""
        2026-05-01 | m     | 0.003000000001
        2026-05-01 | other | 0.03
        2026-05-01 | m     | 0.01
    """)
    assert [reject.column for reject in found.rejected] == ["amount"]
    assert found.mapped.left_out == 1


def test_a_folder_names_the_member_and_a_mark_ends_a_text(tmp_path: Path) -> None:
    text = EVENTS.replace("CREDITS", "n")
    row = {"id": "a", "at": NOON, "n": 1, "categories": "Shirts > Linen , Summer"}
    loaded(tmp_path, text, row)
    found = loaded(tmp_path, text, {**row, "id": "b", "categories": None}, file="kim/2026/b.jsonl")
    assert found.table("generation_events", "event_id member_id product_category") == lines("""
        a | -   | Shirts > Linen
        b | kim | -
    """)
