"""Large numbers: deliveries are counted once, reads see one version, and nothing is sent anywhere.

The sample load plants the faults in deliveries; the kills are here.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from faults.awkward_run import TIES, AwkwardRun
from faults.namespaces import credits_script, run_in_namespace
from support.fault_table import Faults
from support.forked_runs import ForkedRuns

from orchestration.landing.sample.load import write_load
from orchestration.publish.versions.build import activate, build_version, seal

AS_OF = "2026-04-07"
Counter = Any  # a shared number of multiprocessing
DAYS = (date(2026, 3, 10), date(2026, 4, 1), date(2026, 4, 30))
DELIVERIES = "1,000,000 deliveries with duplicates, late, retracted and bad ones"
PUBLISHED_AT = datetime(2026, 4, 8, 2, tzinfo=UTC)
FEEDS_BY_DAY = ("generation_events", "content_outcomes", "event_retractions")


def deliver(load: Path, landing: Path, up_to: date) -> None:
    """Copy into the landing folder what the load has delivered by the end of a day."""
    for file in load.glob("*/*"):
        day = file.name.removeprefix("load-")[:10]
        if file.parent.name not in FEEDS_BY_DAY or date.fromisoformat(day) <= up_to:
            (landing / file.parent.name).mkdir(parents=True, exist_ok=True)
            if not (landing / file.parent.name / file.name).exists():
                shutil.copy2(file, landing / file.parent.name / file.name)


def live_events(load: Path) -> set[str]:
    """The ids of all valid events that are not retracted, as the generator names them."""
    ids = set()
    for file in (load / "generation_events").iterdir():
        for line in file.read_text(encoding="utf-8").splitlines():
            if '"bad_' not in line and '"event_id"' in line:
                ids.add(json.loads(line)["event_id"])
    for file in (load / "event_retractions").iterdir():
        ids -= {json.loads(line)["event_id"] for line in file.read_text(encoding="utf-8").splitlines()}
    return ids


@pytest.mark.slow
@pytest.mark.parametrize(("events", "days"), [(20_000, DAYS[-1:]), (960_000, DAYS)])
def test_no_delivery_is_lost_or_counted_twice(
    runs: ForkedRuns, faults: Faults, events: int, days: tuple[date, ...], tmp_path: Path
) -> None:
    load, landing, data_dir = tmp_path / "load", tmp_path / "landing", tmp_path / "data"
    shares = {"duplicate_share": 0.05, "conflict_share": 0.01, "late_share": 0.02}
    shares |= {"retracted_share": 0.01, "bad_share": 0.01}
    write_load(load, workspaces=40, days=60, events=events, seed=events, **shares)  # type: ignore[arg-type]
    truth = json.loads((load / "truth.json").read_text(encoding="utf-8"))
    lines = sum(file.read_bytes().count(b"\n") for file in (load / "generation_events").iterdir())
    rng = random.Random(events)
    large = {"CREDITS_MEMORY_LIMIT": "1GB"}
    with (
        faults.injection(DELIVERIES, lines),
        faults.injection("ten times the volume in 1 GB", int(events > 500_000)),
    ):
        for up_to in days:
            deliver(load, landing, up_to)
            killed = runs.nightly_run(
                landing, data_dir, AS_OF, kill_after_seconds=rng.uniform(3, 12), environment=large
            )
            run = runs.nightly_run(landing, data_dir, AS_OF, environment=large)
            assert run.status == 0, killed.output + run.output
            assert run.peak_mb < 3_000
        assert lost_or_duplicated(data_dir, load, truth) == []
        assert unexplained_lines(data_dir, lines) == []


def lost_or_duplicated(data_dir: Path, load: Path, truth: dict[str, object]) -> list[str]:
    """Where the published rows differ from the generator's truth."""
    with duckdb.connect(str((data_dir / "published").resolve() / "credits.duckdb"), read_only=True) as marts:
        found = marts.execute(
            "select event_id, count(*) from marts.generation_details group by all"
        ).fetchall()
        by_workspace = dict(
            marts.execute("select workspace_id, sum(credits) from marts.usage_daily group by all").fetchall()
        )
        ties = marts.execute(TIES).fetchall()[0][0]
    expected, published = live_events(load), {event for event, _ in found}
    workspaces = truth["workspaces"]
    assert isinstance(workspaces, dict)
    wrong = [
        f"{workspace}: {by_workspace.get(workspace)} credits, expected {about['live_credits']}"
        for workspace, about in workspaces.items()
        if by_workspace.get(workspace, Decimal(0)) != Decimal(about["live_credits"])
    ]
    return [
        *(f"lost: {event}" for event in sorted(expected - published)[:5]),
        *(f"not to be reported: {event}" for event in sorted(published - expected)[:5]),
        *(f"counted {times} times: {event}" for event, times in found if times > 1),
        *wrong,
        *([f"{ties} rows do not add up"] if ties else []),
    ]


def unexplained_lines(data_dir: Path, lines: int) -> list[str]:
    """Where the lines of the files are not as many as those accepted or quarantined."""
    files = [str(file) for file in (data_dir / "raw" / "batches").glob("*/deliveries.parquet")]
    counts = duckdb.execute(
        "select sum(line_count), sum(accepted_count) + sum(quarantined_count) from read_parquet(?) "
        "where feed = 'generation_events' and status = 'loaded'",
        [files],
    ).fetchall()[0]
    return [] if counts == (lines, lines) else [f"{lines} lines delivered, counted {counts}"]


