"""What is told stands the test of a second reckoning on the cluster; a person forgotten is nowhere on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from personal_data import figures_of, told_nights, traces
from product import Credits, published_rows
from spark.cluster import Cluster


@pytest.mark.slow
def test_verify_and_forget(
    spark: Cluster, on_spark: Callable[[str], Credits], credits_command: Credits, tmp_path: Path
) -> None:
    assert credits_command("sample", "--out", tmp_path / "landing").returncode == 0
    command = on_spark("forget_")
    night = told_nights(command, tmp_path / "told", tmp_path / "landing")

    verified = command("verify", "--data-dir", night.data_dir)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert not list(night.data_dir.rglob(".verify"))
    before, found = published_rows(night.published), traces(night.data_dir)
    for place in ("spark/forget_/tables", "spark/forget_/python"):  # or the test would prove nothing
        assert any(name.startswith(place) for name in found), (place, found)

    options = ("--landing", night.landing, "--data-dir", night.data_dir)
    forgotten = command("forget", "--member", "m_sarah", *options)
    assert forgotten.returncode == 0, forgotten.stdout + forgotten.stderr
    assert traces(night.data_dir) == set()
    assert figures_of(published_rows(night.published)) == figures_of(before)
