"""The run context that every step gets: as_of, rebuild or not, and the lock of the data directory.

Paths do not belong here: they are in settings.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from orchestration.lake.lake import Lake
from orchestration.runs.lock import lock
from orchestration.runs.people import definitions_now
from orchestration.settings import Settings
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.reporting_date import newest_complete_day, require_complete_day
from orchestration.warehouse.run_state import RunState, begin, begin_once, is_unchanged
from orchestration.warehouse.timezones import workspace_timezones


class RunContext(dg.ConfigurableResource):
    """The parameters of one run, and its lock of the data directory.

    Attributes:
        as_of: last local date to report, YYYY-MM-DD; empty for the newest that has ended at `now`
            in the time zone of every workspace. Later events are loaded but not reported.
        now: when the run was due, an instant with offset; needed where as_of is empty.
        full_refresh: rebuild the working warehouse from the lake.
        is_loading: whether new deliveries are loaded; if not, the landing folder is not read, and raw is
            not written.
        is_future_refused: whether as_of must have ended at `now`, as one that is chosen here has.
        data_dir: the data directory that the run locks.
    """

    data_dir: str
    as_of: str = ""
    now: str = ""
    full_refresh: bool = False
    is_loading: bool = True
    is_future_refused: bool = False
    _newest_complete_day: date | None = PrivateAttr(default=None)
    _definitions: str = PrivateAttr(default="")
    _has_new_tables: bool = PrivateAttr(default=False)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["RunContext"]:
        with lock(Path(self.data_dir)):
            yield self

    def as_of_date(self, warehouse: Warehouse) -> date:
        """The last local date to report; known once raw is loaded.

        Raises:
            ValueError: neither as_of nor now was given.
            IncompleteDay: as_of has not ended yet, and is refused then.
        """
        if self.as_of:
            given = date.fromisoformat(self.as_of)
            if self.is_future_refused:
                require_complete_day(
                    given, now=datetime.fromisoformat(self.now), timezones=workspace_timezones(warehouse)
                )
            return given
        if not self.now:
            raise ValueError(
                "a run needs `as_of` (YYYY-MM-DD) or `now` (an instant with offset) in the configuration "
                "of the resource `run`; both are empty"
            )
        if self._newest_complete_day is None:
            timezones = workspace_timezones(warehouse)
            self._newest_complete_day = newest_complete_day(datetime.fromisoformat(self.now), timezones)
        return self._newest_complete_day

    def run_state(self, warehouse: Warehouse, lake: Lake, settings: Settings) -> RunState:
        """The state this run builds, once raw is loaded."""
        # read once: what a run completes is of the definitions that it began with
        self._definitions = self._definitions or definitions_now(lake, settings)
        return RunState(
            batch_id=lake.newest_batch, as_of=self.as_of_date(warehouse), definitions=self._definitions
        )

    def is_unchanged(self, warehouse: Warehouse, lake: Lake, settings: Settings) -> bool:
        """Whether tables that earlier steps do not change are as the last complete run left them."""
        run_state = self.run_state(warehouse, lake, settings)
        if is_unchanged(warehouse, run_state):
            return True
        # a step on its own builds what the next whole run must not take for that of the last
        begin_once(warehouse, run_state)
        return False

    @property
    def has_new_tables(self) -> bool:
        """Whether a Python step wrote other tables though nothing was delivered and the day is the same."""
        return self._has_new_tables

    def write_new_tables(self, warehouse: Warehouse, lake: Lake, settings: Settings) -> None:
        """Have everything downstream built, in this run or by a rebuild in the next one if this is killed."""
        self._has_new_tables = True
        run_state = self.run_state(warehouse, lake, settings)
        begin(warehouse, replace(run_state, definitions=f"{run_state.definitions} with new tables"))