def fingerprint(version: Path) -> tuple[object, ...]:
    """Values of each part of a version that differ between versions."""
    with duckdb.connect(str(version / "credits.duckdb"), read_only=True) as connection:
        marts = connection.execute(
            "select (select sum(credits) from marts.usage_daily), (select sum(credits_used) from "
            "marts.credit_summary), (select count(*) from marts.generation_details)"
        ).fetchall()[0]
        assert connection.execute(TIES).fetchall()[0][0] == 0
    parquet = pq.read_table(version / "parquet" / "usage_daily.parquet", columns=["credits"])
    pages = sorted((version / "report").iterdir())
    return *marts, sum(parquet["credits"].to_pylist()), len(pages[0].read_bytes()), len(pages)


def read_repeatedly(
    data_dir: Path, versions: list[tuple[object, ...]], stop: Event, reads: Counter, mixed: Counter
) -> None:
    """Read what is published until stopped; count the reads, and those that match no version."""
    parts, tests = {version[:3] for version in versions}, multiprocessing.parent_process()
    while not stop.is_set() and tests is not None and tests.is_alive():
        # as a BI tool does, by the link, and as a reader of several files does, who resolves it first
        with duckdb.connect(str(data_dir / "published" / "credits.duckdb"), read_only=True) as connection:
            marts = connection.execute(
                "select (select sum(credits) from marts.usage_daily), (select sum(credits_used) from "
                "marts.credit_summary), (select count(*) from marts.generation_details)"
            ).fetchall()[0]
        wrong = (marts not in parts) + (fingerprint((data_dir / "published").resolve()) not in versions)
        for counter, more in ((reads, 2), (mixed, wrong)):
            with counter.get_lock():
                counter.value += more


def publish(warehouse: Path, data_dir: Path) -> None:
    """Build a version like a run, and serve it."""
    version = build_version(warehouse, data_dir, published_at=PUBLISHED_AT)
    seal(version, data_dir)
    activate(version, data_dir)


@pytest.mark.slow
def test_10_000_workspaces_that_arrive_at_once_are_all_published(
    runs: ForkedRuns, faults: Faults, tmp_path: Path
) -> None:
    workspaces = 10_000
    write_load(
        tmp_path / "load", workspaces=workspaces, days=30, events=60_000, seed=24, retracted_share=0.01
    )
    shutil.move(tmp_path / "load" / "truth.json", tmp_path)
    with faults.injection("10,000 workspaces at once", workspaces):
        run = runs.nightly_run(tmp_path / "load", tmp_path / "data", AS_OF)
        assert run.status == 0, run.output
        assert run.peak_mb < 4096
        published = tmp_path / "data" / "published"
        assert len(list((published / "report").glob("*.html"))) == workspaces
        with duckdb.connect(str(published / "credits.duckdb"), read_only=True) as marts:
            summed = "(select sum(generation_count) from marts.usage_daily)"
            query = f"select count(*), sum(generation_count), {summed} from marts.credit_summary"
            found = marts.execute(f"{query} where period = '30d'").fetchone()
    live = len(live_events(tmp_path / "load"))
    assert found == (workspaces, live, live)


@pytest.mark.slow
@pytest.mark.parametrize("least", [200, 10_000])
def test_readers_never_see_two_versions_at_once(
    awkward: AwkwardRun, faults: Faults, least: int, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    warehouses = [awkward.before / "warehouse.duckdb", awkward.undisturbed / "warehouse.duckdb"]
    versions = []
    for warehouse in warehouses:
        publish(warehouse, data_dir)
        versions.append(fingerprint((data_dir / "published").resolve()))
    # versions differ in every part: otherwise a mixture could not be detected
    assert all(one != other for one, other in zip(*(version[:5] for version in versions), strict=True))
    spawning = multiprocessing.get_context("spawn")
    stop, reads, mixed = spawning.Event(), spawning.Value("q"), spawning.Value("q")
    readers = [
        spawning.Process(target=read_repeatedly, args=(data_dir, versions, stop, reads, mixed), daemon=True)
        for _ in range(2)
    ]
    for reader in readers:
        reader.start()
    published = 0
    while reads.value < least and all(reader.is_alive() for reader in readers):
        publish(warehouses[published % 2], data_dir)
        published += 1
    stop.set()
    for reader in readers:
        reader.join(timeout=60)
    with faults.injection("10,000 reads during publishing", reads.value):
        assert [reader.exitcode for reader in readers] == [0, 0]
        assert (reads.value >= least, mixed.value) == (True, 0)
        assert published > least / 500


@pytest.mark.slow
def test_a_nightly_run_sends_nothing_anywhere(awkward: AwkwardRun, faults: Faults, tmp_path: Path) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    command = (credits_script(), "run", "--landing", awkward.landing, "--as-of", awkward.as_of)
    arguments = (*command, "--data-dir", data_dir)
    result = run_in_namespace("net", "without_network.py", *arguments, home=tmp_path / "home")
    with faults.injection("a nightly run without a network"):
        assert result["status"] == 0
        # the counters work: they counted what the script itself tried
        assert result["control"]["Tcp"] and result["control"]["Udp"]
        assert set(result["sent"].values()) == {0}, result["sent"]
        awkward.assert_equal(data_dir)
