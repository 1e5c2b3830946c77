"""`credits` commands in forked processes: faster to start than new ones, and killed at a chosen point.

The tests decide what is run and what its outcome means.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
SERVER = Path(__file__).with_name("fork_server.py")


@dataclass(frozen=True)
class Run:
    """How a command ended (its exit code, or minus the signal), its output, time and memory."""

    status: int
    stdout: str
    stderr: str
    seconds: float
    peak_mb: int

    @property
    def output(self) -> str:
        """Everything it printed."""
        return self.stderr + self.stdout


class ForkedRuns:
    """Runs `credits` commands, one at a time.

    Args:
        root: an empty folder, for the output of commands.
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
        environment: Mapping[str, str],
        watched: Path | None = None,
        kill_at: str | int | None = None,
        kill_after_seconds: float | None = None,
        with_signal: int = signal.SIGKILL,
        events: Path | None = None,
    ) -> Run:
        """Run one command.

        Args:
            environment: variables added to this process's environment.
            watched: the folder whose changes are events.
            kill_at: the event (as written to `events` by an undisturbed run) at which the process is killed.
            kill_after_seconds: or the time after which it is killed.
            with_signal: the signal that kills it.
            events: the file to which the events of the run are written.
        """
        outputs = {name: self._root / name for name in ("stdout", "stderr")}
        request = {
            "arguments": [*map(str, arguments)],
            "environment": dict(environment),
            "data_dir": f"{watched}/" if watched else None,
            "kill_at": kill_at,
            "kill_after_seconds": kill_after_seconds,
            "signal": int(with_signal),
            "events": str(events) if events else None,
            **{name: str(file) for name, file in outputs.items()},
        }
        assert self._server.stdin and self._server.stdout
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        ended = json.loads(self._server.stdout.readline())
        texts = {name: file.read_text(encoding="utf-8", errors="replace") for name, file in outputs.items()}
        return Run(**ended, **texts)

    def nightly_run(
        self,
        landing: Path,
        data_dir: Path,
        as_of: object,
        *options: object,
        environment: Mapping[str, str] | None = None,
        **run_options: Any,
    ) -> Run:
        """Start one nightly run, with a Dagster home next to the data directory."""
        home = data_dir.with_name(f"{data_dir.name}.dagster")
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPO / "dagster.yaml", home)
        command = ("run", "--landing", landing, "--data-dir", data_dir, "--as-of", as_of, *options)
        return self.run(
            *command,
            environment={"DAGSTER_HOME": str(home), **(environment or {})},
            watched=data_dir,
            **run_options,
        )

    def close(self) -> None:
        """End the server."""
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait(timeout=60)
