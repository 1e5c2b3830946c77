"""Measures one command in a process of its own: seconds and peak memory, in total and of each step.

Steps are recognised by the lines that the product prints: "  ... staging", "  ok  staging (7.0 s)". Not here:
what is measured (warehouse.py).
"""

import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_STARTED = re.compile(r"^  \.\.\. (?P<step>.+)$")
_ENDED = re.compile(r"^  (?:ok |FAILED ) (?P<step>.+) \((?P<seconds>[0-9.]+) s\)$")
_KEPT_LINES = 30


class CommandFailed(RuntimeError):
    """A measured command failed; the message has the end of its output."""


@dataclass(frozen=True)
class Step:
    """One step of a command; cpu_seconds and peak_mb are None on systems without /proc."""

    name: str
    seconds: float
    cpu_seconds: float | None
    peak_mb: float | None


@dataclass(frozen=True)
class Measured:
    """What one command took.

    Attributes:
        seconds: from its start to its end.
        cpu_seconds: of all its threads; on a busy machine more reliable than `seconds`.
        peak_mb: its peak resident memory.
        startup_seconds: from its start to its first step.
        steps: in order.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    startup_seconds: float
    steps: tuple[Step, ...]

    def part(self, *names: str) -> Step:
        """The sum of some of its steps.

        Raises:
            ValueError: it had no such step.
        """
        known = [step.name for step in self.steps]
        if unknown := set(names) - set(known):
            raise ValueError(f"no step {', '.join(sorted(unknown))} in this run; it had {', '.join(known)}.")
        chosen = [step for step in self.steps if step.name in names]
        return Step(
            name=", ".join(names),
            seconds=sum(step.seconds for step in chosen),
            cpu_seconds=sum(step.cpu_seconds or 0.0 for step in chosen) or None,
            peak_mb=max((step.peak_mb for step in chosen if step.peak_mb), default=None),
        )

    def without(self, *names: str) -> Step:
        """The sum of all its other steps."""
        return self.part(*(step.name for step in self.steps if step.name not in names))


def measure(command: Sequence[str], *, folder: Path, log: Path) -> Measured:
    """Run a command to its end.

    Args:
        command: the program and its arguments.
        folder: where to run it.
        log: the file for its output.

    Raises:
        CommandFailed: its exit code is not 0.
    """
    steps: list[Step] = []
    running: _RunningStep | None = None
    startup_seconds: float | None = None
    with log.open("w", encoding="utf-8") as kept:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdout is not None
        for line in process.stdout:
            kept.write(line)
            if start := _STARTED.match(line):
                startup_seconds = startup_seconds or time.monotonic() - started
                running = _RunningStep(start["step"], process.pid)
            elif (end := _ENDED.match(line)) and running and end["step"] == running.step:
                steps.append(running.ended(seconds=float(end["seconds"])))
                running = None
        # wait4 has the usage of this one process; getrusage has the peak of all processes so far
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        if running:  # the last line was lost; the step ended about now
            steps.append(running.ended(seconds=time.monotonic() - running.begun_at))
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
    if process.returncode:
        output = log.read_text(encoding="utf-8").splitlines()[-_KEPT_LINES:]
        raise CommandFailed(f"{' '.join(command)} exited with {process.returncode}:\n" + "\n".join(output))
    return Measured(
        seconds=seconds,
        cpu_seconds=used.ru_utime + used.ru_stime,
        # resetting the peak resets ru_maxrss too
        peak_mb=max([used.ru_maxrss / 1024, *(step.peak_mb for step in steps if step.peak_mb)]),
        startup_seconds=startup_seconds or 0.0,
        steps=tuple(steps),
    )


class _RunningStep:
    """A running step of a process."""

    def __init__(self, step: str, pid: int) -> None:
        self.step, self.begun_at = step, time.monotonic()
        self._pid, self._cpu_seconds = pid, _cpu_seconds(pid)
        _reset_peak(pid)

    def ended(self, *, seconds: float) -> Step:
        cpu_now, cpu_before = _cpu_seconds(self._pid), self._cpu_seconds
        cpu_seconds = cpu_now - cpu_before if cpu_now is not None and cpu_before is not None else None
        return Step(self.step, seconds, cpu_seconds, _peak_mb(self._pid))


def _peak_mb(pid: int) -> float | None:
    """The peak since it was last reset; None without /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+([0-9]+) kB$", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else None


def _reset_peak(pid: int) -> None:
    """Reset the peak of the process to what it holds now."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _cpu_seconds(pid: int) -> float | None:
    """Processor time of the process so far; None without /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # the name, in brackets, may contain spaces; the 12th and 13th after it are user and system time
    user, system = fields.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
