"""One server for all tests of this folder; without `make test-spark` they skip and say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from spark.cluster import Cluster, cluster, spark_home
from support.forked_runs import ForkedRuns
from support.product import Credits, credits_in

OnSpark = Callable[..., Credits]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder need the cluster."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.spark)


@pytest.fixture(scope="session")
def spark(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The Thrift server: with a master and two workers if slow tests are run, since one loses a worker."""
    if spark_home() is None or find_spec("pyhive") is None:
        pytest.skip("Spark and its client are not installed; make test-spark installs them")
    is_slow = any(item.get_closest_marker("slow") for item in request.session.items)
    with cluster(tmp_path_factory.mktemp("cluster"), worker_count=2 if is_slow else 0) as running:
        yield running


@pytest.fixture(scope="session")
def on_spark(spark: Cluster, runs: ForkedRuns, dagster_home: Path) -> OnSpark:
    """The `credits` command on the cluster, by the prefix of its databases and the location of its files."""

    def command(prefix: str, files: str = "", **more: str) -> Credits:
        environment = {"CREDITS_SPARK_PREFIX": prefix, "CREDITS_SPARK_FILES": files, **more}
        return credits_in(
            runs, dagster_home, CREDITS_TARGET="spark", CREDITS_SPARK_URL=spark.url, **environment
        )

    return command
