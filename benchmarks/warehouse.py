"""`make bench`: load, full build, nightly runs and the floor, measured together and printed as one table.

The deliveries are in deliveries.py, measuring one process in measure.py, the floor in floor_*.sql, and the
targets in results.py.
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
from benchmarks.results import LOAD, PUBLISH, FirstRun, OnHistory, first_run_rows, middle, rows_of
from benchmarks.table import machine, print_rows, print_steps

PROJECT = Path(__file__).resolve().parents[1]
CREDITS = Path(sys.executable).with_name("credits")
# never changed once written, so copies of a data directory can share them
SHARED = ("raw", "versions")
# of the first runs of few and many workspaces; shorter histories are halved for them
FIRST_RUN_EVENTS, FIRST_RUN_DAYS = 1_000_000, 180


@dataclass(frozen=True)
class Options:
    """What to measure; see --help."""

    histories: tuple[int, ...]
    increment: int
    days: int
    workspaces: int
    first_runs: tuple[int, ...]
    as_of: date
    work: Path
    repeats: int
    memory_limit: str
    threads: int

    @property
    def day_before(self) -> date:
        """The day before the nightly run: the histories are built up to it."""
        return self.as_of - timedelta(days=1)


class Bench:
    """Runs the commands to be measured in one work folder."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.landing, self.data, self.logs = (options.work / name for name in ("landing", "data", "logs"))
        self.home = options.work / "dagster_home"
        for folder in (self.data, self.logs, self.home):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        shutil.copy(PROJECT / "dagster.yaml", self.home)

    def deliver(self) -> dict[str, Any]:
        """Write the landing folders of the histories; returns their counts."""
        options = self.options
        sizes = {"days": options.days, "workspaces": options.workspaces, "increment": options.increment}
        return self._delivered(self.landing, options.histories, **sizes)

    def _delivered(self, work: Path, histories: Sequence[int], **sizes: int) -> dict[str, Any]:
        """Write landing folders, unless they exist with these sizes; returns their counts."""
        arguments = [
            f"--histories={','.join(map(str, histories))}",
            *(f"--{name}={size}" for name, size in sizes.items()),
            f"--as-of={self.options.as_of}",
        ]
        plan, counts = work / "plan.json", work / "counts.json"
        if not plan.is_file() or json.loads(plan.read_text(encoding="utf-8")) != arguments:
            command = _module("deliveries", "--work", work, *arguments)
            self._run("deliveries", f"writing {histories[-1]:,} events and an increment", command)
            plan.write_text(json.dumps(arguments), encoding="utf-8")
        found: dict[str, Any] = json.loads(counts.read_text(encoding="utf-8"))
        return found

    def measure_first_run(self, workspaces: int) -> FirstRun:
        """The first run of that many workspaces: load, full build, pages."""
        events = min(FIRST_RUN_EVENTS, self.options.histories[-1] // 2)
        landing, data = self.options.work / f"landing-{workspaces}", self.data / f"of-{workspaces}"
        increment = max(1, events // FIRST_RUN_DAYS)
        sizes = {"days": FIRST_RUN_DAYS, "workspaces": workspaces, "increment": increment}
        counts = self._delivered(landing, [events], **sizes)[str(events)]["before"]
        what = f"{events:,} events of {workspaces:,} workspaces: load, full build and pages"
        run = self._credits_run(what, landing / str(events), "before", data)
        shutil.rmtree(data)
        return FirstRun(workspaces=workspaces, events=counts["events"], days=FIRST_RUN_DAYS, run=run)

    def measure_history(self, history: int, counts: dict[str, Any]) -> OnHistory:
        """Build one history, the same as the floor, then nightly runs on it."""
        options, data, copy = self.options, self.data / str(history), self.data / f"{history}-increment"
        label = f"{history:,} events:"
        landing = self.landing / str(history)
        build = self._credits_run(f"{label} load and full build", landing, "before", data, "--full-refresh")
        is_longest = history == options.histories[-1]
        floors = [
            self._floor(f"{label} the floor", data, options.day_before)
            for _ in range(options.repeats if is_longest else 1)
        ]
        differences = self._differences(f"{label} the same figures?", data)
        instead = self._alternatives(label, data) if is_longest else {}
        nightly_runs: list[Measured] = []
        for number in range(options.repeats):
            shutil.rmtree(copy, ignore_errors=True)
            _copy(data, copy)
            what = f"{label} nightly run {number + 1} of {options.repeats}"
            nightly_runs.append(self._credits_run(what, landing, "increment", copy))
        # after the nightly run the marts must still agree with the floor
        self._floor(f"{label} the floor after the nightly run", copy, options.as_of)
        differences += self._differences(f"{label} the same figures?", copy)
        empty_run = (
            self._credits_run(f"{label} empty run", landing, "increment", copy) if is_longest else None
        )
        shutil.rmtree(copy)
        shutil.rmtree(data)
        return OnHistory(
            history=history,
            events=counts["before"]["events"],
            jsonl_lines=counts["before"]["jsonl_lines"],
            increment_events=counts["increment"]["events"],
            days=counts["days"],
            build=build,
            floor=middle(floors),
            nightly=middle(nightly_runs),
            nightly_runs=tuple(nightly_runs),
            empty_run=empty_run,
            instead=instead,
            differences=tuple(differences),
        )

    def _credits_run(self, what: str, landing: Path, part: str, data: Path, *options: str) -> Measured:
        as_of = self.options.day_before if part == "before" else self.options.as_of
        # passed by `env`, since only orchestration/settings.py may read the environment
        command = [
            *("env", f"DAGSTER_HOME={self.home}", f"CREDITS_MEMORY_LIMIT={self.options.memory_limit}"),
            # Dagster pipes the lines through `tail`, and would end it before the last of them
            "DAGSTER_COMPUTE_LOG_TAIL_WAIT_AFTER_FINISH=0.2",
            *(str(CREDITS), "run", "--landing", str(landing / part)),
            *("--data-dir", str(data), "--as-of", str(as_of), *options),
        ]
        measured = self._run(f"{data.name}-{part}", what, command)
        if "empty run" not in what:  # which ends after raw
            measured.part(LOAD, PUBLISH)  # fails here if a step is missing, not after all is measured
        return measured

    def _floor(self, what: str, data: Path, as_of: date) -> Measured:
        command = _module(
            "floor",
            *("--lake", data / "raw", "--as-of", as_of, "--out", data.with_suffix(".floor.duckdb")),
            *("--memory-limit", self.options.memory_limit, "--threads", self.options.threads),
        )
        return self._run(f"{data.name}-floor", what, command)

    def _alternatives(self, label: str, data: Path) -> dict[str, Measured]:
        """What one would use instead, on the same data directory."""
        common = ("--data", data, "--as-of", self.options.day_before)
        work, limit = data.with_suffix(".dbt"), self.options.memory_limit
        dbt = [
            *("env", f"CREDITS_DATA_DIR={work}", f"CREDITS_MEMORY_LIMIT={limit}"),
            *_module("alternatives", "dbt", *common, "--work", work),
        ]
        of_dbt = ("--data", data, "--work", work, "--memory-limit", limit)
        commands = {
            "dbt alone, the same models without their tests": dbt,
            "SQLMesh alone, the same queries": _module("alternatives", "sqlmesh", *of_dbt),
            "pandas, three breakdowns of 30 days": _module("alternatives", "pandas", *common),
        }
        found = {
            what: self._run(f"{data.name}-{what.split()[0].strip(',')}", f"{label} {what}", command)
            for what, command in commands.items()
        }
        shutil.rmtree(work)
        return found

    def _differences(self, what: str, data: Path) -> list[str]:
        """Differences between the floor and the published marts."""
        floor, published = data.with_suffix(".floor.duckdb"), data / "published" / "credits.duckdb"
        limit = ("--memory-limit", self.options.memory_limit)
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
        # flush earlier writes first, so that they do not slow down what is measured
        os.sync()
        print(f"  {what} ...", end="", file=sys.stderr, flush=True)
        measured = measure(command, folder=PROJECT, log=self.logs / f"{log}.log")
        print(f" {measured.seconds:.1f} s", file=sys.stderr, flush=True)
        return measured


def _module(name: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]


def _copy(data: Path, to: Path) -> None:
    """Copy a data directory for a run to change; files that no run changes are hard links."""

    def link_or_copy(source: str, target: str) -> None:
        if Path(source).relative_to(data).parts[0] in SHARED:
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    shutil.copytree(data, to, symlinks=True, copy_function=link_or_copy)


def parse(arguments: Sequence[str] | None = None) -> tuple[Options, Path | None]:
    """The options of the command line, and the file for the JSON report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.warehouse", description=__doc__)
    add = parser.add_argument
    add("--events", type=int, default=2_000_000, help="events of the longest history [2000000]")
    add("--histories", help="events of shorter ones with the same nightly run [a tenth of --events]")
    add("--increment", type=int, help="events of the nightly run [a 200th of --events]")
    add("--days", type=int, help="days of the longest history [so that its last is about one increment]")
    add("--workspaces", type=int, default=200, help="workspaces of all sizes that share them [200]")
    add(
        "--first-runs",
        default="50,1000,10000",
        help="workspaces of first runs of a million events [50,1000,10000]",
    )
    add(
        "--as-of",
        type=date.fromisoformat,
        default=date(2026, 4, 7),
        help="day of the nightly run [2026-04-07]",
    )
    add("--work", type=Path, default=PROJECT / "data" / "bench", help="folder for all of it [data/bench]")
    add("--repeats", type=int, default=3, help="runs of each; the median counts [3]")
    add("--memory-limit", default="2GB", help="of DuckDB, in the product and in the floor [2GB]")
    add("--threads", type=int, default=os.cpu_count() or 2, help="of the floor [as many as cores]")
    add("--json", type=Path, help="file for the report as JSON")
    given = parser.parse_args(arguments)
    shorter = {int(history) for history in (given.histories or str(given.events // 10)).split(",")}
    increment = given.increment or given.events // 200
    if min(*shorter, increment, given.events, given.repeats, given.workspaces) < 1:
        parser.error("every size is at least 1; without --increment, --events is 200 or more")
    if max(shorter) > given.events:
        parser.error(
            f"the longest history has --events, {given.events}; found {max(shorter)}; raise --events"
        )
    options = Options(
        histories=tuple(sorted({*shorter, given.events})),
        increment=increment,
        # the last days of a load are busier than its mean
        days=given.days or max(2, given.events * 5 // (increment * 4)),
        workspaces=given.workspaces,
        first_runs=tuple(int(workspaces) for workspaces in given.first_runs.split(",") if workspaces),
        as_of=given.as_of,
        work=given.work.resolve(),
        repeats=given.repeats,
        memory_limit=given.memory_limit,
        threads=given.threads,
    )
    return options, given.json


def main() -> None:
    options, json_path = parse()
    started = time.monotonic()
    bench = Bench(options)
    try:
        counts = bench.deliver()
        found = [bench.measure_history(history, counts[str(history)]) for history in options.histories]
        first_runs = [bench.measure_first_run(workspaces) for workspaces in options.first_runs]
    except (CommandFailed, ValueError) as error:
        raise SystemExit(f"\nbench: {error}") from error
    rows, about = [*rows_of(found), *first_run_rows(first_runs)], machine()
    print_rows(rows, about)
    longest = found[-1]
    runs = {f"run on {on.history:,}": on.nightly for on in found}
    runs |= {"build": longest.build} | ({"empty": longest.empty_run} if longest.empty_run else {})
    runs |= {f"{of.workspaces:,} workspaces": of.run for of in first_runs}
    print_steps(runs)
    print(f"\n{time.monotonic() - started:.0f} s in all")
    if json_path:
        report = {"machine": about, "options": options, "rows": rows, "measured": [*found, *first_runs]}
        json_path.write_text(json.dumps(report, indent=1, default=_plain), encoding="utf-8")
    raise SystemExit(1 if any(on.differences for on in found) else 0)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date | Path) else asdict(value)


if __name__ == "__main__":
    main()
