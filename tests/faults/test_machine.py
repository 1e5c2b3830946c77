"""A disk, a file or another process that fails the run: it reports why, and one more run recovers.

Kills are in test_kills.py.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from faults.awkward_run import AwkwardRun, recover, served_run
from faults.namespaces import credits_script, run_in_namespace
from histories.compare import row_differences
from histories.generate import is_order_independent
from support.fault_table import Faults
from support.forked_runs import ForkedRuns

from orchestration.runs.lock import is_held

OK, FAILED, USAGE, LOCKED, INTERRUPTED = 0, 1, 2, 3, 130


WRITER = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("set checkpoint_threshold = '1TB'")
for table in ("facts.int_generations_classified", "facts.fct_usage_by_day"):
    connection.execute(f"create or replace table {table} as from {table}")
os._exit(0)
"""


def with_a_wal(awkward: AwkwardRun, data_dir: Path) -> Path:
    """A warehouse whose writer died while DuckDB's log held changes that the file did not have yet."""
    awkward.copy_before(data_dir)
    file = data_dir / "warehouse.duckdb"
    subprocess.run([sys.executable, "-c", WRITER, file], check=True)
    wal = file.with_name("warehouse.duckdb.wal")
    assert wal.stat().st_size > 1000
    return wal


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_warehouse_with_a_flipped_byte_is_rebuilt_from_raw(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, seed: int, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    data_dir = awkward.copy_before(tmp_path / "data")
    file = data_dir / "warehouse.duckdb"
    content = bytearray(file.read_bytes())
    # in each part of the file: one page in a dozen belongs to no table
    for part in range(12):
        content[(len(content) * part) // 12 + rng.randrange(len(content) // 12)] ^= 0xFF
    file.write_bytes(content)
    with faults.injection("working database: bytes flipped"):
        recover(runs, awkward, data_dir, reports="from raw")
        assert (data_dir / "warehouse.duckdb.torn").exists() or seed


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_warehouse_cut_short_is_rebuilt_from_raw(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, share: float, tmp_path: Path
) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    file = data_dir / "warehouse.duckdb"
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with faults.injection("working database: file cut short"):
        recover(runs, awkward, data_dir)


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut by a byte", "cut in half", "a byte flipped"])
def test_a_torn_write_ahead_log_is_recovered(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, damage: str, tmp_path: Path
) -> None:
    wal = with_a_wal(awkward, tmp_path / "data")
    content = bytearray(wal.read_bytes())
    if damage == "a byte flipped":
        content[len(content) // 2] ^= 0xFF
    else:
        content = content[: -1 if damage == "cut by a byte" else len(content) // 2]
    wal.write_bytes(content)
    with faults.injection("working database: WAL cut short"):
        recover(runs, awkward, tmp_path / "data")


@pytest.mark.slow
@pytest.mark.parametrize("free_kb", [0, 64, 400, 1500, 2500, 4000])
def test_a_full_disk_fails_the_run_and_changes_nothing_served(
    awkward: AwkwardRun, faults: Faults, free_kb: int, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    folders = ("--before", awkward.before, "--after", tmp_path / "after", "--disk", tmp_path / "disk")
    command = (credits_script(), "run", "--landing", awkward.landing, "--as-of", awkward.as_of)
    # after -- comes the command with its own options
    arguments = (*folders, "--free-kb", free_kb, "--", *command)
    results = run_in_namespace("mount", "small_disk.py", *arguments, home=tmp_path / "home")
    with faults.injection("disk full"):
        status, output = results["full"]
        assert status in (FAILED, USAGE), output
        assert "The disk is full: " in output, output
        assert results["is_served_as_before"]
        assert results["again"][0] == OK, results["again"][1]
        awkward.assert_equal(tmp_path / "after")


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below, with its size and when it was last changed."""
    return {
        str(file.relative_to(folder)): (file.lstat().st_size, file.lstat().st_mtime_ns)
        for file in folder.rglob("*")
    }


@pytest.mark.slow
def test_a_read_only_data_directory_is_refused_before_any_change(
    awkward: AwkwardRun, faults: Faults, tmp_path: Path
) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    before = tree(data_dir)
    command = (credits_script(), "run", "--landing", awkward.landing, "--as-of", awkward.as_of)
    result = run_in_namespace(
        "mount", "read_only.py", data_dir, *command, "--data-dir", data_dir, home=tmp_path / "home"
    )
    with faults.injection("read-only data directory"):
        assert result["status"] == USAGE, result["output"]
        assert str(data_dir) in result["output"]
        assert "must be writable" in result["output"]
        assert tree(data_dir) == before


@pytest.mark.slow
def test_of_two_runs_started_together_one_runs_and_one_names_the_holder_of_the_lock(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, tmp_path: Path
) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    command = [credits_script(), "run", "--landing", awkward.landing, "--data-dir", data_dir]
    with faults.injection("two runs at once"):
        one = subprocess.Popen(
            [*map(str, command), "--as-of", awkward.as_of], stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
        while not is_held(data_dir) and one.poll() is None:
            time.sleep(0.05)
        other = runs.nightly_run(awkward.landing, data_dir, awkward.as_of)
        _, errors = one.communicate(timeout=300)
        assert (one.returncode, other.status) == (OK, LOCKED), errors + other.output
        assert f"is locked by process {one.pid} since " in other.stderr
        awkward.assert_equal(data_dir)


@pytest.mark.slow
def test_a_reader_keeps_the_version_it_has_open_and_does_not_block_the_run(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, tmp_path: Path
) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    count = "select count(*), sum(credits) from marts.usage_daily"
    published = data_dir / "published" / "credits.duckdb"
    with (
        faults.injection("a BI tool holds the published files"),
        duckdb.connect(str(published.resolve()), read_only=True) as held,
        (data_dir / "published" / "parquet" / "usage_daily.parquet").open("rb") as parquet,
    ):
        before = held.execute(count).fetchall()
        run = runs.nightly_run(awkward.landing, data_dir, awkward.as_of)
        assert run.status == OK, run.output
        assert held.execute(count).fetchall() == before
        assert pq.read_table(parquet).num_rows == before[0][0]
        with duckdb.connect(str(published.resolve()), read_only=True) as reopened:
            assert reopened.execute(count).fetchall() != before
        awkward.assert_equal(data_dir)


@pytest.mark.slow
def test_one_run_catches_up_on_missed_ones(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, tmp_path: Path
) -> None:
    with faults.injection("runs missed"):
        run = runs.nightly_run(awkward.landing, tmp_path / "data", awkward.as_of)
        assert run.status == OK, run.output
        order_independent = {f"h{number:04d}" for number in range(100) if is_order_independent(number)}
        found = row_differences(
            awkward.undisturbed / "published",
            tmp_path / "data" / "published",
            names=("run by run", "at once"),
            workspaces=order_independent,
        )
        assert found == []


@pytest.mark.slow
def test_while_a_critical_check_fails_nothing_is_published(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, tmp_path: Path
) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    deliveries = data_dir / "raw" / "batches" / "000001" / "deliveries.parquet"
    intact = deliveries.read_bytes()
    table = pq.read_table(deliveries)
    lines = pa.array([count + 1 for count in table["line_count"].to_pylist()], pa.int64())
    broken = table.set_column(table.schema.get_field_index("line_count"), "line_count", lines)
    pq.write_table(broken, deliveries)
    served = (data_dir / "published").resolve()
    inode, content = (served / "credits.duckdb").stat().st_ino, (served / "credits.duckdb").read_bytes()
    with faults.injection("a critical check fails"):
        # a full refresh checks all batches
        run = runs.nightly_run(awkward.landing, data_dir, awkward.as_of, "--full-refresh")
        assert run.status == FAILED, run.output
        assert "lines_are_accepted_or_quarantined" in run.output
        assert (data_dir / "published").resolve() == served
        assert (served / "credits.duckdb").stat().st_ino == inode
        assert (served / "credits.duckdb").read_bytes() == content
        assert served_run(data_dir) == served_run(awkward.before)
        deliveries.write_bytes(intact)
        recover(runs, awkward, data_dir)


@pytest.mark.slow
@pytest.mark.parametrize(
    "step",
    [
        f"step ... {step}"
        for step in ("staging", "raw", "facts", "waste_classifier", "depletion", "marts", "published__marts")
    ],
)
def test_an_interrupted_run_says_so_and_loses_nothing(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, step: str, tmp_path: Path
) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    with faults.injection("SIGTERM during a step"):
        run = runs.nightly_run(
            awkward.landing, data_dir, awkward.as_of, kill_at=step, with_signal=signal.SIGTERM
        )
        assert_interrupted(run.status, run.output)
        awkward.assert_serves_one_version(data_dir)
        recover(runs, awkward, data_dir)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_run_interrupted_at_any_time_says_so(
    runs: ForkedRuns, awkward: AwkwardRun, faults: Faults, seed: int, tmp_path: Path
) -> None:
    data_dir = awkward.copy_before(tmp_path / "data")
    after = awkward.seconds * random.Random(seed).uniform(0.02, 0.8)
    with faults.injection("SIGTERM during a step"):
        run = runs.nightly_run(
            awkward.landing,
            data_dir,
            awkward.as_of,
            kill_after_seconds=after,
            with_signal=signal.SIGTERM,
        )
        assert_interrupted(run.status, run.output)
        awkward.assert_serves_one_version(data_dir)
        recover(runs, awkward, data_dir)


def assert_interrupted(status: int, output: str) -> None:
    """It exited with one plain sentence instead of a traceback."""
    assert status == INTERRUPTED, output
    assert "Interrupted. No delivered data was lost" in output
    assert "Traceback" not in output
