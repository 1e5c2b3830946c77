"""The benchmark's tables as aligned plain text. What the figures mean is in results.py."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured

HEAD = ("what", "seconds", "cpu s", "events/s", "peak MB", "ratio", "target", "met")


@dataclass(frozen=True)
class Row:
    """One line; None was not measured and is printed blank."""

    what: str
    seconds: float | None = None
    cpu_seconds: float | None = None
    per_second: float | None = None
    peak_mb: float | None = None
    ratio: float | None = None
    target: str = ""
    is_met: bool | None = None

    def aim(self, target: str, is_met: bool) -> "Row":
        """The row with its target, and whether it is met."""
        return replace(self, target=target, is_met=is_met)

    def cells(self) -> tuple[str, ...]:
        """The cells as text."""
        return (
            self.what,
            _number(self.seconds, 1),
            _number(self.cpu_seconds, 1),
            _number(self.per_second, 0),
            _number(self.peak_mb, 0),
            _number(self.ratio, 2),
            self.target,
            {True: "yes", False: "no", None: ""}[self.is_met],
        )


def machine() -> dict[str, Any]:
    """The machine that was measured on."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_at_end": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
    }


def _processor() -> str:
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":")[1].strip() for line in described.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def print_rows(rows: Sequence[Row], about: Mapping[str, Any]) -> None:
    """The table, and the machine."""
    print()
    _print_aligned([HEAD, *(row.cells() for row in rows)], texts={0, 6, 7})
    print()
    print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in about.items()))


def print_steps(runs: Mapping[str, Measured]) -> None:
    """Seconds, processor time and peak memory of every step of each run."""
    names = list(dict.fromkeys(step.name for run in runs.values() for step in run.steps))
    lines = [("step", *(cell for run in runs for cell in (f"{run} s", "cpu s", "MB")))]
    for name in names:
        cells: list[str] = []
        for run in runs.values():
            is_there = any(step.name == name for step in run.steps)
            part = run.part(name) if is_there else None
            found = (part.seconds, part.cpu_seconds, part.peak_mb) if part else (None, None, None)
            cells += [_number(value, decimals) for value, decimals in zip(found, (1, 1, 0), strict=True)]
        lines.append((name, *cells))
    print()
    _print_aligned(lines, texts={0})


def _number(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:,.{decimals}f}"


def _print_aligned(lines: Sequence[Sequence[str]], *, texts: set[int]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (
            cell.ljust(width) if at in texts else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join(cells).rstrip())
