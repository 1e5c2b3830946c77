"""Seeded histories of workspaces, packed as the nightly deliveries of one data directory.

What is in a history is in plots.py, how it is spread over nights in spread.py; nothing is judged here.
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
from histories.runs import schedule
from histories.spread import Spreading

FILES = ("a", "b", "c")


@dataclass(frozen=True)
class NightDeliveries:
    """What is delivered before one night, by file (`feed/name.jsonl`), and the as_of it is run with."""

    as_of: date
    files: Mapping[str, tuple[Line, ...]]


def histories(count: int, nights: int, seed: int, *, first: int = 0) -> list[NightDeliveries]:
    """The deliveries of `count` workspaces, `h0000` and on, over so many nights.

    What is in a history depends on the seed and on its own number only, so that one of many can be looked at
    alone; in which file of its night a line stands depends on the others.

    Args:
        count: how many workspaces.
        nights: how many nights.
        seed: the same arguments give the same deliveries.
        first: the number of the first workspace.
    """
    plan = schedule(nights, random.Random(f"{seed}/nights"))
    lines: list[list[Line]] = [[] for _ in range(nights)]
    for number in range(first, first + count):
        rng = random.Random(f"{seed}/{number}")
        plot, is_order_free = PLOTS[number % len(PLOTS)], is_free_of_order(number)
        happenings = plot(cast_of(f"h{number:04d}", rng), plan, rng, is_order_free)
        spreading = Spreading(plan, rng, is_order_free)
        for night, more in enumerate(spreading.spread(happenings, is_plotted=plot is not mixed)):
            lines[night] += more
    rng = random.Random(f"{seed}/files")
    delivered: list[NightDeliveries] = []
    for night, as_of in enumerate(plan.as_ofs):
        files = _in_files(night, lines[night], rng)
        if delivered and night != plan.silent:
            files |= _a_file_again(night, delivered, rng)
        delivered.append(NightDeliveries(as_of, files))
    return delivered


def is_free_of_order(number: int) -> bool:
    """Whether it is of no account on which of the nights the rows of this history are delivered.

    By definition it is where a key comes with another content, or a snapshot without a newer `updated_at`.
    """
    return number // len(PLOTS) % 2 == 0


def write_night(landing: Path, night_number: int, deliveries: NightDeliveries) -> Path:
    """Write one night's files below `landing/night-00`, which is returned."""
    folder = landing / f"night-{night_number:02d}"
    folder.mkdir(parents=True)
    for name, lines in deliveries.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("".join(line.text + "\n" for line in lines), encoding="utf-8")
    return folder


def _in_files(night: int, lines: list[Line], rng: random.Random) -> dict[str, tuple[Line, ...]]:
    """The lines shuffled over one to three files of each feed."""
    shuffled = rng.sample(lines, len(lines))
    width = {feed: rng.randint(1, len(FILES)) for feed in sorted({line.feed for line in lines})}
    files: dict[str, list[Line]] = defaultdict(list)
    for line in shuffled:
        name = FILES[rng.randrange(width[line.feed])]
        files[f"{line.feed}/{night:02d}-{name}.jsonl"].append(line)
    return {name: tuple(files[name]) for name in sorted(files)}


def _a_file_again(
    night: int, delivered: list[NightDeliveries], rng: random.Random
) -> dict[str, tuple[Line, ...]]:
    """Now and then a whole file of an earlier night under another name."""
    earlier = [(name, lines) for one in delivered for name, lines in one.files.items()]
    if not earlier or rng.random() < 0.4:
        return {}
    name, lines = rng.choice(earlier)
    return {name.replace(".jsonl", f"-again-{night:02d}.jsonl"): lines}
