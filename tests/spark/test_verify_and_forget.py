"""A version verifies against a recomputation on the cluster, and an erased member leaves no trace on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from spark.cluster import Cluster
from support.personal_data import figures_of, run_with_rejected_lines, traces
from support.product import SAMPLE_AS_OF, Credits, nightly_run, published_rows


@pytest.mark.slow
@pytest.mark.parametrize("location", ["spark", "bucket"])
def test_a_version_on_spark_verifies_and_an_erased_member_leaves_no_trace(
    location: str, spark: Cluster, on_spark: Callable[..., Credits], credits_command: Credits, tmp_path: Path
) -> None:
    """With the tables in the data directory, and with tables and copies of raw in a bucket."""
    assert credits_command("sample", "--out", tmp_path / "landing").returncode == 0
    bucket = tmp_path / "bucket"
    command = on_spark(f"forget_{location}_", files="" if location == "spark" else bucket.as_uri())
    first = nightly_run(command, tmp_path / "landing", tmp_path / "data", SAMPLE_AS_OF)
    run = run_with_rejected_lines(command, first, tmp_path / "more")

    verified = command("verify", "--data-dir", run.data_dir)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    before = published_rows(run.published)
    found = traces(bucket if location == "bucket" else run.data_dir / "spark")
    for kind in ("tables", *(["copied"] if location == "bucket" else [])):
        assert any(name.startswith(f"forget_{location}_/{kind}") for name in found), (kind, found)
    assert not any(name.startswith(f"forget_{location}_verify_") for name in found)

    options = ("--landing", run.landing, "--data-dir", run.data_dir)
    forgotten = command("forget", "--member", "m_sarah", *options)
    assert forgotten.returncode == 0, forgotten.stdout + forgotten.stderr
    assert traces(run.data_dir) == set() == traces(bucket)
    assert figures_of(published_rows(run.published)) == figures_of(before)
