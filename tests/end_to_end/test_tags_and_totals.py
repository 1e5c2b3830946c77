"""Usage by tag and totals of sources, after an incremental run, equal a recomputation in plain Python."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from oracle import Oracle
from oracle.comparison import differences, lake_rows
from support.product import CreditsWith, NightlyRun, nightly_run

TAG_KEYS = ("cost.centre", "app")
FIRST, LAST = date(2026, 4, 20), date(2026, 5, 4)
ZONES = {"wellington": "Pacific/Auckland", "lima": "America/Lima", "accra": "UTC"}
Row = dict[str, Any]


def events(rng: random.Random, *, up_to: date, count: int) -> Iterator[Row]:
    midnight = datetime(up_to.year, up_to.month, up_to.day, tzinfo=UTC)
    for number in range(count):
        yield {
            "event_id": f"e{number}",
            "source": rng.choice(("gateway", "gateway", "batch")),
            "occurred_at": (midnight - timedelta(minutes=rng.randint(-1_500, 20_000))).isoformat(),
            "workspace_id": rng.choice(list(ZONES)),
            "product_id": rng.choice(("p1", "p2", None)),
            "generation_type": "meta",
            "status": rng.choice(("succeeded", "succeeded", "failed")),
            "credits": f"{rng.randint(0, 9_999) / 1000:.3f}",
            "model": rng.choice(("small", "large", None)),
            "provider_cost": rng.choice((None, "0", f"{rng.randint(1, 10**9)}e-9")),
            "provider_currency": rng.choice(("USD", "usd", "EUR", None)),
            "attributes": tags(rng),
        }


def tags(rng: random.Random) -> Row:
    found = {"cost.centre": rng.choice(("10", 10, "", "north")), "app": rng.choice(("shop", None)), "try": 1}
    return {key: value for key, value in found.items() if rng.random() < 0.8}


def changed(row: Row, rng: random.Random) -> Row:
    """The row again: with other tags, corrected, or with an attribute that is no tag."""
    changes = ({"attributes": tags(rng)}, {"revision": 1, "credits": "7"}, {"attributes": row["attributes"]})
    return row | rng.choice(changes)


def totals(rng: random.Random, *, count: int) -> Iterator[Row]:
    for _ in range(count):
        yield {
            "source": rng.choice(("gateway", "batch", "unknown")),
            "day": str(FIRST + timedelta(days=rng.randint(0, 14))),
            "period": rng.choice(("day", "day", "month", None)),
            "timezone": rng.choice((None, "Asia/Tokyo")),
            "workspace_id": rng.choice((None, None, "lima")),
            "model": rng.choice((None, None, "large")),
            "revision": rng.randint(0, 2),
            rng.choice(("amount", "credits")): str(rng.randint(0, 50)),
            "currency": rng.choice(("USD", "eur", None)),
        }


def deliver(landing: Path, night: int, **feeds: list[Row]) -> Path:
    for feed, rows in feeds.items():
        (landing / feed).mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (landing / feed / f"{night}.jsonl").write_text(text)
    return landing


@pytest.fixture(scope="module")
def second_run(credits_with: CreditsWith, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    """An incremental run with tags, after one of fewer days."""
    root, rng = tmp_path_factory.mktemp("tags"), random.Random(11)
    command = credits_with(CREDITS_TAG_KEYS=",".join(TAG_KEYS))
    before = list(events(rng, up_to=FIRST, count=150))
    zones = [{"workspace_id": name, "timezone": zone} for name, zone in ZONES.items()]
    first = {"generation_events": before, "workspaces": zones, "provider_totals": list(totals(rng, count=30))}
    nightly_run(command, deliver(root / "landing", 1, **first), root / "data", str(FIRST))
    again = [changed(row, rng) for row in before[:60]]
    later = [row | {"event_id": f"l{row['event_id']}"} for row in events(rng, up_to=LAST, count=80)]
    retracted = [
        {"retraction_id": row["event_id"], "event_id": row["event_id"], "source": row["source"]}
        | {"occurred_at": "2026-05-01T00:00:00Z"}
        for row in before[60:75]
    ]
    second = {"generation_events": again + later, "event_retractions": retracted}
    deliver(root / "landing", 2, **second, provider_totals=list(totals(rng, count=90)))
    return nightly_run(command, root / "landing", root / "data", str(LAST))


def test_usage_by_tag_and_totals_equal_the_recomputation_in_plain_python(second_run: NightlyRun) -> None:
    rows = lake_rows(second_run.data_dir / "raw")
    expected = Oracle(rows, as_of=LAST, tag_keys=TAG_KEYS).marts()
    # the forecast of the first run is published, too
    expected["depletion_forecast"] |= {(name, FIRST): {} for name in ZONES}
    assert differences(second_run.published, expected) == []
    assert len(expected["usage_by_tag"]) > 30
    compared = expected["reconciliation"].values()
    assert len({row["share"] for row in compared}) > 10
    assert any(row["explained"] for row in compared)
    assert {row["is_complete"] for row in compared} == {True, False}


def test_another_value_of_a_tag_is_a_conflict(second_run: NightlyRun) -> None:
    assert "no_key_has_two_contents" in second_run.result.stdout
