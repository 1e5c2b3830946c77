"""The floor of the benchmark computes what the product computes; otherwise its seconds mean nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from support.product import REPO, SAMPLE_AS_OF, Credits, NightlyRun, nightly_run

from orchestration.landing.sample.write import write_load

ZONE = "Asia/Bangkok"


def module(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)


def floor_of(run: NightlyRun, folder: Path) -> Path:
    file = folder / "floor.duckdb"
    written = module("floor", "--lake", run.data_dir / "raw", "--as-of", run.as_of, "--out", file)
    assert written.returncode == 0, written.stderr
    return file


def differences(floor: Path, run: NightlyRun) -> list[str]:
    compared = module("agreement", "--floor", floor, "--published", run.published / "credits.duckdb")
    assert compared.returncode == bool(compared.stderr), compared.stderr
    return compared.stderr.splitlines()


@pytest.fixture(scope="module")
def awkward_run(credits_command: Credits, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    """A load with every planted fault, and rows that no load plants."""
    root = tmp_path_factory.mktemp("awkward")
    write_load(
        root / "landing",
        workspaces=4,
        days=100,
        events=20_000,
        seed=3,
        end_date=date.fromisoformat(SAMPLE_AS_OF),
        duplicate_share=0.05,
        conflict_share=0.01,
        late_share=0.02,
        retracted_share=0.01,
        bad_share=0.01,
    )
    for feed, rows in by_hand().items():
        with (root / "landing" / feed / "by-hand.jsonl").open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(row) + "\n" for row in rows)
    return nightly_run(credits_command, root / "landing", root / "data", SAMPLE_AS_OF)


def by_hand() -> dict[str, list[dict[str, object]]]:
    """Ties, edges and contradictions, in a workspace of their own and in one that no feed names."""
    events = [
        # at one instant, and a use of the second of them at that instant
        *(event(event_id, "03-01T10:00:00Z", product_id="tied") for event_id in ("t-c", "t-a", "t-b")),
        event("t-d", "03-02T10:00:00Z", product_id="tied"),
        # seven days are no pause, a millisecond more is
        *(event(f"g{day}", f"03-{day:02}T08:00:00Z", product_id="gap") for day in (1, 8)),
        event("g15", "03-15T08:00:00.001Z", product_id="gap"),
        # used at the instant of the next, before it was made, and after a later one
        *(event(f"u{day}", f"03-{day:02}T08:00:00Z", product_id="used") for day in (1, 2, 3)),
        # thrown away, with a score at the limit and below it
        *(
            event(f"q{n}", f"03-10T0{n}:00:00Z", quality_score=score)
            for n, score in enumerate((0.59, 0.6, 1))
        ),
        *(event(f"l{n}", f"03-11T0{n}:00:00Z", locale="de", quality_score=0.599) for n in range(2)),
        # failed, and yet accepted
        event("failed", "03-12T00:00:00Z", status="failed", product_id="failed"),
        # the last instant of as_of in the zone, and the first after it
        event("last", "04-07T16:59:59.999Z", product_id="edge"),
        event("after", "04-07T17:00:00Z", product_id="edge"),
        # one id, two contents, in one batch
        event("twice", "03-20T00:00:00Z", credits="5"),
        event("twice", "03-21T00:00:00Z", credits="7"),
        # nobody uses these fields: ten mature episodes of them
        *(event(f"n{n}", "03-05T00:00:00Z", product_id=f"n{n}", generation_type="alt") for n in range(10)),
        # a product of two versions, one of none, and a category of the event
        *(
            event(f"c-{p}", "04-01T00:00:00Z", product_id=p, product_category=None)
            for p in ("known", "unknown")
        ),
        event("own", "04-02T00:00:00Z", workspace_id="unnamed", member_id="m9"),
        *(event(f"r{n}", "04-03T00:00:00Z", product_id=f"r{n}", member_id="m2") for n in range(3)),
        # free, by one who has nothing else
        event("free", "04-04T00:00:00Z", credits="0", member_id="m3"),
    ]
    outcomes = [
        outcome("t-b", "accepted", "03-01T10:00:00Z"),
        outcome("u1", "edited", "03-02T08:00:00Z"),
        outcome("u2", "published", "03-01T00:00:00Z"),
        outcome("u1", "unpublished", "03-05T08:00:00Z"),
        outcome("failed", "accepted", "03-13T00:00:00Z"),
        # at one instant the higher id is the newer
        outcome("g15", "accepted", "03-16T00:00:00Z", outcome_id="o-1"),
        outcome("g15", "rejected", "03-16T00:00:00Z", outcome_id="o-2"),
        # one id, two contents
        outcome("g1", "accepted", "03-02T00:00:00Z", outcome_id="o-3"),
        outcome("g1", "rejected", "03-02T00:00:00Z", outcome_id="o-3"),
        outcome("last", "rejected", "04-07T16:59:59Z"),
        outcome("r0", "published", "04-07T17:00:00Z"),
        outcome("nothing", "published", "04-01T00:00:00Z"),
    ]
    retractions = [
        retraction("x1", "r1", "04-04T00:00:00Z"),
        retraction("x2", "r2", "04-07T17:00:00Z"),
        # one id for two events: only one of them is retracted
        retraction("x3", "q0", "04-04T00:00:00Z"),
        retraction("x3", "q1", "04-04T00:00:00Z"),
    ]
    versions = [("UTC", "01-01"), (ZONE, "02-01"), ("America/Los_Angeles", "01-15")]
    return {
        "generation_events": events,
        "content_outcomes": outcomes,
        "event_retractions": retractions,
        "workspaces": [
            {"workspace_id": "hand", "timezone": z, "updated_at": at(f"{d}T00:00:00Z")} for z, d in versions
        ],
        "products": [
            {"product_id": "known", "workspace_id": "hand", "category": c, "updated_at": at(f"{d}T00:00:00Z")}
            for c, d in (("New", "03-01"), ("Old", "02-01"))
        ],
    }


def at(instant: str) -> str:
    return f"2026-{instant}"


def event(event_id: str, when: str, **columns: object) -> dict[str, object]:
    default = {"workspace_id": "hand", "member_id": "m1", "product_id": "p", "generation_type": "meta"}
    default |= {"credits": "1.5", "product_category": "Shoes"}
    return {"event_id": event_id, "occurred_at": at(when), **default, **columns}


def outcome(event_id: str, what: str, when: str, *, outcome_id: str | None = None) -> dict[str, object]:
    named = outcome_id or f"{event_id}-{what}"
    return {"outcome_id": named, "event_id": event_id, "occurred_at": at(when), "outcome": what}


def retraction(retraction_id: str, event_id: str, when: str) -> dict[str, object]:
    return {"retraction_id": retraction_id, "event_id": event_id, "occurred_at": at(when)}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sample_run", "real_run", "awkward_run"])
def test_the_floor_equals_the_published_marts(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run: NightlyRun = request.getfixturevalue(name)
    assert differences(floor_of(run, tmp_path), run) == []


@pytest.mark.slow
def test_the_awkward_run_contains_the_cases_it_is_for(awkward_run: NightlyRun) -> None:
    generations = dict(
        awkward_run.query(
            "select event_id, (attempt_number, attempt_count, disposition) "
            "from marts.generation_details where workspace_id in ('hand', 'unnamed')"
        )
    )
    assert [generations[f"t-{letter}"][:2] for letter in "abcd"] == [(1, 2), (2, 2), (1, 1), (1, 1)]
    assert [generations[f"g{day}"][:2] for day in (1, 8, 15)] == [(1, 2), (2, 2), (1, 1)]
    assert generations["g15"][2] == "wasted" and "r1" not in generations and "r2" in generations
    assert "last" in generations and "after" not in generations and len({"q0", "q1"} & set(generations)) == 1
    reasons = awkward_run.query("select distinct waste_reason from marts.waste_by_reason")
    assert len(reasons) == 6


@pytest.mark.slow
def test_a_floor_that_does_less_is_noticed(sample_run: NightlyRun, tmp_path: Path) -> None:
    right = floor_of(sample_run, tmp_path)
    for change, noticed in {
        "update usage_daily set used_credits = used_credits + 0.000001 "
        "where rowid = (select min(rowid) from usage_daily)": "usage_daily.used_credits differs in 1 rows",
        "delete from generation_details where event_id = (select min(event_id) from generation_details)": (
            "generation_details.the key differs in 1 rows"
        ),
        "update usage_by_member set mix_adjusted_efficiency = mix_adjusted_efficiency + 0.00000001 "
        "where period = '7d' and member_name = 'Sarah'": (
            "usage_by_member.mix_adjusted_efficiency differs in 1 rows"
        ),
        "alter table usage_by_category drop column waste_rate": "usage_by_category: every column must be",
    }.items():
        wrong = tmp_path / "wrong.duckdb"
        shutil.copy(right, wrong)
        with duckdb.connect(str(wrong)) as connection:
            connection.execute(change)
        found = differences(wrong, sample_run)
        assert any(line.startswith(noticed) for line in found), (change, found)
