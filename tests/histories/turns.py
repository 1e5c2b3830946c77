"""What turns in the figures from one night to the next, by the oracle: rules on and off, days that empty.

The deliveries themselves are counted in usage_situations.py and other_situations.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

from histories.deliveries import rows_up_to
from histories.generate import NightDeliveries
from oracle.disposition import Fact, Segment, facts_of, unneeded_segments
from oracle.episodes import episodes_by_attempt
from oracle.known import EventKey, Known, what_is_known


@dataclass(frozen=True)
class State:
    """What holds after one night, and who had anything delivered for it."""

    known: Known
    facts: dict[EventKey, Fact]
    delivered_to: frozenset[str]

    @cached_property
    def unneeded(self) -> set[Segment]:
        return unneeded_segments(episodes_by_attempt(self.known), self.known.as_of)

    @cached_property
    def tracked(self) -> set[str]:
        return {fact.generation.workspace_id for fact in self.facts.values() if fact.is_tracked}

    @cached_property
    def days(self) -> set[tuple[str, date]]:
        return {(fact.generation.workspace_id, fact.generation.usage_date) for fact in self.facts.values()}


def turns_of(nights: Sequence[NightDeliveries]) -> Iterator[str]:
    """Every turn between consecutive nights."""
    states = [_state(nights, night) for night in range(len(nights))]
    for before, after in pairwise(states):
        yield from ["turn: a field becomes unneeded"] * len(after.unneeded - before.unneeded)
        yield from ["turn: a field is unneeded no longer"] * len(before.unneeded - after.unneeded)
        yield from ["turn: a workspace becomes outcome-tracked"] * len(after.tracked - before.tracked)
        seen_workspaces = {workspace_id for workspace_id, _ in after.days}
        untracked = (before.tracked - after.tracked) & seen_workspaces
        yield from ["turn: a workspace is outcome-tracked no longer"] * len(untracked)
        if after.known.as_of >= before.known.as_of:
            yield from ["turn: a day becomes empty"] * len(before.days - after.days)
        for key in before.facts.keys() & after.facts.keys():
            yield from _of_fact(before.facts[key], after.facts[key], after)


def _of_fact(before: Fact, after: Fact, state: State) -> Iterator[str]:
    workspace_id = after.generation.workspace_id
    if before.disposition == "pending" and after.disposition not in ("pending", "untracked"):
        yield "turn: pending matures"
        if workspace_id not in state.delivered_to:
            yield "turn: pending matures though nothing is delivered"
    if before.generation.usage_date != after.generation.usage_date:
        yield "turn: a usage_date moves"
    if before.generation.product_category != after.generation.product_category:
        yield "turn: a category changes after the event"
    if before.attempt_number != after.attempt_number:
        yield "turn: an attempt is renumbered"
    if before.episode and after.episode and before.episode.number != after.episode.number:
        yield "turn: an episode is renumbered"
    if before.current_outcome and after.current_outcome and before.is_rejected != after.is_rejected:
        yield "turn: the current outcome turns between used and rejected"
    if (before.disposition, before.waste_reason) != (after.disposition, after.waste_reason):
        yield "turn: a disposition changes"


def _state(nights: Sequence[NightDeliveries], night: int) -> State:
    known = what_is_known(rows_up_to(nights, night + 1), nights[night].as_of)
    # a whole file again is no news to anyone
    new_files = [lines for name, lines in nights[night].files.items() if "-again-" not in name]
    delivered_to = frozenset(_workspace_of(line.row) for lines in new_files for line in lines if line.row)
    return State(known, {fact.generation.key: fact for fact in facts_of(known)}, delivered_to)


def _workspace_of(row: dict[str, object]) -> str:
    """Outcomes and retractions name none, but ids begin with the workspace they are of."""
    return str(row.get("workspace_id") or str(row["event_id"]).split("-")[0])
