"""The disposition of every credit: the rules, first match wins, and the flags.

No sums here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from oracle.episodes import (
    MATURITY,
    REJECTED,
    USED,
    Attempt,
    Episode,
    current_outcome,
    episodes_by_attempt,
)
from oracle.known import EventKey, Generation, Known

EXCESS_ATTEMPTS = 3
LOW_QUALITY_SCORE = Decimal("0.6")
UNNEEDED_EPISODES = 10
UNNEEDED_WINDOW = timedelta(days=90)

DISPOSITIONS = ("used", "iterated", "wasted", "pending", "untracked", "refunded")

Segment = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One reported generation with its classification. Attempt fields are None if it failed."""

    generation: Generation
    episode: Episode | None
    attempt_number: int | None
    attempt_count: int | None
    is_first_variant: bool
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
    for key, (episode, _) in episodes_of.items():
        if key != episode.attempts[0].first.key:
            continue  # each episode once, however many variants its first attempt has
        last = episode.attempts[-1].first
        if episode.is_mature and last.usage_date > as_of - UNNEEDED_WINDOW:
            episodes[segment_of(last)].append(episode)
    return {
        segment
        for segment, found in episodes.items()
        if len(found) >= UNNEEDED_EPISODES
        and not any(attempt.is_used for episode in found for attempt in episode.attempts)
    }


def is_thrown_away(attempt: Attempt, episode: Episode) -> bool:
    """A later attempt of the same episode exists, or another attempt of the episode is used."""
    others = (other for other in episode.attempts if other is not attempt)
    return attempt is not episode.attempts[-1] or any(other.is_used for other in others)


def _fact(
    generation: Generation,
    place: tuple[Episode, int] | None,
    known: Known,
    tracked: set[str],
    unneeded: set[Segment],
) -> Fact:
    episode, number = place if place else (None, None)
    count = len(episode.attempts) if episode else None
    attempt = episode.attempts[number - 1] if episode and number else None
    thrown_away = bool(episode and attempt and is_thrown_away(attempt, episode))
    outcomes = known.outcomes.get(generation.key, ())
    outcome = current_outcome(outcomes)
    score = generation.quality_score
    is_failed = generation.status != "succeeded"
    is_rejected = outcome in REJECTED
    is_used = outcome in USED
    is_excess = thrown_away and (number or 0) >= 2 and (count or 0) >= EXCESS_ATTEMPTS
    is_low_quality = thrown_away and number == 1 and score is not None and score < LOW_QUALITY_SCORE
    is_tracked = generation.workspace_id in tracked
    is_recent = generation.usage_date > known.as_of - MATURITY
    has_product = generation.product_id is not None
    rules = (
        (0 < generation.credits <= generation.refunded, "refunded", None),
        (is_failed, "wasted", "failed_generation"),
        (attempt is not None and attempt.is_used and not is_used, "iterated", None),
        (is_rejected, "wasted", "rejected_content"),
        (is_used, "used", None),
        (is_excess, "wasted", "excess_regeneration"),
        (is_low_quality, "wasted", "low_quality_draft"),
        (thrown_away, "iterated", None),
        (not is_tracked or (not has_product and not outcomes), "untracked", None),
        (is_recent, "pending", None),
        (has_product and segment_of(generation) in unneeded, "wasted", "unneeded_field"),
        (True, "wasted", "unused_content"),
    )
    disposition, reason = next((name, reason) for is_met, name, reason in rules if is_met)
    is_unused = not is_failed and is_tracked and not is_recent and not is_used
    return Fact(
        *(generation, episode, number, count),
        attempt is not None and generation is attempt.first,
        *(outcome, disposition, reason, is_tracked),
        *(is_failed, is_rejected, is_excess, is_low_quality, is_unused),
    )
