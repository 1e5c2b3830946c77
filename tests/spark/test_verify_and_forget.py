"""What is told stands the test of a second reckoning on the cluster; a person forgotten is nowhere on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from spark.cluster import Cluster
from support.personal_data import figures_of, run_with_rejected_lines, traces
from support.product import SAMPLE_AS_OF, Credits, nightly, published_rows


@pytest.mark.slow
@pytest.mark.parametrize("place", ["spark", "bucket"])
def test_verify_and_forget(
    place: str, spark: Cluster, on_spark: Callable[..., Credits], credits_command: Credits, tmp_path: Path
) -> None:
    """With the tables in the data directory, and with tables and copies of raw elsewhere."""
    assert credits_command("sample", "--out", tmp_path / "landing").returncode == 0
    bucket = tmp_path / "bucket"
    command = on_spark(f"forget_{place}_", files="" if place == "spark" else bucket.as_uri())
    first = nightly(command, tmp_path / "landing", tmp_path / "data", SAMPLE_AS_OF)
    night = run_with_rejected_lines(command, first, tmp_path / "told")

    verified = command("verify", "--data-dir", night.data_dir)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    before = published_rows(night.published)
    found = traces(bucket if place == "bucket" else night.data_dir / "spark")
    for kind in ("tables", *(["copied"] if place == "bucket" else [])):
        assert any(name.startswith(f"forget_{place}_/{kind}") for name in found), (kind, found)
    assert not any(name.startswith(f"forget_{place}_verify_") for name in found)

    options = ("--landing", night.landing, "--data-dir", night.data_dir)
    forgotten = command("forget", "--member", "m_sarah", *options)
    assert forgotten.returncode == 0, forgotten.stdout + forgotten.stderr
    assert traces(night.data_dir) == set() == traces(bucket)
    assert figures_of(published_rows(night.published)) == figures_of(before)
