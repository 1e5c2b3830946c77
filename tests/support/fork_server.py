"""`credits` commands in processes forked from one that has imported everything, killed at a chosen point.

A script: each line of standard input is a request as JSON, each line of standard output its answer.
The request decides what is run and when it is killed.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

# audit events, raised before the change is made
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR


class Watch:
    """Counts a run's steps and changes on disk, and kills the process at the requested one.

    Args:
        data_dir: only changes below it are counted.
        kill_at: the event, by its text or its number, before (a change) or after (a line of progress) which
            the process gets `with_signal`.
        log: where each event is written, in order; None writes none.
    """

    def __init__(
        self, data_dir: str, kill_at: str | int | None, with_signal: int, log: TextIO | None
    ) -> None:
        self._data_dir, self._kill_at, self._signal, self._log = data_dir, kill_at, with_signal, log
        self._seen = 0

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook of the interpreter."""
        is_write = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if event in CHANGES or is_write:
            paths = [str(path) for path in arguments if isinstance(path, (str, bytes, os.PathLike))]
            if any(path.startswith(self._data_dir) for path in paths):
                names = " ".join(path.removeprefix(self._data_dir) for path in paths[:2])
                self.record(f"{event} {names}")

    def record(self, event: str) -> None:
        """Record one event, and kill the process if it is the requested one."""
        if self._log:
            self._log.write(json.dumps([self._seen, event]) + "\n")
            self._log.flush()
        if self._kill_at in (self._seen, event):
            os.kill(os.getpid(), self._signal)
        self._seen += 1


class ProgressStream:
    """Standard error of the run: each line of progress is an event."""

    def __init__(self, stream: TextIO, watch: Watch) -> None:
        self._stream, self._watch = stream, watch

    def write(self, text: str) -> int:
        written = self._stream.write(text)
        self._stream.flush()
        if text.startswith(("  ... ", "  ok ")):
            self._watch.record(f"step {text.split('(')[0].strip()}")
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def run_here(request: dict[str, Any]) -> None:
    """Run the command in this process."""
    from orchestration.cli.main import main

    os.environ.update(request["environment"])
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdin.close()
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    log = None
    if request["events"]:
        log = os.fdopen(
            os.open(request["events"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w", encoding="utf-8"
        )
    watch = Watch(request["data_dir"] or "/nowhere/", request["kill_at"], request["signal"], log)
    sys.stderr = ProgressStream(os.fdopen(2, "w", encoding="utf-8"), watch)  # type: ignore[assignment]
    if request["data_dir"]:
        sys.addaudithook(watch.audit)
    sys.argv = ["credits", *request["arguments"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Fork, run the command and wait for it; a negative status is the signal that ended it."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 70
        try:
            run_here(request)
        except SystemExit as exited:
            status = int(exited.code or 0)
        finally:
            sys.stdout.flush()
            os._exit(status)
    deadline = started + request["kill_after_seconds"] if request["kill_after_seconds"] is not None else None
    while not (ended := os.wait4(child, os.WNOHANG))[0]:
        if deadline is not None and time.monotonic() >= deadline:
            os.kill(child, request["signal"])
            deadline = None
        time.sleep(0.005)
    return {
        "status": os.waitstatus_to_exitcode(ended[1]),
        "seconds": time.monotonic() - started,
        "peak_mb": ended[2].ru_maxrss // 1024,
    }


def parse_elsewhere(project: Any) -> None:
    """Have another process parse: dbt's parser starts threads, which a forked process would miss."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            status = 0 if project.manifest_path.exists() else 70
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def keep_parsed_project() -> None:
    """Read what dbt parsed, and have dbt make once what each run would make for itself."""
    import expectations.library  # noqa: F401
    from orchestration.runs.warehouse_factory import open_dbt
    from orchestration.settings import Settings
    from orchestration.warehouse.dbt_build import DbtProject

    with TemporaryDirectory() as folder:
        project = open_dbt(Settings(data_dir=Path(folder)))
        parse_elsewhere(project)
        path, manifest, read = project.manifest_path, project.manifest, DbtProject.manifest.func
        project._invoke(["list", "--select", "credit_summary"], {"as_of": "2026-01-01"})

    def kept(other: DbtProject) -> Any:
        return manifest if other.manifest_path == path else read(other)

    DbtProject.manifest = cached_property(kept)  # type: ignore[assignment]
    DbtProject.manifest.__set_name__(DbtProject, "manifest")


def serve() -> None:
    """Import what a nightly run needs, then answer requests until standard input ends."""
    import dagster._core.storage.local_compute_log_manager  # noqa: F401
    import dbt.adapters.duckdb
    import dbt.cli.main
    import dbt.task.build  # noqa: F401
    import sklearn.ensemble  # noqa: F401

    import orchestration.cli.main
    import orchestration.operations.forget
    import orchestration.operations.nightly
    import orchestration.runs.event_storage  # noqa: F401

    keep_parsed_project()
    gc.freeze()  # nothing of that is garbage, in any child
    gc.set_threshold(500_000, 50, 50)  # as the console script does
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
