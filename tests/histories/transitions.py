"""What changes in the figures from one run to the next, by the oracle: rules on and off, days that empty.

The deliveries themselves are counted in usage_situations.py and other_situations.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

from histories.deliveries import rows_up_to
from histories.generate import RunDeliveries
from oracle.disposition import Fact, Segment, facts_of, unneeded_segments
from oracle.episodes import episodes_by_attempt
from oracle.known import EventKey, Known, what_is_known


@dataclass(frozen=True)
class State:
    """What is known after one run, and which workspaces had new deliveries."""

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


def transitions_of(runs: Sequence[RunDeliveries]) -> Iterator[str]:
    """Every transition between consecutive runs."""
    states = [_state(runs, run) for run in range(len(runs))]
    for before, after in pairwise(states):
        yield from ["transition: a field becomes unneeded"] * len(after.unneeded - before.unneeded)
        yield from ["transition: a field is no longer unneeded"] * len(before.unneeded - after.unneeded)
        yield from ["transition: a workspace becomes outcome-tracked"] * len(after.tracked - before.tracked)
        seen_workspaces = {workspace_id for workspace_id, _ in after.days}
        untracked = (before.tracked - after.tracked) & seen_workspaces
        yield from ["transition: a workspace is no longer outcome-tracked"] * len(untracked)
        if after.known.as_of >= before.known.as_of:
            yield from ["transition: a day becomes empty"] * len(before.days - after.days)
        for key in before.facts.keys() & after.facts.keys():
            yield from _of_fact(before.facts[key], after.facts[key], after)


def _of_fact(before: Fact, after: Fact, state: State) -> Iterator[str]:
    workspace_id = after.generation.workspace_id
    if before.disposition == "pending" and after.disposition not in ("pending", "untracked"):
        yield "transition: pending matures"
        if workspace_id not in state.delivered_to:
            yield "transition: pending matures though nothing is delivered"
    if before.generation.usage_date != after.generation.usage_date:
        yield "transition: a usage_date moves"
    if before.generation.product_category != after.generation.product_category:
        yield "transition: a category changes after the event"
    if before.attempt_number != after.attempt_number:
        yield "transition: an attempt is renumbered"
    if before.episode and after.episode and before.episode.number != after.episode.number:
        yield "transition: an episode is renumbered"
    if before.current_outcome and after.current_outcome and before.is_rejected != after.is_rejected:
        yield "transition: the current outcome changes between used and rejected"
    if (before.disposition, before.waste_reason) != (after.disposition, after.waste_reason):
        yield "transition: a disposition changes"


def _state(runs: Sequence[RunDeliveries], run: int) -> State:
    known = what_is_known(rows_up_to(runs, run + 1), runs[run].as_of)
    # a repeated file delivers nothing new
    new_files = [lines for name, lines in runs[run].files.items() if "-again-" not in name]
    delivered_to = frozenset(_workspace_of(line.row) for lines in new_files for line in lines if line.row)
    return State(known, {fact.generation.key: fact for fact in facts_of(known)}, delivered_to)


def _workspace_of(row: dict[str, object]) -> str:
    """Outcomes and retractions name no workspace, but their event ids begin with it."""
    return str(row.get("workspace_id") or str(row["event_id"]).split("-")[0])
