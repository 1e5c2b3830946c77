"""A private Spark on loopback, from the PyPI package: the Thrift server, with a master and workers or alone.

The package has the jars but not their start scripts, so the classes are started here.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
_START_SECONDS = 120
_SETTINGS = {
    # without these the engines disagree
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    "spark.cores.max": "2",
    "spark.executor.memory": "1g",
    "spark.executor.cores": "1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # the catalog ends with the cluster; Hive's allows only one statement at a time
    "spark.sql.catalogImplementation": "in-memory",
}
# for few rows most of the time is spent on planning and compiling
_FOR_SMALL_DATA = {
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.files.minPartitionNum": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.locality.wait": "0",
    # else there is a task for each day of a table, whenever it is read
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
    "spark.sql.files.openCostInBytes": "0",
    # else each session has class loaders of its own, which ask the driver for every class, and compiles anew
    "spark.sql.artifact.isolation.enabled": "false",
    "spark.sql.codegen.cache.maxEntries": "10000",
    # else each file gets a second one of checksums, and a process sets the permissions of each
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    # else each query on named files looks for the log of a streaming query beside them
    "spark.sql.streaming.fileStreamSink.ignoreMetadata": "true",
    "spark.log.level": "ERROR",
}
# the room of classes at which garbage is first collected; else again and again while they are loaded
_JAVA = "-Duser.timezone=UTC -XX:+UseSerialGC -XX:MetaspaceSize=256m"
# too few rows for the second compiler to pay; without it there is room for a fifth of the code only
_SHORT_LIVED = " -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"


@dataclass
class Cluster:
    """The processes of a running cluster."""

    url: str
    workers: list[subprocess.Popen[bytes]]
    start_worker: Callable[[], subprocess.Popen[bytes]]
    started: list[subprocess.Popen[bytes]]

    def kill_worker(self) -> None:
        """Kill one worker and its executor, like a lost machine."""
        worker = self.workers.pop()
        os.killpg(worker.pid, 9)
        worker.wait()

    def cpu_seconds(self) -> float:
        """CPU seconds that all its processes, executors included, have used so far."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[2]) in {process.pid for process in self.started}:  # the process group
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def replace_worker(self) -> None:
        """Start a worker in place of the killed one."""
        self.workers.append(self.start_worker())


@contextmanager
def cluster(root: Path, *, worker_count: int = 2, is_small: bool = True) -> Iterator[Cluster]:
    """Start a cluster whose files are under `root`, and stop all of it at the end.

    Args:
        root: a folder for its files.
        worker_count: of one core each; 0 for two threads of the server itself.
        is_small: tuned for a few rows, where planning and compiling dominate; otherwise Spark's defaults.

    Raises:
        RuntimeError: there is no Java 17, no pyspark, or the server did not come up.
    """
    home = spark_home()
    if home is None or shutil.which("java") is None:
        raise RuntimeError(
            "Spark needs pyspark and Java 17 (Debian: openjdk-17-jre-headless); make test-spark"
        )
    master_port, thrift_port = _free_port(), _free_port()
    master = f"spark://127.0.0.1:{master_port}" if worker_count else "local[2]"
    tuned = _JAVA + (_SHORT_LIVED if is_small else "")
    root.mkdir(parents=True, exist_ok=True)
    started: list[subprocess.Popen[bytes]] = []

    def start(
        name: str, *words: str, memory: str = "512m", java: str = _JAVA + _SHORT_LIVED
    ) -> subprocess.Popen[bytes]:
        log = (root / f"{name}.log").open("wb")
        environment = os.environ | {
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_PUBLIC_DNS": "127.0.0.1",
            "SPARK_DAEMON_MEMORY": memory,
            "SPARK_DAEMON_JAVA_OPTS": java,
            "SPARK_WORKER_DIR": str(root / "work"),
            "SPARK_LOCAL_DIRS": str(root / "tmp"),
        }
        process = subprocess.Popen(
            [str(home / "bin" / words[0]), *words[1:]],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=root,
            env=environment,
            start_new_session=True,
        )
        started.append(process)
        return process

    def start_worker() -> subprocess.Popen[bytes]:
        return start(
            f"worker-{len(started)}",
            "spark-class",
            f"{package}.deploy.worker.Worker",
            *("--host", "127.0.0.1", "--cores", "1", "--memory", "2g", "--webui-port", "0", master),
        )

    package = "org.apache.spark"
    try:
        if worker_count:
            start(
                "master",
                "spark-class",
                f"{package}.deploy.master.Master",
                *("--host", "127.0.0.1", "--port", str(master_port), "--webui-port", "0"),
            )
        workers = [start_worker() for _ in range(worker_count)]
        settings = (
            _SETTINGS
            | (_FOR_SMALL_DATA if is_small else {})
            | {
                "spark.executor.extraJavaOptions": tuned,
                "spark.driver.host": "127.0.0.1",
                "spark.driver.bindAddress": "127.0.0.1",
                "spark.sql.warehouse.dir": str(root / "warehouse"),
            }
        )
        server = start(
            "thrift",
            "spark-submit",
            *("--master", master),
            *(word for name, value in settings.items() for word in ("--conf", f"{name}={value}")),
            *("--class", f"{package}.sql.hive.thriftserver.HiveThriftServer2", "spark-internal"),
            *("--hiveconf", f"hive.server2.thrift.port={thrift_port}"),
            *("--hiveconf", "hive.server2.thrift.bind.host=127.0.0.1"),
            # --driver-memory counts for nothing here; plans are much garbage
            memory="2g",
            java=f"{tuned} -Xmn800m",
        )
        _await(thrift_port, server, root / "thrift.log")
        yield Cluster(f"thrift://127.0.0.1:{thrift_port}", workers, start_worker, started)
    finally:
        for process in reversed(started):
            if process.poll() is None:
                os.killpg(process.pid, 9)
            process.wait()


def spark_home() -> Path | None:
    """The folder of the package in its separate environment; None if it is not installed."""
    found = sorted((REPO / ".venv-spark").glob("lib/python3.*/site-packages/pyspark"))
    return found[0] if found else None


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def _await(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the Thrift server answers."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    tail = log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"the Thrift server did not come up on port {port}: {tail}")


if __name__ == "__main__":
    with cluster(Path(sys.argv[1]).resolve()) as running:
        print(running.url, flush=True)  # noqa: T201
        while True:
            time.sleep(3600)
