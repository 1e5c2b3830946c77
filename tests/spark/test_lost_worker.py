"""A worker lost during a run: nothing wrong is published, and the next run is complete."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from histories.compare import row_differences
from spark.cluster import Cluster
from support.product import SAMPLE_AS_OF, Credits, nightly_run

WAIT_SECONDS = 240


@pytest.mark.slow
@pytest.mark.parametrize(
    "table", ["staging/stg_members", "facts/int_attempts_numbered", "marts/credit_summary"]
)
def test_the_run_after_a_lost_worker_publishes_the_same_rows_as_duckdb(
    table: str,
    spark: Cluster,
    on_spark: Callable[[str], Credits],
    credits_command: Credits,
    tmp_path: Path,
) -> None:
    """The worker is killed with its executor once the table exists, while the next ones are built."""
    assert credits_command("sample", "--out", tmp_path / "landing").returncode == 0
    expected = nightly_run(credits_command, tmp_path / "landing", tmp_path / "duckdb", SAMPLE_AS_OF)
    prefix = f"lost_{table.split('/')[0]}_"
    command = on_spark(prefix)
    data_dir = tmp_path / "spark"
    arguments = ("run", "--landing", tmp_path / "landing", "--data-dir", data_dir, "--as-of", SAMPLE_AS_OF)
    with ThreadPoolExecutor(1) as background:
        run = background.submit(command, *arguments)
        until = time.monotonic() + WAIT_SECONDS
        while not (data_dir / "spark" / prefix / "tables" / table).exists():
            assert not run.done() and time.monotonic() < until, run
            time.sleep(0.05)
        spark.kill_worker()
        result = run.result()
    spark.replace_worker()
    if result.returncode:
        assert not (data_dir / "published").exists()
        assert "Traceback" not in result.stdout + result.stderr
    recovered = nightly_run(command, tmp_path / "landing", data_dir, SAMPLE_AS_OF)
    assert row_differences(expected.published, recovered.published, names=("DuckDB", "Spark")) == []
