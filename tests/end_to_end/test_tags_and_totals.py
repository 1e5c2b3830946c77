"""Usage by tag and totals of sources, after an incremental run, equal a recomputation in plain Python."""

from __future__ import annotations

import random
from datetime import date

import pytest
from oracle import Oracle
from oracle.comparison import differences, lake_rows
from support.product import CreditsWith, NightlyRun, nightly_run
from support.tagged_usage import TAG_KEYS, ZONES, budgets, changed, deliver, events, totals

pytestmark = pytest.mark.slow

FIRST, LAST = date(2026, 4, 20), date(2026, 5, 4)


@pytest.fixture(scope="module")
def second_run(credits_with: CreditsWith, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    """An incremental run with tags, after one of fewer days."""
    root, rng = tmp_path_factory.mktemp("tags"), random.Random(11)
    command = credits_with(CREDITS_TAG_KEYS=",".join(TAG_KEYS))
    before = list(events(rng, up_to=FIRST, count=150))
    zones = [{"workspace_id": name, "timezone": zone} for name, zone in ZONES.items()]
    first = {
        "generation_events": before,
        "workspaces": zones,
        "provider_totals": list(totals(rng, up_to=LAST, count=30)),
        "budgets": budgets(random.Random(1)),
    }
    nightly_run(command, deliver(root / "landing", 1, **first), root / "data", str(FIRST))
    again = [changed(row, rng) for row in before[:60]]
    later = [row | {"event_id": f"l{row['event_id']}"} for row in events(rng, up_to=LAST, count=80)]
    retracted = [
        {"retraction_id": row["event_id"], "event_id": row["event_id"], "source": row["source"]}
        | {"occurred_at": "2026-05-01T00:00:00Z"}
        for row in before[60:75]
    ]
    second = {"generation_events": again + later, "event_retractions": retracted}
    second["budgets"] = budgets(random.Random(2))[:8]
    deliver(root / "landing", 2, **second, provider_totals=list(totals(rng, up_to=LAST, count=90)))
    return nightly_run(command, root / "landing", root / "data", str(LAST))


def test_usage_by_tag_and_totals_equal_the_recomputation_in_plain_python(second_run: NightlyRun) -> None:
    rows = lake_rows(second_run.data_dir / "raw")
    expected = Oracle(rows, as_of=LAST, tag_keys=TAG_KEYS).marts()
    # the forecast of the first run is published, too
    expected["depletion_forecast"] |= {(name, FIRST): {} for name in ZONES}
    assert differences(second_run.published, expected) == []
    assert len(expected["usage_by_tag"]) > 30
    used = {row["used"] for row in expected["budget_status"].values()}
    assert len(used) > 10 and 0 in used
    compared = expected["reconciliation"].values()
    assert len({row["share"] for row in compared}) > 10
    assert any(row["explained"] for row in compared)
    assert {row["is_complete"] for row in compared} == {True, False}


def test_another_value_of_a_tag_is_a_conflict(second_run: NightlyRun) -> None:
    assert "no_key_has_two_contents" in second_run.result.stdout
