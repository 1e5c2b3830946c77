"""The deliveries of a benchmark: histories of several lengths, and the same increment for each.

One load is generated, one day longer than the longest history. The files of its last day are the increment,
with late events, repeated deliveries, outcomes and retractions of earlier days; a shorter history is its
last days. Not here: generating a load (orchestration/landing/sample/).
"""

import argparse
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from orchestration.landing.sample.write import write_load

SEED = 20260407
_EVENT = re.compile(rb'"event_id":"([^"]+)"')
_PRODUCT = re.compile(rb'"product_id":"([^"]+)"')


@dataclass(frozen=True)
class Plan:
    """The deliveries to make.

    Attributes:
        histories: events of each history, the longest last; a shorter one has as many fewer days.
        increment: events of the increment.
        days: days of the longest history.
        workspaces: how many share them.
        as_of: the day of the increment; a history ends the day before.
    """

    histories: tuple[int, ...]
    increment: int
    days: int
    workspaces: int
    as_of: date


@dataclass(frozen=True)
class Counts:
    """Lines delivered: of events, and of everything in JSON Lines."""

    events: int
    jsonl_lines: int


def deliver(plan: Plan, work: Path) -> None:
    """Write `work`/<history>/before and `work`/<history>/increment, landing folders, and `work`/counts.json.

    The second has the files of the first, as hard links, and those of the increment.
    """
    shutil.rmtree(work, ignore_errors=True)
    load, increment = work / "load", work / "increment"
    events = plan.histories[-1]
    write_load(
        load,
        workspaces=plan.workspaces,
        days=plan.days + 1,
        events=events + events // plan.days,
        seed=SEED,
        end_date=plan.as_of,
        duplicate_share=0.005,
        conflict_share=0.0005,
        late_share=0.01,
        retracted_share=0.002,
        bad_share=0.0002,
    )
    _thin(load, increment, since=plan.as_of, events=plan.increment)
    counts: dict[str, dict[str, object]] = {}
    for history in plan.histories:
        before, after = work / str(history) / "before", work / str(history) / "increment"
        first = (
            plan.as_of - timedelta(days=plan.days) if history == events else _start(load, history, plan.as_of)
        )
        if history == events:
            _link(_files(load, until=plan.as_of), load, before)
        else:
            _cut(load, increment, before, first=first, as_of=plan.as_of)
        _link(_files(before), before, after)
        _link(_files(increment), increment, after)
        counts[str(history)] = {
            "days": (plan.as_of - first).days,
            "before": asdict(_count(_files(before))),
            "increment": asdict(_count(_files(increment))),
        }
    shutil.rmtree(load)
    shutil.rmtree(increment)
    (work / "counts.json").write_text(json.dumps(counts, indent=1), encoding="utf-8")


def _files(folder: Path, *, since: date = date.min, until: date = date.max) -> list[Path]:
    """The files dated since the one day and before the other; the undated ones too if since is open."""
    found = []
    for path in sorted(path for path in folder.glob("*/*") if path.is_file()):
        day = _day(path)
        is_wanted = since == date.min if day is None else since <= day < until
        found += [path] if is_wanted else []
    return found


def _day(path: Path) -> date | None:
    found = re.search(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", path.name)
    return date.fromisoformat(found[0]) if found else None


def _link(files: Iterable[Path], folder: Path, to: Path) -> None:
    for path in files:
        target = to / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, target)


def _thin(load: Path, to: Path, *, since: date, events: int) -> None:
    """The files since a day with at most so many events, without rows about excluded events."""
    files = _files(load, since=since)
    # ids are hashes, so the lowest of them are a fair sample
    found = sorted(set(_found(_EVENT, (path for path in files if _feed(path) == "generation_events"))))
    excluded = set(found[events:])
    for path in files:
        _copy(path, to / path.relative_to(load), lambda line: _key(_EVENT, line) not in excluded)


def _start(load: Path, events: int, as_of: date) -> date:
    """The latest day since when there are as many events before as_of."""
    first, held = as_of, 0
    while held < events:
        first -= timedelta(days=1)
        held += sum(_lines(path) for path in load.glob(f"generation_events/*{first}*"))
    return first


def _cut(load: Path, increment: Path, to: Path, *, first: date, as_of: date) -> None:
    """The last days of a load as a history of its own, without references to earlier days."""
    daily = _files(load, since=first, until=as_of)
    events = [path for path in daily if _feed(path) == "generation_events"]
    known = [*events, *_files(increment)]
    event_ids, product_ids = set(_found(_EVENT, events)), set(_found(_PRODUCT, known))
    _link(events, load, to)
    for path in daily:
        if _feed(path) != "generation_events":
            _copy(path, to / path.relative_to(load), lambda line: _key(_EVENT, line) in event_ids)
    for path in (path for path in _files(load) if _day(path) is None):
        target = to / path.relative_to(load)
        if _feed(path) == "products":
            _copy(path, target, lambda line: _key(_PRODUCT, line) in product_ids)
        elif _feed(path) == "credit_entries":
            _start_ledger(path, target, first)
        else:
            _link([path], load, to)


def _feed(path: Path) -> str:
    return path.parent.name


def _key(pattern: re.Pattern[bytes], line: bytes) -> bytes | None:
    found = pattern.search(line)
    return found[1] if found else None


def _found(pattern: re.Pattern[bytes], files: Iterable[Path]) -> Iterator[bytes]:
    for path in files:
        with path.open("rb") as lines:
            yield from (found[1] for line in lines if (found := pattern.search(line)))


def _copy(path: Path, to: Path, is_wanted: Callable[[bytes], bool]) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as lines, to.open("wb") as kept:
        kept.writelines(line for line in lines if is_wanted(line))


def _start_ledger(path: Path, to: Path, first: date) -> None:
    """The credit entries since a day; the first purchase is moved to the day before it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    known: set[str] = set()
    with path.open(encoding="utf-8") as lines, to.open("w", encoding="utf-8") as kept:
        for line in lines:
            entry = json.loads(line)
            if entry["entry_id"].endswith("-purchase1"):
                entry["occurred_at"] = f"{first - timedelta(days=1)}T09:00:00Z"
            elif entry["occurred_at"] < str(first) or entry.get("lot_id", "") not in known | {""}:
                continue
            known.add(entry["entry_id"])
            kept.write(json.dumps(entry) + "\n")


def _count(files: Iterable[Path]) -> Counts:
    lines = {path: _lines(path) for path in files if path.suffix == ".jsonl"}
    return Counts(
        events=sum(count for path, count in lines.items() if _feed(path) == "generation_events"),
        jsonl_lines=sum(lines.values()),
    )


def _lines(path: Path) -> int:
    with path.open("rb") as content:
        return sum(part.count(b"\n") for part in iter(lambda: content.read(1 << 20), b""))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deliveries", description=__doc__)
    parser.add_argument(
        "--work", required=True, type=Path, help="folder to write; an earlier one is replaced"
    )
    parser.add_argument("--histories", required=True, help="events of each history, the longest last")
    parser.add_argument("--increment", required=True, type=int, help="events of the increment")
    parser.add_argument("--days", required=True, type=int, help="days of the longest")
    parser.add_argument("--workspaces", required=True, type=int)
    parser.add_argument("--as-of", required=True, type=date.fromisoformat, help="the day of the increment")
    options = parser.parse_args()
    histories = tuple(int(history) for history in options.histories.split(","))
    deliver(Plan(histories, options.increment, options.days, options.workspaces, options.as_of), options.work)


if __name__ == "__main__":
    main()
