"""The macros in which the engines differ, on Spark: the same results as on DuckDB."""

from __future__ import annotations

from pathlib import Path

from engines.small_project import EXPECTED, LEFT, run_twice, write_project
from spark.cluster import Cluster

from orchestration.warehouse.spark.warehouse import SparkWarehouse


def test_every_engine_macro_gives_the_expected_value_on_spark(spark: Cluster, tmp_path: Path) -> None:
    warehouse = SparkWarehouse(
        spark.url, prefix="macros_", folder=tmp_path / "spark", manifest=lambda: tmp_path / "manifest.json"
    )
    warehouse.define("raw.nothing", "select 1 as nothing")  # creates the databases
    project = write_project(tmp_path / "project", target="spark")
    host, port = spark.url.removeprefix("thrift://").split(":")
    address = {"CREDITS_SPARK_HOST": host, "CREDITS_SPARK_PORT": port, "CREDITS_SCHEMA_PREFIX": "macros_"}
    run_twice(project, target="spark", environment=address)
    (values,) = warehouse.fetch("select * from facts.expressions")
    assert dict(zip(EXPECTED, values, strict=True)) == EXPECTED
    for table in ("by_day", "whole"):
        rows = warehouse.fetch(f"select number, cast(day as varchar) from facts.{table} order by number")
        assert rows == LEFT
