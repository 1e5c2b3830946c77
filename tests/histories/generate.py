"""Seeded histories of workspaces, packed as the deliveries of consecutive runs of one data directory.

What is in a history is in plots.py, how it is spread over runs in spread.py; nothing is asserted here.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from histories.cast import cast_of
from histories.lines import Line
from histories.plots import PLOTS, mixed
from histories.runs import make_schedule
from histories.spread import Spreading

FILES = ("a", "b", "c")


@dataclass(frozen=True)
class RunDeliveries:
    """What is delivered for one run, by file (`feed/name.jsonl`), and the as_of of the run."""

    as_of: date
    files: Mapping[str, tuple[Line, ...]]


def histories(count: int, runs: int, seed: int, *, first: int = 0) -> list[RunDeliveries]:
    """The deliveries of `count` workspaces, named `h0000` and up, over this many runs.

    A history depends only on the seed and its own number, so that one of many can be generated alone; in
    which file of its run a line is depends on the others.

    Args:
        count: how many workspaces.
        runs: how many runs.
        seed: the same arguments give the same deliveries.
        first: the number of the first workspace.
    """
    # the seeds are texts: another text would give other histories
    schedule = make_schedule(runs, random.Random(f"{seed}/nights"))
    lines: list[list[Line]] = [[] for _ in range(runs)]
    for number in range(first, first + count):
        rng = random.Random(f"{seed}/{number}")
        plot, any_order = PLOTS[number % len(PLOTS)], is_order_independent(number)
        feed_rows = plot(cast_of(f"h{number:04d}", rng), schedule, rng, any_order)
        spreading = Spreading(schedule, rng, any_order)
        for run, more in enumerate(spreading.spread(feed_rows, is_plotted=plot is not mixed)):
            lines[run] += more
    rng = random.Random(f"{seed}/files")
    delivered: list[RunDeliveries] = []
    for run, as_of in enumerate(schedule.as_ofs):
        files = _in_files(run, lines[run], rng)
        if delivered and run != schedule.empty_run:
            files |= _a_file_again(run, delivered, rng)
        delivered.append(RunDeliveries(as_of, files))
    return delivered


def is_order_independent(number: int) -> bool:
    """Whether it does not matter for which run the rows of this history are delivered.

    By definition it matters where a key has two contents, or a snapshot has no newer `updated_at`.
    """
    return number // len(PLOTS) % 2 == 0


def write_deliveries(landing: Path, run_number: int, deliveries: RunDeliveries) -> Path:
    """Write the files of one run to a folder like `landing/run-00`, and return the folder."""
    folder = landing / f"run-{run_number:02d}"
    folder.mkdir(parents=True)
    for name, lines in deliveries.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("".join(line.text + "\n" for line in lines), encoding="utf-8")
    return folder


def _in_files(run: int, lines: list[Line], rng: random.Random) -> dict[str, tuple[Line, ...]]:
    """The lines shuffled over one to three files of each feed."""
    shuffled = rng.sample(lines, len(lines))
    width = {feed: rng.randint(1, len(FILES)) for feed in sorted({line.feed for line in lines})}
    files: dict[str, list[Line]] = defaultdict(list)
    for line in shuffled:
        name = FILES[rng.randrange(width[line.feed])]
        files[f"{line.feed}/{run:02d}-{name}.jsonl"].append(line)
    return {name: tuple(files[name]) for name in sorted(files)}


def _a_file_again(
    run: int, delivered: list[RunDeliveries], rng: random.Random
) -> dict[str, tuple[Line, ...]]:
    """Sometimes, a copy of an earlier run's file under another name."""
    earlier = [(name, lines) for one in delivered for name, lines in one.files.items()]
    if not earlier or rng.random() < 0.4:
        return {}
    name, lines = rng.choice(earlier)
    return {name.replace(".jsonl", f"-again-{run:02d}.jsonl"): lines}
