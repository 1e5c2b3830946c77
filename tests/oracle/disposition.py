"""The disposition of every credit: the ten rules, first match wins, and the flags.

No sums here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from oracle.episodes import MATURITY, REJECTED, USED, Episode, current_outcome, episodes_by_attempt
from oracle.known import EventKey, Generation, Known

EXCESS_ATTEMPTS = 3
LOW_QUALITY_SCORE = Decimal("0.6")
UNNEEDED_EPISODES = 10
UNNEEDED_WINDOW = timedelta(days=90)

DISPOSITIONS = ("used", "iterated", "wasted", "pending", "untracked")

Segment = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One reported generation with its classification. Attempt fields are None if it failed."""

    generation: Generation
    episode: Episode | None
    attempt_number: int | None
    attempt_count: int | None
    current_outcome: str | None
    disposition: str
    waste_reason: str | None
    is_tracked: bool
    is_failed: bool
    is_rejected: bool
    is_excess_regeneration: bool
    is_low_quality_draft: bool
    is_unused: bool


def facts_of(known: Known) -> list[Fact]:
    """Return the classified generations, in order of time."""
    episodes_of = episodes_by_attempt(known)
    tracked = {g.workspace_id for g in known.generations if known.outcomes.get(g.key)}
    unneeded = unneeded_segments(episodes_of, known.as_of)
    return [
        _fact(generation, episodes_of.get(generation.key), known, tracked, unneeded)
        for generation in known.generations
    ]


def segment_of(generation: Generation) -> Segment:
    """Return (workspace, category, generation type)."""
    return generation.workspace_id, generation.product_category, generation.generation_type


def unneeded_segments(episodes_of: Mapping[EventKey, tuple[Episode, int]], as_of: date) -> set[Segment]:
    """At least 10 mature episodes in the last 90 days and not one used generation in them.

    An episode's category, and its day, are those of its last attempt.
    """
    episodes: dict[Segment, list[Episode]] = defaultdict(list)
    for episode, attempt_number in episodes_of.values():
        if attempt_number != 1:
            continue  # each episode once
        last = episode.attempts[-1]
        if episode.is_mature and last.usage_date > as_of - UNNEEDED_WINDOW:
            episodes[segment_of(last)].append(episode)
    return {
        segment
        for segment, found in episodes.items()
        if len(found) >= UNNEEDED_EPISODES and not any(episode.used_keys for episode in found)
    }


def is_thrown_away(generation: Generation, episode: Episode) -> bool:
    """A later attempt of the same episode exists, or another attempt of the episode is used."""
    return generation is not episode.attempts[-1] or bool(episode.used_keys - {generation.key})


def _fact(
    generation: Generation,
    attempt: tuple[Episode, int] | None,
    known: Known,
    tracked: set[str],
    unneeded: set[Segment],
) -> Fact:
    episode, number = attempt if attempt else (None, None)
    count = len(episode.attempts) if episode else None
    thrown_away = episode is not None and is_thrown_away(generation, episode)
    outcome = current_outcome(known.outcomes.get(generation.key, ()))
    score = generation.quality_score
    is_failed = generation.status != "succeeded"
    is_rejected = outcome in REJECTED
    is_used = outcome in USED
    is_excess = thrown_away and (number or 0) >= 2 and (count or 0) >= EXCESS_ATTEMPTS
    is_low_quality = thrown_away and number == 1 and score is not None and score < LOW_QUALITY_SCORE
    is_tracked = generation.workspace_id in tracked
    is_recent = generation.usage_date > known.as_of - MATURITY
    rules = (
        (is_failed, "wasted", "failed_generation"),
        (is_rejected, "wasted", "rejected_content"),
        (is_used, "used", None),
        (is_excess, "wasted", "excess_regeneration"),
        (is_low_quality, "wasted", "low_quality_draft"),
        (thrown_away, "iterated", None),
        (not is_tracked, "untracked", None),
        (is_recent, "pending", None),
        (segment_of(generation) in unneeded, "wasted", "unneeded_field"),
        (True, "wasted", "unused_content"),
    )
    disposition, reason = next((name, reason) for is_met, name, reason in rules if is_met)
    is_unused = not is_failed and is_tracked and not is_recent and not is_used
    return Fact(
        *(generation, episode, number, count, outcome, disposition, reason, is_tracked),
        *(is_failed, is_rejected, is_excess, is_low_quality, is_unused),
    )
