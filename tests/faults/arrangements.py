"""The same lines delivered otherwise: permuted, split over other files and nights, merged, and replayed.

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

from histories.generate import histories, is_free_of_order
from histories.lines import REQUIRED_TEXT, Line

REPLAYED, MOST_FILES = 0.3, 4


@dataclass(frozen=True)
class Cases:
    """Histories of which it is of no account when a line comes, and all their lines as first delivered."""

    workspaces: frozenset[str]
    as_of: str
    nights: tuple[tuple[Line, ...], ...]


def cases(count: int, nights: int, seed: int) -> Cases:
    """So many histories."""
    numbers = [number for number in range(4 * count + 40) if is_free_of_order(number)][:count]
    spread: list[list[Line]] = [[] for _ in range(nights)]
    as_of = ""
    for number in numbers:
        for night, delivered in enumerate(histories(1, nights, seed, first=number)):
            as_of = max(as_of, str(delivered.as_of))
            spread[night] += [line for lines in delivered.files.values() for line in lines]
    workspaces = frozenset(f"h{number:04d}" for number in numbers)
    return Cases(workspaces, as_of, tuple(tuple(lines) for lines in spread))


def write_as_it_came(chosen: Cases, night: int, landing: Path) -> None:
    """The lines of one night, a file for each feed."""
    by_feed: dict[str, list[str]] = defaultdict(list)
    for line in chosen.nights[night]:
        by_feed[line.feed].append(line.text)
    for feed, texts in by_feed.items():
        _write(landing / feed / f"{night:02d}.jsonl", texts)


def arrange(chosen: Cases, nights: int, rng: random.Random) -> list[dict[str, list[str]]]:
    """All lines anew, as files of so many nights: text lines by `feed/name`.

    Two contents of one key stay on one night: which of them wins is decided, by definition, by the batch.
    """
    lines = [line for night in chosen.nights for line in night]
    rng.shuffle(lines)
    contents = defaultdict(set)
    for line in lines:
        if line.row is not None:
            contents[_key(line)].add(json.dumps(line.row, default=str, sort_keys=True))
    together = {key: rng.randrange(nights) for key, found in contents.items() if len(found) > 1}
    arranged: list[dict[str, list[str]]] = [{} for _ in range(nights)]
    for line in lines:
        night = together.get(_key(line), rng.randrange(nights)) if line.row else rng.randrange(nights)
        name = f"{line.feed}/{night:02d}-{rng.randrange(MOST_FILES)}.jsonl"
        arranged[night].setdefault(name, []).append(line.text)
    for night in range(1, nights):
        for name, texts in list(arranged[night - 1].items()):
            if rng.random() < REPLAYED:
                # as the same bytes, and as other bytes with the same lines
                again = texts if rng.random() < 0.5 else rng.sample(texts, len(texts))
                arranged[night][name.replace(".jsonl", f"-again-{night:02d}.jsonl")] = again
    return arranged


def write_files(files: dict[str, list[str]], landing: Path, rng: random.Random) -> None:
    """Write the files of one night, some of them compressed."""
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
