"""All good rows of generated runs, indexed for counting.

Nothing is counted here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from histories.attempts import unit_of
from histories.cast import Row
from histories.generate import RunDeliveries
from oracle.contract import KEYS, completed
from oracle.known import local_date, newest, zone_of

Key = tuple[str, ...]


@dataclass(frozen=True)
class Delivery:
    """One good line: its row with the contract's defaults, and the run and file that delivered it."""

    feed: str
    row: Row
    run: int
    file: str

    @property
    def key(self) -> Key:
        return tuple(self.row[column] for column in KEYS[self.feed])


class Deliveries:
    """The deliveries of a set of runs; days are local days in the zone that is newest at the end."""

    def __init__(self, runs: Sequence[RunDeliveries]) -> None:
        self.runs = runs
        self.by_key: dict[str, dict[Key, list[Delivery]]] = defaultdict(lambda: defaultdict(list))
        for delivery in _good(runs):
            self.by_key[delivery.feed][delivery.key].append(delivery)
        self.workspaces = newest("workspaces", rows_up_to(runs, len(runs)).get("workspaces", ()))
        self.units: dict[object, list[Delivery]] = defaultdict(list)
        for event in self.first("generation_events"):
            self.units[event.row["workspace_id"], unit_of(event.row)].append(event)

    def first(self, feed: str) -> list[Delivery]:
        """The first delivery of each key of a feed."""
        return [same[0] for same in self.by_key[feed].values()]

    def unit(self, event: Delivery) -> list[Delivery]:
        """The generations of the event's unit, itself among them."""
        return self.units[event.row["workspace_id"], unit_of(event.row)]

    def event_of(self, delivery: Delivery) -> Delivery | None:
        """The event that an outcome or retraction names; None if it is never delivered."""
        found = self.by_key["generation_events"].get((delivery.row["source"], delivery.row["event_id"]))
        return found[0] if found else None

    def zone(self, workspace_id: str) -> ZoneInfo:
        return zone_of(self.workspaces, workspace_id)

    def day(self, workspace_id: str, instant: datetime) -> date:
        return local_date(instant, self.zone(workspace_id))

    def as_of(self, delivery: Delivery) -> date:
        """The as_of of the run that the row was delivered for."""
        return self.runs[delivery.run].as_of

    def is_late(self, delivery: Delivery, day: date) -> bool:
        """Whether an earlier run has already reported that day."""
        return any(run.as_of >= day for run in self.runs[: delivery.run])


def rows_up_to(runs: Sequence[RunDeliveries], count: int) -> dict[str, list[Row]]:
    """The good rows of the first runs by feed, as the oracle takes them; a run is a batch."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for delivery in _good(runs[:count]):
        rows[delivery.feed].append({**delivery.row, "batch_id": delivery.run + 1})
    return rows


def _good(runs: Sequence[RunDeliveries]) -> Iterator[Delivery]:
    for run, delivered in enumerate(runs):
        for name, lines in delivered.files.items():
            for line in lines:
                if line.row is not None:
                    yield Delivery(line.feed, completed(line.feed, line.row), run, name)
