"""One cluster for all tests here; without Java or pyspark they skip and say so."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from night_runs import NightRuns
from product import Credits, credits_in

from spark.cluster import Cluster, cluster  # type: ignore[import-not-found]


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A master, two workers and the Thrift server."""
    pytest.importorskip("pyspark", reason="pyspark is not installed here; make test-spark installs it")
    if shutil.which("java") is None:
        pytest.fail("Spark needs Java 17, and there is none on the PATH (Debian: openjdk-17-jre-headless)")
    with cluster(tmp_path_factory.mktemp("cluster"), small=True) as running:
        yield running


@pytest.fixture(scope="session")
def on_spark(spark: Cluster, runs: NightRuns, dagster_home: Path) -> Callable[[str], Credits]:
    """The `credits` command with the cluster as its target, by the prefix of its databases."""

    def command(prefix: str) -> Credits:
        environment = {"CREDITS_SPARK_URL": spark.url, "CREDITS_SPARK_PREFIX": prefix}
        return credits_in(runs, dagster_home, CREDITS_TARGET="spark", **environment)

    return command
