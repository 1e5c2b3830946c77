"""What an erasure leaves and may mention the person: other spellings, and names inside other texts."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.lake.erasure.erase import find_personal_data
from orchestration.lake.erasure.forgotten_list import ANY
from orchestration.lake.erasure.possible_mentions import possible_mentions
from orchestration.lake.lake import Lake

DECOMPOSED = unicodedata.normalize("NFD", "ZOË QUILL")
ID = "zoë@example.com"


def member(id: str, **values: str) -> dict[str, str]:
    return {"member_id": id, "workspace_id": "w1"} | values


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    feeds = {
        "members": [
            member(ID, name="Zoë Quill", team="Zoë Quill's team"),
            member("m2", name="Mike", team="with Zoë Quill"),
        ],
        "products": [
            {
                "product_id": "p1",
                "workspace_id": "w1",
                "title": f"Mug of {unicodedata.normalize('NFD', 'ZOË QUILL')}",
            },
            {"product_id": "p2", "workspace_id": "w1", "title": "Mug"},
            {"product_id": "zo%C3%AB%40example.com", "workspace_id": "w1", "title": "Cup"},
        ],
    }
    for feed, rows in feeds.items():
        (tmp_path / "landing" / feed).mkdir(parents=True)
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / "landing" / feed / "rows.jsonl").write_text(text)
    lake = Lake(tmp_path / "raw")
    lake.ingest(tmp_path / "landing", now=datetime(2026, 4, 8, tzinfo=UTC))
    return lake


def test_what_an_erasure_leaves_and_may_mention_the_person_is_counted_by_column(lake: Lake) -> None:
    found = find_personal_data(lake, {("w1", ID), (ANY, ID)})
    assert possible_mentions(lake, found) == {
        "members.team": 1,
        "products.product_id": 1,
        "products.title": 1,
    }


def test_of_someone_else_nothing_is_found(lake: Lake) -> None:
    found = find_personal_data(lake, {("w1", "m2"), (ANY, "m2")})
    assert possible_mentions(lake, found) == {}
