"""`make bench-engines`: the same deliveries on DuckDB and on a Spark cluster of two cores, in CPU seconds.

The figures of docs/scale.md come from here. How one process is measured is in measure.py.
"""

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.measure import measure
from benchmarks.table import Row, machine, print_rows
from tests.spark.cluster import Cluster, cluster

PROJECT = Path(__file__).resolve().parents[1]
CREDITS = Path(sys.executable).with_name("credits")
MODELS = ("staging", "dimensions", "facts", "marts")
AS_OF = "2026-04-07"


def main() -> int:
    """Build everything once on each engine."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--events", type=int, nargs="+", default=[200_000], help="sizes, one after the other"
    )
    options.add_argument("--work", type=Path, default=PROJECT / "data" / "bench-engines")
    arguments = options.parse_args()
    rows = []
    for events in arguments.events:
        shutil.rmtree(arguments.work, ignore_errors=True)
        landing, home = arguments.work / "landing", arguments.work / "home"
        home.mkdir(parents=True)
        shutil.copy(PROJECT / "dagster.yaml", home)
        days = ["--workspaces", "20", "--days", "90", "--events", str(events)]
        measure(
            [str(CREDITS), "sample", "--out", str(landing), *days],
            folder=PROJECT,
            log=arguments.work / "sample.log",
        )
        of_duckdb = measured("DuckDB", events, landing, arguments.work)
        with cluster(arguments.work / "cluster", is_small=False) as running:
            of_spark = measured("Spark", events, landing, arguments.work, running)
        rows += [
            *of_duckdb,
            *(replace(row, ratio=_ratio(row, other)) for row, other in zip(of_spark, of_duckdb, strict=True)),
        ]
    print_rows(rows, machine())
    print("cpu s: of all processes, the cluster's too. ratio: CPU of Spark over that of DuckDB.")
    return 0


def measured(
    engine: str, events: int, landing: Path, work: Path, running: Cluster | None = None
) -> list[Row]:
    """A row for a full build, and one for its models alone."""
    cpu_before = running.cpu_seconds() if running else 0.0
    data_dir = work / engine.lower()
    settings = [f"DAGSTER_HOME={work / 'home'}", f"CREDITS_TARGET={engine.lower()}"]
    settings += [f"CREDITS_SPARK_URL={running.url}"] if running else []
    command = ["env", *settings, str(CREDITS), "run", "--landing", str(landing), "--data-dir", str(data_dir)]
    command += ["--as-of", AS_OF]
    print(f"  {engine}: {events:,} events ...", end="", file=sys.stderr, flush=True)
    run = measure(command, folder=PROJECT, log=work / f"{engine}.log")
    cpu_seconds = run.cpu_seconds + (running.cpu_seconds() - cpu_before if running else 0.0)
    print(f" {run.seconds:.1f} s, {cpu_seconds:.1f} s of CPU", file=sys.stderr)
    models = run.part(*MODELS)
    return [
        Row(
            f"{engine}, {events:,} events, whole run",
            run.seconds,
            cpu_seconds,
            events / cpu_seconds,
            run.peak_mb,
        ),
        Row(f"{engine}, {events:,} events, models and their tests", models.seconds),
    ]


def _ratio(row: Row, other: Row) -> float:
    mine, theirs = row.cpu_seconds or row.seconds, other.cpu_seconds or other.seconds
    assert mine and theirs
    return mine / theirs


if __name__ == "__main__":
    sys.exit(main())
