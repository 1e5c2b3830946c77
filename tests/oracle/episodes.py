"""Attempts and episodes of each content unit, and the current outcome of each generation.

Whether credits were wasted is not decided here.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oracle.contract import Row
from oracle.known import EventKey, Generation, Known, Unit

EPISODE_GAP = timedelta(hours=7 * 24)
MATURITY = timedelta(days=14)
USED = frozenset({"accepted", "edited", "published"})
REJECTED = frozenset({"rejected", "discarded"})


@dataclass(frozen=True, eq=False)
class Episode:
    """A run of attempts on one unit; `number` counts the unit's episodes from 1."""

    number: int
    attempts: tuple[Generation, ...]
    used_keys: frozenset[EventKey]
    is_mature: bool

    @property
    def is_first_pass(self) -> bool:
        """Its first attempt was used and it has one attempt."""
        return len(self.attempts) == 1 and self.attempts[0].key in self.used_keys


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

    Failed generations are not attempts.
    """
    units: dict[Unit, list[Generation]] = defaultdict(list)
    for generation in known.generations:
        if generation.status == "succeeded":
            units[generation.unit].append(generation)
    episode_of: dict[EventKey, tuple[Episode, int]] = {}
    for attempts in units.values():
        in_order = sorted(attempts, key=lambda attempt: attempt.attempt_order)
        for number, run in enumerate(split_into_episodes(in_order, known.outcomes), start=1):
            episode = Episode(
                number=number,
                attempts=tuple(run),
                used_keys=frozenset(a.key for a in run if is_used(a, known)),
                # Mature: its last attempt's usage_date is at or before as_of - maturity_days.
                is_mature=run[-1].usage_date <= known.as_of - MATURITY,
            )
            for attempt_number, attempt in enumerate(run, start=1):
                episode_of[attempt.key] = episode, attempt_number
    return episode_of


def split_into_episodes(
    attempts: Sequence[Generation], outcomes: Mapping[EventKey, Sequence[Row]]
) -> list[list[Generation]]:
    """Split one unit's attempts, in attempt order, at every attempt that opens a new episode."""
    runs: list[list[Generation]] = []
    used_at: list[datetime] = []  # used outcomes of all earlier attempts of the unit, in order of time
    for attempt in attempts:
        if not runs:
            is_new = True
        else:
            previous_at, this_at = runs[-1][-1].occurred_at, attempt.occurred_at
            is_new = this_at - previous_at > EPISODE_GAP or _any_within(used_at, previous_at, this_at)
        if is_new:
            runs.append([])
        runs[-1].append(attempt)
        for row in outcomes.get(attempt.key, ()):
            if row["outcome"] in USED:
                insort(used_at, row["occurred_at"])
    return runs


def _any_within(instants: Sequence[datetime], first: datetime, last: datetime) -> bool:
    """Is any of the sorted instants in [first, last], both ends included?"""
    position = bisect_left(instants, first)
    return position < len(instants) and instants[position] <= last
