"""A sample load of any size, and its ground truth: what a warehouse must find in these files.

Not here: workspaces (population.py), their attempts (attempts.py), faults and lines (deliveries.py).
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from orchestration.landing.sample import deliveries, files, population
from orchestration.landing.sample.attempts import (
    Attempts,
    Calendar,
    Shards,
    generate_attempts,
    generate_outcomes,
)
from orchestration.landing.sample.deliveries import BAD_LINES, DayLines, FaultShares
from orchestration.landing.sample.files import LandingWriter, SampleError, SampleReport
from orchestration.landing.sample.population import CATEGORIES, MICROS, Ints, Population
from orchestration.landing.sample.team import AS_OF

EVENTS_PER_WORKSPACE_DAY = 100
# what is in memory at a time; a workspace with more events is generated in parts
SHARD_EVENTS, BATCH_EVENTS, BATCH_WORKSPACES = 100_000, 200_000, 2_000
DAILY_FEEDS = (files.EVENTS, files.OUTCOMES, files.RETRACTIONS)
EPOCH = date(1970, 1, 1)


def write_load(
    out: Path,
    *,
    workspaces: int = 1,
    days: int = 30,
    events: int | None = None,
    seed: int = 0,
    end_date: date = AS_OF,
    duplicate_share: float = 0.0,
    conflict_share: float = 0.0,
    late_share: float = 0.0,
    retracted_share: float = 0.0,
    bad_share: float = 0.0,
    zipped: bool = False,
    budgets: bool = False,
    on_written: Callable[[int, int], None] = lambda written, total: None,
) -> SampleReport:
    """Writes a realistic load, and `truth.json` with the flaws and faults planted in it.

    Args:
        out: the landing folder; created if missing.
        workspaces: how many, of Zipf sizes, in seven time zones; every tenth reports no outcomes.
        days: local days of usage, the last of them `end_date`.
        events: distinct generation events; 100 a day and workspace if not given.
        seed: the same arguments give the same bytes.
        end_date: nothing happens after this local date, so it is the `as_of` to read the load with.
        duplicate_share: of the events, delivered once more with the same content.
        conflict_share: of the events, delivered once more with another `output_tokens`.
        late_share: of the events, delivered in the file of a later day (fewer if they are of the last day).
        retracted_share: of the events, retracted.
        bad_share: lines that break the contract, beyond the events.
        zipped: gzip the daily files.
        budgets: give every workspace three budgets, one of them corrected.
        on_written: called from time to time with how many events are written, and of how many.

    Raises:
        SampleError: sizes or shares are invalid, or a feed folder of `out` holds other files.
    """
    if days < 1:
        raise SampleError(f"a load covers at least one day; found {days}. Pass days=1 or more.")
    shares = FaultShares(duplicate_share, conflict_share, late_share, retracted_share, bad_share)
    total = workspaces * days * EVENTS_PER_WORKSPACE_DAY if events is None else events
    people = population.populate(workspaces, total, seed)
    calendar = Calendar.from_first_day(end_date - timedelta(days=days - 1), days)
    ending = ".jsonl.gz" if zipped else ".jsonl"
    load = _Load(people, calendar, shares, LandingWriter(out, _file_names(calendar, ending)), ending)
    for number, shards in enumerate(_batches(people.sizes)):
        load.write_batch(shards, np.random.default_rng([seed, number]))
        on_written(load.events, total)
    load.write_small_feeds(end_date)
    if budgets:
        load.write_budgets(end_date)
    load.write_truth(end_date)
    return load.writer.publish(Decimal(int(load.used.sum())) / MICROS)


def _file_names(calendar: Calendar, ending: str) -> list[str]:
    # the local days of a load reach into the UTC days around it
    dates = [calendar.first + timedelta(days=day) for day in range(-1, calendar.days + 1)]
    small = (files.WORKSPACES, files.MEMBERS, files.PRODUCTS, files.PACKS, files.ENTRIES, files.BUDGETS)
    names = [f"{feed}/load-{day}{ending}" for feed in DAILY_FEEDS for day in dates]
    return [*names, *(_small_file(feed) for feed in small), "truth.json"]


def _small_file(feed: str) -> str:
    return f"{feed}/load.{'csv' if feed == files.MEMBERS else 'jsonl'}"


def _batches(sizes: Ints) -> Iterator[Shards]:
    """Cuts the load into batches of bounded size."""
    batch: list[tuple[int, int, int]] = []
    held = 0
    for workspace, size in enumerate(sizes.tolist()):
        for skipped in range(0, size, SHARD_EVENTS):
            batch.append((workspace, skipped, min(SHARD_EVENTS, size - skipped)))
            held += batch[-1][2]
            if held >= BATCH_EVENTS or len(batch) >= BATCH_WORKSPACES:
                yield Shards(*np.array(batch, dtype=np.int64).T)
                batch, held = [], 0
    if batch:
        yield Shards(*np.array(batch, dtype=np.int64).T)


class _Load:
    """A load while it is written, with the counts that become its ground truth."""

    def __init__(
        self,
        people: Population,
        calendar: Calendar,
        shares: FaultShares,
        writer: LandingWriter,
        ending: str,
    ) -> None:
        self.people, self.calendar, self.shares = people, calendar, shares
        self.writer, self.ending = writer, ending
        self.events = self.outcomes = 0
        self.planted: Counter[str] = Counter()
        self.used, self.live_used, self.live_events = (np.zeros_like(people.sizes) for _ in range(3))

    def write_batch(self, shards: Shards, rng: np.random.Generator) -> None:
        attempts = generate_attempts(self.people, shards, self.calendar, rng)
        size = len(attempts.micros)
        ids = deliveries.issued_ids("gen", self.events + np.arange(size), self.people.seed)
        picks = self.shares.picks(self.events, size, rng)
        lines = deliveries.event_lines(attempts, ids, rng)
        last_day = (self.calendar.first - EPOCH).days + self.calendar.days - 1
        self._put(
            files.EVENTS, deliveries.deliver_events(lines, attempts, picks, last_day, rng, self.planted)
        )
        outcomes = generate_outcomes(self.people, attempts, self.calendar, rng)
        self._put(
            files.OUTCOMES,
            deliveries.deliver_outcomes(attempts, outcomes, ids, self.outcomes, self.people.seed),
        )
        ends = self.calendar.end_ms(self.people.zones[attempts.workspace])
        retracted = picks["retracted"]
        self._put(files.RETRACTIONS, deliveries.deliver_retractions(attempts, ids, retracted, ends, rng))
        self._put_products(attempts)
        self.planted["retracted"] += len(retracted)
        self.events, self.outcomes = self.events + size, self.outcomes + len(outcomes.attempt)
        np.add.at(self.used, attempts.workspace, attempts.micros)
        live = deliveries.not_retracted(attempts, retracted)
        np.add.at(self.live_used, attempts.workspace[live], attempts.micros[live])
        np.add.at(self.live_events, attempts.workspace[live], 1)

    def _put(self, feed: str, parts: Iterable[DayLines]) -> None:
        for part in parts:
            name = f"{feed}/load-{EPOCH + timedelta(days=part.day)}{self.ending}"
            self.writer.put(name, part.text, rows=part.rows)

    def _put_products(self, attempts: Attempts) -> None:
        pairs = np.unique(np.stack([attempts.workspace, attempts.product]), axis=1)
        rows = [
            {
                "product_id": population.product_id(w, p),
                "workspace_id": population.workspace_id(w),
                "title": f"{CATEGORIES[p % len(CATEGORIES)]} No. {p}",
                "category": CATEGORIES[p % len(CATEGORIES)],
                "updated_at": f"{self.calendar.first - timedelta(days=3)}T08:00:00Z",
            }
            for w, p in pairs.T.tolist()
        ]
        self.writer.put(_small_file(files.PRODUCTS), files.jsonl(rows), rows=len(rows))

    def write_small_feeds(self, end_date: date) -> None:
        first, people = self.calendar.first, self.people
        members = list(population.member_rows(people, first))
        self.writer.put(_small_file(files.MEMBERS), files.csv_table(members), rows=len(members))
        entries = (
            entry
            for w in np.flatnonzero(people.has_ledger).tolist()
            for entry in population.entry_rows(w, int(self.used[w]), first, end_date)
        )
        for feed, rows in (
            (files.WORKSPACES, population.workspace_rows(people, first)),
            (files.PACKS, population.pack_rows(people, first)),
            (files.ENTRIES, entries),
        ):
            text = files.jsonl(rows)
            self.writer.put(_small_file(feed), text, rows=text.count(b"\n"))

    def write_budgets(self, end_date: date) -> None:
        rows = [
            row
            for w in range(len(self.people.sizes))
            for row in population.budget_rows(w, int(self.used[w]), self.calendar.first, end_date)
        ]
        self.writer.put(_small_file(files.BUDGETS), files.jsonl(rows), rows=len(rows))

    def write_truth(self, end_date: date) -> None:
        """What must be found: exact counts and credits, planted faults, and each workspace's flaws."""
        truth: dict[str, Any] = {
            "seed": self.people.seed,
            "first_date": str(self.calendar.first),
            "end_date": str(end_date),
            "generation_events": self.events,
            "content_outcomes": self.outcomes,
            "credits": _credits(int(self.used.sum())),
            "live_generation_events": int(self.live_events.sum()),
            "live_credits": _credits(int(self.live_used.sum())),
            "planted": {
                **{fault: self.planted[fault] for fault in ("duplicate", "conflicting", "late", "retracted")},
                "bad": {reason: self.planted[reason] for reason in BAD_LINES if self.planted[reason]},
            },
            "workspaces": {
                population.workspace_id(w): {
                    "generation_events": int(self.people.sizes[w]),
                    "credits": _credits(int(self.used[w])),
                    "live_generation_events": int(self.live_events[w]),
                    "live_credits": _credits(int(self.live_used[w])),
                    **population.planted(self.people, w),
                }
                for w in range(len(self.people.sizes))
            },
        }
        self.writer.put("truth.json", json.dumps(truth, indent=1).encode() + b"\n")


def _credits(micros: int) -> str:
    return f"{micros // MICROS}.{micros % MICROS:06d}"
