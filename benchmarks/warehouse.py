"""`make bench`: load, full build, nights and the floor, measured in one run and printed as one table.

What is delivered is in deliveries.py, how one process is measured in measure.py, the floor in floor_*.sql,
and what is aimed at in results.py.
"""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import CommandFailed, Measured, measure
from benchmarks.results import LOAD, PUBLISH, OnHistory, middle, rows_of
from benchmarks.table import machine, print_rows, print_steps

PROJECT = Path(__file__).resolve().parents[1]
CREDITS = Path(sys.executable).with_name("credits")
# written once and never changed, so that a copy of a data directory may share them
SHARED = ("raw", "versions")


@dataclass(frozen=True)
class Asked:
    """What is to be measured; see --help."""

    histories: tuple[int, ...]
    night: int
    days: int
    workspaces: int
    as_of: date
    work: Path
    repeats: int
    memory_limit: str
    threads: int

    @property
    def eve(self) -> date:
        """The day before the night: what the histories are built for."""
        return self.as_of - timedelta(days=1)


class Bench:
    """Runs the commands to be measured in one work folder."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.landing, self.data, self.logs = (asked.work / name for name in ("landing", "data", "logs"))
        self.home = asked.work / "dagster_home"
        for folder in (self.data, self.logs, self.home):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        shutil.copy(PROJECT / "dagster.yaml", self.home)

    def deliver(self) -> dict[str, Any]:
        """Write the landing folders, unless they lie there as asked for; returns their counts."""
        asked = self.asked
        arguments = [
            f"--histories={','.join(map(str, asked.histories))}",
            f"--night={asked.night}",
            f"--days={asked.days}",
            f"--workspaces={asked.workspaces}",
            f"--as-of={asked.as_of}",
        ]
        plan, counts = self.landing / "plan.json", self.landing / "counts.json"
        if not plan.is_file() or json.loads(plan.read_text(encoding="utf-8")) != arguments:
            command = _module("deliveries", "--work", self.landing, *arguments)
            self._run("deliveries", f"writing {asked.histories[-1]:,} events and the night", command)
            plan.write_text(json.dumps(arguments), encoding="utf-8")
        found: dict[str, Any] = json.loads(counts.read_text(encoding="utf-8"))
        return found

    def measure_history(self, history: int, counts: dict[str, Any]) -> OnHistory:
        """Build one history, the same as the floor, then nights on it."""
        asked, data, copy = self.asked, self.data / str(history), self.data / f"{history}-night"
        label = f"{history:,} events:"
        build = self._night(f"{label} load and full build", history, "before", data, "--full-refresh")
        is_longest = history == asked.histories[-1]
        floors = [
            self._floor(f"{label} the floor", data, asked.eve)
            for _ in range(asked.repeats if is_longest else 1)
        ]
        differences = self._differences(f"{label} the same figures?", data)
        nights: list[Measured] = []
        for number in range(asked.repeats):
            shutil.rmtree(copy, ignore_errors=True)
            _copy(data, copy)
            what = f"{label} night {number + 1} of {asked.repeats}"
            nights.append(self._night(what, history, "night", copy))
        # the last copy has had its night: what it tells must still be what the floor tells
        self._floor(f"{label} the floor after the night", copy, asked.as_of)
        differences += self._differences(f"{label} the same figures?", copy)
        empty_night = self._night(f"{label} empty night", history, "night", copy) if is_longest else None
        shutil.rmtree(copy)
        shutil.rmtree(data)
        return OnHistory(
            history=history,
            events=counts["before"]["events"],
            jsonl_lines=counts["before"]["jsonl_lines"],
            night_events=counts["night"]["events"],
            days=counts["days"],
            build=build,
            floor=middle(floors),
            night=middle(nights),
            nights=tuple(nights),
            empty_night=empty_night,
            differences=tuple(differences),
        )

    def _night(self, what: str, history: int, landing: str, data: Path, *options: str) -> Measured:
        as_of = self.asked.eve if landing == "before" else self.asked.as_of
        # passed by `env`, since only orchestration/settings.py may look at the environment
        command = [
            *("env", f"DAGSTER_HOME={self.home}", f"CREDITS_MEMORY_LIMIT={self.asked.memory_limit}"),
            # Dagster passes the lines on through `tail`, and would end it before the last of them
            "DAGSTER_COMPUTE_LOG_TAIL_WAIT_AFTER_FINISH=0.2",
            *(str(CREDITS), "run", "--landing", str(self.landing / str(history) / landing)),
            *("--data-dir", str(data), "--as-of", str(as_of), *options),
        ]
        measured = self._run(f"{history}-{landing}", what, command)
        measured.part(LOAD, PUBLISH)  # now, and not when all is measured, is the time to miss one of them
        return measured

    def _floor(self, what: str, data: Path, as_of: date) -> Measured:
        command = _module(
            "floor",
            *("--lake", data / "raw", "--as-of", as_of, "--out", data.with_suffix(".floor.duckdb")),
            *("--memory-limit", self.asked.memory_limit, "--threads", self.asked.threads),
        )
        return self._run(f"{data.name}-floor", what, command)

    def _differences(self, what: str, data: Path) -> list[str]:
        """What the floor says and the published marts do not."""
        floor, published = data.with_suffix(".floor.duckdb"), data / "published" / "credits.duckdb"
        limit = ("--memory-limit", self.asked.memory_limit)
        command = _module("agreement", "--floor", floor, "--published", published, *limit)
        try:
            self._run(f"{data.name}-agreement", what, command)
        except CommandFailed as error:
            print(f" no\n{error}", file=sys.stderr, flush=True)
            return [str(error)]
        finally:
            floor.unlink()
        return []

    def _run(self, log: str, what: str, command: Sequence[str]) -> Measured:
        # what was written before shall not be flushed at the cost of what is measured
        os.sync()
        print(f"  {what} ...", end="", file=sys.stderr, flush=True)
        measured = measure(command, folder=PROJECT, log=self.logs / f"{log}.log")
        print(f" {measured.seconds:.1f} s", file=sys.stderr, flush=True)
        return measured


def _module(name: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]


def _copy(data: Path, to: Path) -> None:
    """A data directory that a run may change; what no run ever changes is shared by hard links."""

    def place(source: str, target: str) -> None:
        if Path(source).relative_to(data).parts[0] in SHARED:
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    shutil.copytree(data, to, symlinks=True, copy_function=place)


def parse(arguments: Sequence[str] | None = None) -> tuple[Asked, Path | None]:
    """What is asked for on the command line, and where to write it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.warehouse", description=__doc__)
    add = parser.add_argument
    add("--events", type=int, default=2_000_000, help="events of the longest history [2000000]")
    add("--histories", help="events of shorter ones that have the same night [a tenth of --events]")
    add("--night", type=int, help="events of the night [a 200th of --events]")
    add("--days", type=int, help="days of the longest history [such that its last is about one such night]")
    add("--workspaces", type=int, default=200, help="workspaces of all sizes that share them [200]")
    add("--as-of", type=date.fromisoformat, default=date(2026, 4, 7), help="day of the night [2026-04-07]")
    add("--work", type=Path, default=PROJECT / "data" / "bench", help="folder for all of it [data/bench]")
    add("--repeats", type=int, default=3, help="runs of each night and floor; the median counts [3]")
    add("--memory-limit", default="8GB", help="of DuckDB, in the product and in the floor [8GB]")
    add("--threads", type=int, default=os.cpu_count() or 2, help="of the floor [as many as cores]")
    add("--json", type=Path, help="file to write what was measured to, too")
    given = parser.parse_args(arguments)
    shorter = {int(history) for history in (given.histories or str(given.events // 10)).split(",")}
    night = given.night or given.events // 200
    if min(*shorter, night, given.events, given.repeats, given.workspaces) < 1:
        parser.error("every size is at least 1; without --night, --events is 200 or more")
    if max(shorter) > given.events:
        parser.error(
            f"the longest history has --events, {given.events}; found {max(shorter)}; raise --events"
        )
    asked = Asked(
        histories=tuple(sorted({*shorter, given.events})),
        night=night,
        # the last days of a load are busier than its mean
        days=given.days or max(2, given.events * 5 // (night * 4)),
        workspaces=given.workspaces,
        as_of=given.as_of,
        work=given.work.resolve(),
        repeats=given.repeats,
        memory_limit=given.memory_limit,
        threads=given.threads,
    )
    return asked, given.json


def main() -> None:
    asked, json_path = parse()
    started = time.monotonic()
    bench = Bench(asked)
    try:
        counts = bench.deliver()
        found = [bench.measure_history(history, counts[str(history)]) for history in asked.histories]
    except (CommandFailed, ValueError) as error:
        raise SystemExit(f"\nbench: {error}") from error
    rows, about = rows_of(found), machine()
    print_rows(rows, about)
    longest = found[-1]
    runs = {f"night on {on.history:,}": on.night for on in found}
    runs |= {"build": longest.build} | ({"empty": longest.empty_night} if longest.empty_night else {})
    print_steps(runs)
    print(f"\n{time.monotonic() - started:.0f} s in all")
    if json_path:
        report = {"machine": about, "asked": asked, "rows": rows, "measured": found}
        json_path.write_text(json.dumps(report, indent=1, default=_plain), encoding="utf-8")
    raise SystemExit(1 if any(on.differences for on in found) else 0)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date | Path) else asdict(value)


if __name__ == "__main__":
    main()
