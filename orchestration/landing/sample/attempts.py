"""Generates the attempts and outcomes of a sample load, hundreds of thousands at a time.

Not here: workspaces and members (population.py), and files, lines and faults (load.py, deliveries.py).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from orchestration.landing.sample.population import (
    CATEGORIES,
    MICROS,
    NONE,
    TYPES,
    ZONES,
    Ints,
    Population,
    mixed,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
PRICES = np.array([2.4, 1.2, 1.0, 0.8, 0.6])
OUTPUT_TOKENS = np.array([420, 90, 160, 45, 30])
QUALITY = np.array([0.85, 0.87, 0.83, 0.89, 0.80])
FIELDS_PER_SESSION = 3
EXCESS_SHARE, BAD_EXCESS_SHARE, SECOND_SHARE, FAILED_SHARE = 0.03, 0.28, 0.1, 0.02
REJECTED_SHARE, HASTY_REJECTED_SHARE, UNUSED_SHARE = 0.03, 0.4, 0.04
OUTCOMES = ("accepted", "edited", "published", "rejected", "discarded", "unpublished")
ACCEPTED, EDITED, PUBLISHED, REJECTED, DISCARDED, UNPUBLISHED = range(6)


@dataclass(frozen=True)
class Calendar:
    """The local days of a load in every zone, as UTC milliseconds."""

    first: date
    days: int
    offsets_ms: Ints

    @classmethod
    def from_first_day(cls, first: date, days: int) -> "Calendar":
        """Offsets at each local noon (no event is at an hour when clocks change), and at the end."""
        moments = [datetime.combine(first + timedelta(days=day), time(12)) for day in range(days)]
        moments.append(datetime.combine(first + timedelta(days=days), time()))
        offsets = [
            [moment.replace(tzinfo=ZoneInfo(zone)).utcoffset() for moment in moments] for zone in ZONES
        ]
        table = [[(offset or timedelta()) // timedelta(milliseconds=1) for offset in row] for row in offsets]
        return cls(first, days, np.array(table, dtype=np.int64))

    @property
    def start_ms(self) -> int:
        return int(datetime.combine(self.first, time(), UTC).timestamp()) * 1000

    def end_ms(self, zones: Ints) -> Ints:
        """The instant at which the last local day is over."""
        return self.start_ms + self.days * DAY_MS - self.offsets_ms[zones, self.days]

    def instant_ms(self, zones: Ints, days: Ints, local_ms: Ints) -> Ints:
        return self.start_ms + days * DAY_MS + local_ms - self.offsets_ms[zones, days]


@dataclass(frozen=True)
class Shards:
    """Parts of workspaces generated together: `size` events of `workspace`, after its first `skipped`."""

    workspace: Ints
    skipped: Ints
    size: Ints


@dataclass(frozen=True)
class Attempts:
    """One value per event; `quality` NaN and `locale` 0 are nulls; the kept one is an episode's last."""

    workspace: Ints
    member: Ints
    product: Ints
    category: Ints
    kind: Ints
    version: Ints
    locale: Ints
    occurred_ms: Ints
    micros: Ints
    quality: Floats
    input_tokens: Ints
    output_tokens: Ints
    latency_ms: Ints
    is_failed: Bools
    is_kept: Bools


@dataclass(frozen=True)
class Outcomes:
    """One value per outcome event: the attempt's position, an index into OUTCOMES, the time."""

    attempt: Ints
    what: Ints
    occurred_ms: Ints


@dataclass(frozen=True)
class _Episodes:
    shard: Ints
    session: Ints
    field_index: Ints
    kind: Ints
    version: Ints
    is_bad: Bools
    slots: Ints
    fails_first: Bools


@dataclass(frozen=True)
class _Sessions:
    workspace: Ints
    day: Ints
    local_ms: Ints
    member: Ints
    product: Ints


