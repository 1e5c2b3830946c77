"""The same lines delivered differently: permuted, split over other files and runs, merged, and replayed.

Which lines there are is not decided here.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from histories.generate import histories, is_order_independent
from histories.lines import REQUIRED_TEXT, Line

REPLAYED, MOST_FILES = 0.3, 4


@dataclass(frozen=True)
class Cases:
    """Histories in which the order of deliveries does not matter, and their lines as first delivered."""

    workspaces: frozenset[str]
    as_of: str
    runs: tuple[tuple[Line, ...], ...]


def cases(count: int, runs: int, seed: int) -> Cases:
    """The given number of histories."""
    numbers = [number for number in range(4 * count + 40) if is_order_independent(number)][:count]
    spread: list[list[Line]] = [[] for _ in range(runs)]
    as_of = ""
    for number in numbers:
        for run, delivered in enumerate(histories(1, runs, seed, first=number)):
            as_of = max(as_of, str(delivered.as_of))
            spread[run] += [line for lines in delivered.files.values() for line in lines]
    workspaces = frozenset(f"h{number:04d}" for number in numbers)
    return Cases(workspaces, as_of, tuple(tuple(lines) for lines in spread))


def write_in_order(chosen: Cases, run: int, landing: Path) -> None:
    """Write the lines of one run, a file for each feed."""
    by_feed: dict[str, list[str]] = defaultdict(list)
    for line in chosen.runs[run]:
        by_feed[line.feed].append(line.text)
    for feed, texts in by_feed.items():
        _write(landing / feed / f"{run:02d}.jsonl", texts)


def arrange(chosen: Cases, runs: int, rng: random.Random) -> list[dict[str, list[str]]]:
    """All lines rearranged into files for the given number of runs: text lines by `feed/name`.

    Two contents of one key stay in one run, because by definition the batch decides which of them wins.
    """
    lines = [line for run in chosen.runs for line in run]
    rng.shuffle(lines)
    contents = defaultdict(set)
    for line in lines:
        if line.row is not None:
            contents[_key(line)].add(json.dumps(line.row, default=str, sort_keys=True))
    together = {key: rng.randrange(runs) for key, found in contents.items() if len(found) > 1}
    arranged: list[dict[str, list[str]]] = [{} for _ in range(runs)]
    for line in lines:
        run = together.get(_key(line), rng.randrange(runs)) if line.row else rng.randrange(runs)
        name = f"{line.feed}/{run:02d}-{rng.randrange(MOST_FILES)}.jsonl"
        arranged[run].setdefault(name, []).append(line.text)
    for run in range(1, runs):
        for name, texts in list(arranged[run - 1].items()):
            if rng.random() < REPLAYED:
                # as the same bytes, or as different bytes with the same lines
                again = texts if rng.random() < 0.5 else rng.sample(texts, len(texts))
                arranged[run][name.replace(".jsonl", f"-again-{run:02d}.jsonl")] = again
    return arranged


def write_files(files: dict[str, list[str]], landing: Path, rng: random.Random) -> None:
    """Write the files of one run, some of them compressed."""
    for name, texts in files.items():
        _write(landing / (name + rng.choice(("", ".gz"))), texts)


def _key(line: Line) -> tuple[str, ...]:
    assert line.row is not None
    names = ("source", "workspace_id", REQUIRED_TEXT[line.feed])
    return (line.feed, *(str(line.row.get(name)) for name in names))


def _write(file: Path, texts: Sequence[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(text + "\n" for text in texts).encode()
    file.write_bytes(gzip.compress(data, mtime=0) if file.suffix == ".gz" else data)
