"""Nights run by a fork server, whole or killed, each with a Dagster home of its own.

What is a fault, and what survival means, is said in the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from product import REPO

SERVER = Path(__file__).with_name("fork_server.py")


@dataclass(frozen=True)
class Run:
    """How a command ended (its exit code, or minus the signal), what it said, its time and memory."""

    status: int
    output: str
    seconds: float
    peak_mb: int


class NightRuns:
    """Runs `credits` commands, one at a time.

    Args:
        root: a folder of its own.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        environment = {**os.environ, "PYTHONPATH": f"{REPO}{os.pathsep}{REPO / 'tests'}"}
        self._server = subprocess.Popen(
            [sys.executable, str(SERVER)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(
        self,
        *arguments: object,
        data_dir: Path,
        kill_at: str | int | None = None,
        kill_after_seconds: float | None = None,
        with_signal: int = signal.SIGKILL,
        events: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> Run:
        """Run one command on a data directory.

        Args:
            kill_at: the event (as written to `events` by an undisturbed run) at which the process is killed.
            kill_after_seconds: or the time after which it is.
            with_signal: what it is killed with.
            events: where the events of the run are written.
            environment: what differs from this process's own.
        """
        home = data_dir.with_name(f"{data_dir.name}.dagster")
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPO / "dagster.yaml", home)
        output = self._root / "output"
        request = {
            "arguments": [*map(str, arguments), "--data-dir", str(data_dir)],
            "environment": {"DAGSTER_HOME": str(home), **(environment or {})},
            "data_dir": f"{data_dir}/",
            "kill_at": kill_at,
            "kill_after_seconds": kill_after_seconds,
            "signal": int(with_signal),
            "events": str(events) if events else None,
            "output": str(output),
        }
        assert self._server.stdin and self._server.stdout
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        told = json.loads(self._server.stdout.readline())
        said = output.read_text(encoding="utf-8", errors="replace")
        return Run(told["status"], said, told["seconds"], told["peak_mb"])

    def night(self, landing: Path, data_dir: Path, as_of: object, **how: object) -> Run:
        """One nightly run."""
        return self.run("run", "--landing", landing, "--as-of", as_of, data_dir=data_dir, **how)  # type: ignore[arg-type]

    def close(self) -> None:
        """End the server."""
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait(timeout=60)
