"""Attempts and episodes of each content unit, and the current outcome of each generation.

Whether credits were wasted is not decided here.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from oracle.contract import Row
from oracle.known import EventKey, Generation, Known, Unit

EPISODE_GAP = timedelta(hours=7 * 24)
MATURITY = timedelta(days=14)
USED = frozenset({"accepted", "edited", "published"})
REJECTED = frozenset({"rejected", "discarded"})


@dataclass(frozen=True, eq=False)
class Attempt:
    """The variants of one request, in their order; it stands where and when the first does."""

    variants: tuple[Generation, ...]
    is_used: bool

    @property
    def first(self) -> Generation:
        """Return its first variant."""
        return self.variants[0]

    @property
    def quality_score(self) -> Fraction | None:
        """Return the mean over its scored variants."""
        scores = [Fraction(each.quality_score) for each in self.variants if each.quality_score is not None]
        return sum(scores, Fraction(0)) / len(scores) if scores else None


@dataclass(frozen=True, eq=False)
class Episode:
    """A run of attempts on one unit; `number` counts the unit's episodes from 1."""

    number: int
    attempts: tuple[Attempt, ...]
    is_mature: bool

    @property
    def is_first_pass(self) -> bool:
        """Its first attempt was used and it has one attempt."""
        return len(self.attempts) == 1 and self.attempts[0].is_used


def current_outcome(outcomes: Sequence[Row]) -> str | None:
    """Return the newest, by (occurred_at, outcome_id), of the used and rejected outcomes."""
    deciding = [row for row in outcomes if row["outcome"] in USED | REJECTED]
    if not deciding:
        return None
    return str(max(deciding, key=lambda row: (row["occurred_at"], row["outcome_id"]))["outcome"])


def is_used(generation: Generation, known: Known) -> bool:
    """Is its current outcome accepted, edited or published?"""
    return current_outcome(known.outcomes.get(generation.key, ())) in USED


def episodes_by_attempt(known: Known) -> dict[EventKey, tuple[Episode, int]]:
    """Return the episode and the attempt_number (from 1) of every attempt.

    Failed generations are not attempts, nor are those without a product.
    """
    units: dict[Unit, list[Generation]] = defaultdict(list)
    for generation in known.generations:
        if generation.status == "succeeded" and generation.unit is not None:
            units[generation.unit].append(generation)
    episode_of: dict[EventKey, tuple[Episode, int]] = {}
    for generations in units.values():
        in_order = attempts_of(generations, known)
        for number, run in enumerate(split_into_episodes(in_order, known.outcomes), start=1):
            episode = Episode(
                number=number,
                attempts=tuple(run),
                # Mature: its last attempt's usage_date is at or before as_of - maturity_days.
                is_mature=run[-1].first.usage_date <= known.as_of - MATURITY,
            )
            for attempt_number, attempt in enumerate(run, start=1):
                for variant in attempt.variants:
                    episode_of[variant.key] = episode, attempt_number
    return episode_of


def attempts_of(generations: Sequence[Generation], known: Known) -> list[Attempt]:
    """Return one unit's attempts in attempt order: those of one source and request are one."""
    requests: dict[tuple[str, str, bool], list[Generation]] = defaultdict(list)
    for generation in sorted(generations, key=lambda each: each.attempt_order):
        is_alone = generation.request_id is None
        request_id = generation.event_id if generation.request_id is None else generation.request_id
        requests[generation.source, request_id, is_alone].append(generation)
    attempts = [
        Attempt(tuple(variants), any(is_used(each, known) for each in variants))
        for variants in requests.values()
    ]
    return sorted(attempts, key=lambda attempt: attempt.first.attempt_order)


def split_into_episodes(
    attempts: Sequence[Attempt], outcomes: Mapping[EventKey, Sequence[Row]]
) -> list[list[Attempt]]:
    """Split one unit's attempts, in attempt order, at every attempt that opens a new episode."""
    runs: list[list[Attempt]] = []
    used_at: list[datetime] = []  # used outcomes of all earlier attempts of the unit, in order of time
    for attempt in attempts:
        if not runs:
            is_new = True
        else:
            previous_at, this_at = runs[-1][-1].first.occurred_at, attempt.first.occurred_at
            is_new = this_at - previous_at > EPISODE_GAP or _any_within(used_at, previous_at, this_at)
        if is_new:
            runs.append([])
        runs[-1].append(attempt)
        for variant in attempt.variants:
            for row in outcomes.get(variant.key, ()):
                if row["outcome"] in USED:
                    insort(used_at, row["occurred_at"])
    return runs


def _any_within(instants: Sequence[datetime], first: datetime, last: datetime) -> bool:
    """Is any of the sorted instants in [first, last], both ends included?"""
    position = bisect_left(instants, first)
    return position < len(instants) and instants[position] <= last
