"""The rows of the benchmark: what was measured, and the target on two cores.

Not here: how it is measured (warehouse.py), or printed (table.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.measure import Measured, Step
from benchmarks.table import Row

LOAD, PUBLISH, CLASSIFIER = "raw", "published__marts", "waste_classifier"
# floors of a full build: of a short history, and from this many events on
FLOOR_RATIO, LONG_FLOOR_RATIO, LONG = 2.0, 1.5, 20_000_000
FLAT_RATIO, MEMORY_MB, LINES_PER_SECOND = 1.2, 4 * 1024, 100_000
# in processor time
NIGHT_SECONDS, EMPTY_RUN_SECONDS, CLASSIFIER_SECONDS = 25, 12, 20
# of the first run of a million events, and of publishing in it with the pages, whatever the workspaces
FIRST_RUN_SECONDS, FIRST_PUBLISH_SECONDS = 240, 90


@dataclass(frozen=True)
class OnHistory:
    """What was measured on one history.

    Attributes:
        history, days: its size as asked for.
        events, jsonl_lines: delivered before the nightly run, of generation_events and in JSON Lines files.
        increment_events: delivered to the nightly run.
        build: the first run: load, full build, publishing.
        floor, nightly: the run of median length; nightly_runs are all of them.
        empty_run: the same run again, without new files; on the longest history only.
        instead: what one would use instead, by its name; on the longest history only.
        differences: between the floor and the published marts; must be empty.
    """

    history: int
    days: int
    events: int
    jsonl_lines: int
    increment_events: int
    build: Measured
    floor: Measured
    nightly: Measured
    nightly_runs: tuple[Measured, ...]
    empty_run: Measured | None
    instead: Mapping[str, Measured]
    differences: tuple[str, ...]


@dataclass(frozen=True)
class FirstRun:
    """What was measured of a first run of many workspaces.

    Attributes:
        workspaces, events, days: delivered.
        run: load, full build and publishing.
    """

    workspaces: int
    events: int
    days: int
    run: Measured


def middle(runs: Sequence[Measured]) -> Measured:
    """The run of median length."""
    return sorted(runs, key=lambda run: run.seconds)[(len(runs) - 1) // 2]


def rows_of(found: Sequence[OnHistory]) -> list[Row]:
    """The table, from the shortest history to the longest; the load and the full build of the longest."""
    longest = found[-1]
    rows = [*_load_rows(longest), *_build_rows(longest)]
    for on in found:
        rows += _run_rows(
            f"nightly run of {on.increment_events:,} on {on.events:,} in {on.days} days", on.nightly
        )
    if len(found) > 1:
        rows += _flat_rows(found[0].nightly, longest.nightly)
    rows += _empty_rows(longest.empty_run) if longest.empty_run else []
    agrees = not any(on.differences for on in found)
    return [*rows, Row("every figure as in the floor, before and after the nightly run").aim("all", agrees)]


def first_run_rows(first_runs: Sequence[FirstRun]) -> list[Row]:
    """First runs of few and many workspaces; the processor time of pages is in that of the whole run only."""
    rows = []
    for of in first_runs:
        run, copied = of.run, of.run.part(PUBLISH)
        what = f"first run of {of.events:,} events of {of.workspaces:,} workspaces in {of.days} days"
        rows += [
            Row(what, run.seconds, run.cpu_seconds, peak_mb=run.peak_mb).aim(
                f"<= {FIRST_RUN_SECONDS} s, {MEMORY_MB:,} MB",
                run.seconds <= FIRST_RUN_SECONDS and run.peak_mb <= MEMORY_MB,
            ),
            Row("  of which the copy to published", copied.seconds, peak_mb=copied.peak_mb).aim(
                f"<= {FIRST_PUBLISH_SECONDS} s", copied.seconds <= FIRST_PUBLISH_SECONDS
            ),
        ]
    return rows


def _load_rows(on: OnHistory) -> list[Row]:
    load = on.build.part(LOAD)
    per_second = on.jsonl_lines / load.seconds
    return [
        Row(
            f"load of {on.jsonl_lines:,} JSONL lines",
            load.seconds,
            load.cpu_seconds,
            per_second,
            load.peak_mb,
        ).aim(f">= {LINES_PER_SECOND:,}/s", per_second >= LINES_PER_SECOND),
        Row(f"  if only its {on.events:,} generations count", per_second=on.events / load.seconds),
    ]


def _build_rows(on: OnHistory) -> list[Row]:
    built, floor = on.build.without(LOAD, PUBLISH, CLASSIFIER), on.floor
    copied, classified = on.build.part(PUBLISH), on.build.part(CLASSIFIER)
    ratio, peak_mb = built.seconds / floor.seconds, on.build.peak_mb
    cpu_ratio = built.cpu_seconds / floor.cpu_seconds if built.cpu_seconds else None
    most = LONG_FLOOR_RATIO if on.history >= LONG else FLOOR_RATIO
    return [
        Row("the floor", floor.seconds, floor.cpu_seconds, on.events / floor.seconds, floor.peak_mb, 1.0),
        Row(
            "full build, from the lake to the marts",
            built.seconds,
            built.cpu_seconds,
            on.events / built.seconds,
            built.peak_mb,
            ratio,
        ).aim(f"<= {most} floors", ratio <= most),
        Row("  in processor time", ratio=cpu_ratio),
        _cpu_row("  and the classifier of waste", classified, CLASSIFIER_SECONDS),
        Row("  and its copy to published", copied.seconds, copied.cpu_seconds, peak_mb=copied.peak_mb),
        Row("  and start-up", on.build.startup_seconds),
        Row("  memory of the whole run", peak_mb=peak_mb).aim(f"<= {MEMORY_MB:,} MB", peak_mb <= MEMORY_MB),
        *(
            Row(
                f"instead: {what}",
                run.seconds,
                run.cpu_seconds,
                peak_mb=run.peak_mb,
                ratio=run.seconds / floor.seconds,
            )
            for what, run in on.instead.items()
        ),
    ]


def _cpu_row(what: str, run: Step | Measured, most: float) -> Row:
    row = Row(what, run.seconds, run.cpu_seconds, peak_mb=run.peak_mb)
    return row.aim(f"<= {most} cpu s", (run.cpu_seconds or 0) <= most)


def _run_rows(what: str, run: Measured) -> list[Row]:
    copied = run.part(PUBLISH)
    return [
        _cpu_row(what, run, NIGHT_SECONDS),
        Row("  of which the copy to published", copied.seconds, copied.cpu_seconds, peak_mb=copied.peak_mb),
        Row("  of which start-up", run.startup_seconds),
    ]


def _flat_rows(short: Measured, long: Measured) -> list[Row]:
    """How many times as much the same nightly run takes on the longest history as on the shortest."""
    ratio = long.cpu_seconds / short.cpu_seconds
    return [
        Row("the same nightly run, long : short history", ratio=long.seconds / short.seconds),
        Row("  in processor time", ratio=ratio).aim(f"<= {FLAT_RATIO}", ratio <= FLAT_RATIO),
    ]


def _empty_rows(run: Measured) -> list[Row]:
    return [
        _cpu_row("empty run on the longest history", run, EMPTY_RUN_SECONDS),
        Row("  of which start-up", run.startup_seconds),
    ]