def generate_attempts(
    people: Population, shards: Shards, calendar: Calendar, rng: np.random.Generator
) -> Attempts:
    """Generates exactly the events of the shards, in the order of shards and episodes."""
    episodes = _generate_episodes(people, shards, rng)
    sessions = _generate_sessions(people, shards, episodes.shard[episodes.field_index == 0], calendar, rng)
    owner = np.repeat(np.arange(len(episodes.slots)), episodes.slots)
    position = np.arange(len(owner)) - np.repeat(np.cumsum(episodes.slots) - episodes.slots, episodes.slots)
    session, kind = episodes.session[owner], episodes.kind[owner]
    w, day, product = sessions.workspace[session], sessions.day[session], sessions.product[session]
    failed = episodes.fails_first[owner] & (position == 0)
    may_wait = sessions.day[episodes.session] < calendar.days - 1
    local_ms = sessions.local_ms[session] + episodes.field_index[owner] * 9 * MINUTE_MS
    local_ms += _elapsed_ms(episodes, owner, position, may_wait, rng)
    tokens = np.rint(OUTPUT_TOKENS[kind] * rng.uniform(0.8, 1.2, len(owner))).astype(np.int64)
    steps = people.steps[w]
    price = np.rint(PRICES[kind] * (0.6 + 0.4 * tokens / OUTPUT_TOKENS[kind]) * MICROS / steps)
    charged = np.maximum(1, price.astype(np.int64)) * steps
    quality = QUALITY[kind] - np.where(episodes.is_bad[owner], 0.15, 0.0) + rng.normal(0, 0.08, len(owner))
    missing = failed | (rng.random(len(owner)) < 0.1)
    return Attempts(
        workspace=w,
        member=sessions.member[session],
        product=product,
        category=product % len(CATEGORIES),
        kind=kind,
        version=episodes.version[owner],
        locale=np.where(product // 7 % 5 < 3, 0, 1 + product % 2),
        occurred_ms=calendar.instant_ms(people.zones[w], day, local_ms),
        micros=np.where(failed & (rng.random(len(owner)) < 0.7), 0, charged),
        quality=np.where(missing, np.nan, np.clip(quality, 0.2, 0.99).round(3)),
        input_tokens=rng.integers(300, 1200, len(owner)),
        output_tokens=np.where(failed, 0, tokens),
        latency_ms=500 + tokens * rng.integers(8, 17, len(owner)),
        is_failed=failed,
        is_kept=~failed & (position == episodes.slots[owner] - 1),
    )


def _generate_episodes(people: Population, shards: Shards, rng: np.random.Generator) -> _Episodes:
    """Episodes until each shard has its events: as many candidates as events, the last one cut to fit."""
    shard = np.repeat(np.arange(len(shards.size)), shards.size)
    total, begins = len(shard), np.cumsum(shards.size) - shards.size
    candidate = np.arange(total) - begins[shard]
    field_index = candidate % FIELDS_PER_SESSION
    # every session writes a description and two other fields
    turn = rng.integers(0, len(TYPES) - 1, total)[np.arange(total) - field_index]
    kind = np.where(field_index == 0, 0, 1 + (turn + field_index) % (len(TYPES) - 1))
    version = rng.integers(0, 2, total)
    w = shards.workspace[shard]
    bad = (people.bad_type[w] == kind) & (people.bad_version[w] == version)
    chance, excess = rng.random(total), np.where(bad, BAD_EXCESS_SHARE, EXCESS_SHARE)
    many = rng.choice([3, 4, 5], total, p=[0.6, 0.3, 0.1])
    lengths = np.where(chance < excess, many, np.where(chance < excess + SECOND_SHARE, 2, 1))
    fails = rng.random(total) < FAILED_SHARE
    ends = np.cumsum(lengths + fails)
    starts = ends - (lengths + fails)
    starts, ends = starts - starts[begins][shard], ends - starts[begins][shard]
    kept = starts < shards.size[shard]
    slots = (np.minimum(ends, shards.size[shard]) - starts)[kept]
    session = np.cumsum(field_index[kept] == 0) - 1
    return _Episodes(
        shard[kept], session, field_index[kept], kind[kept], version[kept], bad[kept], slots, fails[kept]
    )


def _generate_sessions(
    people: Population, shards: Shards, shard: Ints, calendar: Calendar, rng: np.random.Generator
) -> _Sessions:
    """When and by whom each session is held, and the product it is about."""
    workspace, day = shards.workspace[shard], _sample_days(people, shards, shard, calendar, rng)
    local_ms = (np.clip(rng.normal(13.0, 2.7, len(shard)), 6.0, 19.5) * HOUR_MS).astype(np.int64)
    member = (people.member_counts[workspace] * rng.random(len(shard)) ** 1.7).astype(np.int64)
    # a product returns only after most others were used: weeks later, or never in a short load
    order = np.lexsort((local_ms, day, shard))
    counts = np.bincount(shard, minlength=len(shards.size))
    rank = np.empty_like(shard)
    rank[order] = np.arange(len(shard)) - np.repeat(np.cumsum(counts) - counts, counts)
    stock = np.ceil(counts * (0.7 if calendar.days >= 28 else 1.0)).astype(np.int64)
    return _Sessions(workspace, day, local_ms, member, shards.skipped[shard] + rank % stock[shard])


def _sample_days(
    people: Population, shards: Shards, shard: Ints, calendar: Calendar, rng: np.random.Generator
) -> Ints:
    """A day for every session: weekly rhythm, growth, quiet and busy days, occasional bursts."""
    days = calendar.days
    w, day = np.meshgrid(shards.workspace, np.arange(days), indexing="ij")
    # a hash, not a random number: the same for all shards of a workspace
    noise = mixed(w * 100_000 + day, people.seed) / 2**64
    rhythm = np.where((calendar.first.weekday() + day) % 7 >= 5, 0.25 + 0.1 * (w % 3), 1.0)
    growth = 1 + (w % 4) * 0.35 * day / days
    burst = np.where(noise > 0.975, 3.0, 1.0)
    weights = rhythm * growth * burst * (0.55 + 0.9 * noise)
    cumulative = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    cumulative[:, -1] = 1.0
    line = (cumulative + np.arange(len(shards.workspace))[:, None]).ravel()
    found = np.searchsorted(line, shard + rng.random(len(shard)), side="right") - shard * days
    return np.clip(found, 0, days - 1)


def _elapsed_ms(
    episodes: _Episodes, owner: Ints, position: Ints, may_wait: Bools, rng: np.random.Generator
) -> Ints:
    """Time since the episode's first event: minutes per attempt; some second attempts come the next day."""
    gaps = (rng.uniform(1.5, 12.0, len(owner)) * MINUTE_MS).astype(np.int64)
    overnight = may_wait & (episodes.slots == 2) & (rng.random(len(episodes.slots)) < 0.15)
    gaps += np.where(overnight[owner] & (position == 1), 18 * HOUR_MS, 0)
    passed = np.cumsum(gaps)
    return passed - passed[np.arange(len(owner)) - position]


def generate_outcomes(
    people: Population, attempts: Attempts, calendar: Calendar, rng: np.random.Generator
) -> Outcomes:
    """Outcomes of the kept attempts of tracked workspaces, up to the end of the load's last local day."""
    w, never = attempts.workspace, people.unused_type[attempts.workspace] == attempts.kind
    never &= people.unused_category[w] == attempts.category
    kept = np.flatnonzero(attempts.is_kept & people.is_tracked[w] & ~never)
    kept = kept[rng.random(len(kept)) >= UNUSED_SHARE]
    w = attempts.workspace[kept]
    hasty = (people.hasty[w] != NONE) & (people.hasty[w] == attempts.member[kept])
    rejected = rng.random(len(kept)) < np.where(hasty, HASTY_REJECTED_SHARE, REJECTED_SHARE)
    what = np.where(
        rejected,
        rng.choice([REJECTED, DISCARDED], len(kept), p=[0.8, 0.2]),
        rng.choice([ACCEPTED, EDITED, PUBLISHED], len(kept), p=[0.5, 0.3, 0.2]),
    )
    delay = np.minimum(rng.exponential(20 * HOUR_MS, len(kept)), 12 * DAY_MS).astype(np.int64)
    at = attempts.occurred_ms[kept] + 10 * MINUTE_MS + delay
    later = np.flatnonzero((what <= PUBLISHED) & (rng.random(len(kept)) < 0.4))
    then = np.where(what[later] == PUBLISHED, UNPUBLISHED, PUBLISHED)
    then_at = at[later] + HOUR_MS + rng.exponential(15 * HOUR_MS, len(later)).astype(np.int64)
    attempt = np.concatenate([kept, kept[later]])
    what, at = np.concatenate([what, then]), np.concatenate([at, then_at])
    known = at < calendar.end_ms(people.zones[attempts.workspace[attempt]])
    return Outcomes(attempt[known], what[known], at[known])
