"""Consecutive nightly runs: repeated input changes nothing, a failed run publishes nothing."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import random
import re
from decimal import Decimal
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from support.product import SAMPLE_AS_OF, Credits, NightlyRun, copy_run, nightly_run, published_rows


def test_repeating_a_run_loads_nothing_and_changes_no_row(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    before = published_rows(run.published)
    version = run.published.readlink()
    again = nightly_run(credits_command, run.landing, run.data_dir, run.as_of)
    assert "nothing new" in again.result.stdout
    assert run.published.readlink() != version
    assert published_rows(run.published) == before


@pytest.mark.slow
def test_a_rebuild_from_the_lake_publishes_the_same_rows(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    (run.data_dir / "warehouse.duckdb").unlink()
    rebuilt = nightly_run(credits_command, run.landing, run.data_dir, run.as_of, "--full-refresh")
    assert published_rows(rebuilt.published) == published_rows(sample_run.published)


@pytest.mark.slow
def test_the_format_and_split_of_the_files_change_no_published_row(
    credits_command: Credits, real_run: NightlyRun, tmp_path: Path
) -> None:
    reshape(real_run.landing, tmp_path / "landing", random.Random(11))
    run = nightly_run(credits_command, tmp_path / "landing", tmp_path / "data", real_run.as_of)
    assert published_rows(run.published) == published_rows(real_run.published)


def reshape(landing: Path, to: Path, rng: random.Random) -> None:
    """The same rows shuffled and split differently, under other names, as CSV and Parquet."""
    for feed in sorted(path for path in landing.iterdir() if path.is_dir()):
        rows = []
        for file in sorted(feed.glob("*.jsonl.gz")):
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                rows += [json.loads(line, parse_float=Decimal) for line in lines]
        rng.shuffle(rows)
        names = sorted({name for row in rows for name in row})
        table = pa.table(
            {name: [None if row.get(name) is None else str(row[name]) for row in rows] for name in names}
        )
        (to / feed.name / "deep" / "er").mkdir(parents=True)
        third = len(rows) // 3
        pa_csv.write_csv(table.slice(0, third), to / feed.name / "deep" / "ex cel';--.csv")
        pq.write_table(table.slice(third, third), to / feed.name / "deep" / "er" / "part.parquet")
        whole = pa.Table.to_pylist(table.slice(2 * third))
        (to / feed.name / "rest.json").write_text(json.dumps(whole), encoding="utf-8")


@pytest.mark.slow
def test_a_reader_keeps_its_version_while_the_next_is_published(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    with duckdb.connect(str(run.published / "credits.duckdb"), read_only=True) as reader:
        total = "select sum(credits_used) from marts.credit_summary"
        before = reader.execute(total).fetchall()
        event = {
            "event_id": "late-1", "occurred_at": "2026-04-07T10:00:00Z", "workspace_id": "acme-store",
            "member_id": "m_sarah", "product_id": "late", "generation_type": "meta", "credits": "1.5",
        }  # fmt: skip
        landing = tmp_path / "landing"
        (landing / "generation_events").mkdir(parents=True)
        (landing / "generation_events" / "late.jsonl").write_text(json.dumps(event) + "\n")
        nightly_run(credits_command, landing, run.data_dir, run.as_of)
        assert reader.execute(total).fetchall() == before
    ((periods,),) = run.query("select count(*) from marts.credit_summary where window_end_date = as_of")
    assert periods >= 4
    assert run.query(total) == [(before[0][0] + periods * Decimal("1.5"),)]


def test_the_command_and_the_dagster_ui_count_the_same_checks(
    sample_run: NightlyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sample_run.home is not None
    monkeypatch.chdir(sample_run.home)
    with dg.DagsterInstance.from_config(str(sample_run.home)) as instance:
        (record,) = instance.get_run_records(limit=1)
        kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION
        entries = instance.all_logs(record.dagster_run.run_id, of_type=kind)
    found = [entry.dagster_event.asset_check_evaluation_data for entry in entries if entry.dagster_event]
    assert all(check.passed and check.description for check in found)
    counted = sum(int(check.metadata["checks"].value) for check in found)
    assert f"checks       {counted} passed, 0 warnings, 0 failed" in sample_run.result.stdout
    assert counted > 250


def test_a_failed_gate_stops_the_run_and_keeps_the_served_version(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(sample_run, tmp_path / "data")
    served = (run.published / "credits.duckdb").stat().st_ino
    deliveries = run.data_dir / "raw" / "batches" / "000001" / "deliveries.parquet"
    table = pq.read_table(deliveries)
    position = table.schema.get_field_index("accepted_count")
    one_more = pa.array([count + 1 for count in table["accepted_count"].to_pylist()], pa.int64())
    pq.write_table(table.set_column(position, table.schema.field(position), one_more), deliveries)

    result = credits_command(
        *("run", "--landing", run.landing, "--data-dir", run.data_dir, "--as-of", SAMPLE_AS_OF),
        "--full-refresh",  # otherwise only new batches are checked
    )
    assert result.returncode == 1
    assert "published    nothing" in result.stdout
    assert re.search(r"failed       raw_gate: raw\.\w+ \w+: raw\.", result.stdout)
    assert "--- staging not run" in result.stderr
    assert (run.published / "credits.duckdb").stat().st_ino == served
    status = credits_command("status", "--data-dir", run.data_dir)
    assert status.returncode == 0, status.stderr
    assert "failure" in status.stdout
    assert "critical: raw.deliveries" in status.stdout


def test_a_second_run_exits_at_once_and_names_the_first(credits_command: Credits, tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "run.lock").open("w") as held:
        held.write(f"process {os.getpid()}\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        result = credits_command("run", "--landing", tmp_path / "landing", "--data-dir", tmp_path / "data")
    assert result.returncode == 3
    assert f"process {os.getpid()}" in result.stderr


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (None, "no file in the folder of a feed has a row"),
        ('{"event_id": "e1", "user": "kim"}\n', "1 lines were refused"),
    ],
)
def test_a_first_run_that_accepts_nothing_exits_1_and_publishes_nothing(
    credits_command: Credits, tmp_path: Path, lines: str | None, reason: str
) -> None:
    folder = tmp_path / "landing" / "generation_events"
    folder.mkdir(parents=True)
    if lines:
        (folder / "a.jsonl").write_text(lines)
    data = tmp_path / "data"
    result = credits_command("run", "--landing", folder.parent, "--data-dir", data, "--as-of", SAMPLE_AS_OF)
    assert result.returncode == 1
    assert f"nothing was loaded: {reason}" in result.stdout + result.stderr
    assert not (data / "published").exists()


def test_a_usage_error_names_the_wrong_value_and_exits_2(credits_command: Credits, tmp_path: Path) -> None:
    missing = credits_command("run", "--landing", tmp_path / "nowhere", "--data-dir", tmp_path / "data")
    assert (missing.returncode, "nowhere" in missing.stderr) == (2, True)
    assert not (tmp_path / "data").exists()
    invalid_day = credits_command("run", "--landing", tmp_path, "--data-dir", tmp_path, "--as-of", "7 April")
    assert (invalid_day.returncode, "YYYY-MM-DD" in invalid_day.stderr) == (2, True)
    nothing = credits_command("report", "--data-dir", tmp_path / "data")
    assert (nothing.returncode, "credits run" in nothing.stderr) == (2, True)


@pytest.mark.slow
def test_an_implausible_charge_is_a_warning_that_names_the_event(real_run: NightlyRun) -> None:
    assert "6bd0cf1b5b202ba1: 999001.252875 credits" in real_run.result.stdout


@pytest.mark.slow
def test_an_implausible_charge_alerts_once_and_does_not_hide_the_spike_of_the_next_day(
    real_run: NightlyRun,
) -> None:
    found = real_run.query(
        "select cast(usage_date as varchar), scope, cause_kind, event_ids, is_muted from marts.usage_spikes "
        "where usage_date between date '2025-05-07' and date '2025-05-08' order by all"
    )

    event = "aider-analytics 6bd0cf1b5b202ba1"
    assert found == [
        ("2025-05-07", "day", "event", event, True),
        ("2025-05-07", "event", "event", event, False),
        ("2025-05-08", "day", "generation_type", None, False),
    ]
