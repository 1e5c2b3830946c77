"""The machine: the version of Python, installed packages, time zones and memory.

Folders and data do not belong here: those are in folders.py and state.py.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from orchestration.health.doctor.finding import Finding

_LOCKED = re.compile(r"^[A-Za-z0-9].*?(?= \\$)", re.MULTILINE)
_UNITS = {"K": 1, "M": 2, "G": 3, "T": 4}
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
# share of the memory; the rest is for Python, dbt and the system
DUCKDB_SHARE = 0.8
GB = 1000**3


def check_python(project_dir: Path, *, running: str) -> Finding:
    """Whether the version of Python is one that the project supports."""
    wanted = SpecifierSet(_project(project_dir)["requires-python"])
    if running in wanted:
        return Finding("python", "ok", f"{running}, one of {wanted}")
    return Finding(
        "python",
        "problem",
        f"{running}, not one of {wanted}",
        "Install Python 3.11 and recreate the environment: make clean, then make run PYTHON=python3.11.",
    )


def check_packages(project_dir: Path, *, installed: Callable[[str], str] = version) -> Finding:
    """Whether each dependency is installed, in a version the project allows, and the locked one."""
    requirements = [Requirement(text) for text in _project(project_dir)["dependencies"]]
    lock = project_dir / "requirements.lock"
    locked = dict(_locked(lock.read_text())) if lock.is_file() else {}
    unusable = list(_unusable(requirements, installed, locked))
    if unusable:
        return Finding(
            "packages",
            "problem",
            _listed(unusable),
            f"Install the tested versions: pip install --no-deps --require-hashes -r {lock}.",
        )
    unlocked = [
        f"{requirement.name} {installed(requirement.name)} instead of {expected}"
        for requirement in requirements
        if (expected := locked.get(canonicalize_name(requirement.name)))
        and installed(requirement.name) != expected
    ]
    if unlocked:
        return Finding(
            "packages",
            "warning",
            f"allowed, but not locked and tested: {_listed(unlocked)}",
            f"Install the locked versions: pip install --no-deps --require-hashes -r {lock}.",
        )
    match = "as locked" if locked else "allowed; there is no requirements.lock to compare with"
    return Finding("packages", "ok", f"{len(requirements)}, all {match}")


def _locked(text: str) -> Iterator[tuple[str, str]]:
    """Name and version of each package that the lock has for this version of Python."""
    for requirement in map(Requirement, _LOCKED.findall(text)):
        if requirement.marker is None or requirement.marker.evaluate():
            yield canonicalize_name(requirement.name), str(requirement.specifier).removeprefix("==")


def check_time_zones(*, known: Callable[[], set[str]] = available_timezones) -> Finding:
    """Whether the time zones of all workspaces are known."""
    zones = known()
    try:
        ZoneInfo("Asia/Bangkok")
    except (OSError, ValueError, KeyError):
        zones = set()
    if len(zones) > 400:
        return Finding("time zones", "ok", f"{len(zones)} known")
    return Finding(
        "time zones",
        "problem",
        f"only {len(zones)} are known",
        "Install the time zone database: pip install tzdata.",
    )


def check_memory(memory_limit: str, *, memory_bytes: int | None = None) -> Finding:
    """Whether the machine has the memory that DuckDB may use (CREDITS_MEMORY_LIMIT), and some more."""
    available = available_memory() if memory_bytes is None else memory_bytes
    allowed = bytes_of(memory_limit)
    found = f"DuckDB may use {memory_limit} of {available / GB:.1f} GB"
    if allowed <= DUCKDB_SHARE * available:
        return Finding("memory", "ok", found)
    return Finding(
        "memory",
        "warning",
        f"{found}: the system would kill a run that needs it all",
        f"Set CREDITS_MEMORY_LIMIT to {max(int(available * 0.6 / GB), 1)}GB or less; what does not fit is "
        "spilled to disk.",
    )


def available_memory() -> int:
    """Bytes this process may use: those of the machine, or of its container if that has fewer."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in map(Path, _CGROUP_LIMITS):
        if limit.is_file() and (text := limit.read_text().strip()).isdecimal():
            memory = min(memory, int(text))
    return memory


def bytes_of(size: str) -> int:
    """A size such as "6GB" or "1.5 GiB" in bytes, as DuckDB reads it."""
    number, unit = re.fullmatch(r"([0-9.]+)\s*([A-Za-z]+)", size.strip()).groups()  # type: ignore[union-attr]
    base = 1024 if unit.upper().endswith("IB") else 1000
    return int(float(number) * base ** _UNITS[unit[0].upper()])


def _unusable(
    requirements: list[Requirement], installed: Callable[[str], str], locked: dict[str, str]
) -> Iterator[str]:
    """Packages that are missing, or neither allowed nor the locked ones, which were tested."""
    for requirement in requirements:
        try:
            number = installed(requirement.name)
        except PackageNotFoundError:
            yield f"{requirement.name} is not installed"
            continue
        is_locked = number == locked.get(canonicalize_name(requirement.name))
        if not is_locked and not requirement.specifier.contains(number, prereleases=True):
            yield f"{requirement.name} {number} is installed, {requirement.specifier} is wanted"


def _listed(texts: list[str]) -> str:
    more = f" and {len(texts) - 5} more" if len(texts) > 5 else ""
    return ", ".join(texts[:5]) + more


def _project(project_dir: Path) -> dict[str, Any]:
    return tomllib.loads((project_dir / "pyproject.toml").read_text())["project"]
