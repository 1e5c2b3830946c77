"""The run context that every step gets: as_of, rebuild or not, and the lock of the data directory.

Paths do not belong here: they are in settings.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
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

# a month is reported again until it is closed
_DAYS_BACK = 35


class ShrinkRefused(RuntimeError):
    """A version that lacks what is served is not published unless it is asked for."""


class RunContext(dg.ConfigurableResource):
    """The parameters of one run, and its lock of the data directory.

    Attributes:
        as_of: last local date to report, YYYY-MM-DD; empty for the newest that has ended at `now`
            in the time zone of every workspace. Later events are loaded but not reported.
        now: when the run was due, an instant with offset; needed where as_of is empty.
        full_refresh: rebuild the working warehouse from the lake.
        is_loading: whether new deliveries are loaded; if not, the landing folder is not read, and raw is
            not written.
        allow_shrink: publish also what has no workspace at all, or ends over 35 days before the served
            version, over a version that has some; without it the run fails and the served version stays.
        is_future_refused: whether as_of must have ended at `now`, as one that is chosen here has.
        data_dir: the data directory that the run locks.
    """

    data_dir: str
    as_of: str = ""
    now: str = ""
    full_refresh: bool = False
    is_loading: bool = True
    is_future_refused: bool = False
    allow_shrink: bool = False
    _day: date | None = PrivateAttr(default=None)
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
        if self._day is None:
            self._day = self._day_to_report(warehouse)
        return self._day

    def _day_to_report(self, warehouse: Warehouse) -> date:
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
        return newest_complete_day(datetime.fromisoformat(self.now), workspace_timezones(warehouse))

    def refuse_older(self, as_of: date, served: RunState | None) -> None:
        """Refuse a report that goes far back, over the one that is served, unless that is allowed.

        Raises:
            ShrinkRefused: naming both days.
        """
        if self.allow_shrink or served is None or as_of >= served.as_of - timedelta(days=_DAYS_BACK):
            return
        raise ShrinkRefused(
            f"a run may go back at most {_DAYS_BACK} days from what is served; it reports up to {as_of}, and "
            f"{served.as_of} is served. Leave --as-of out, or add --allow-shrink if it is meant."
        )

    def refuse_empty(self, workspaces: int, served_workspaces: int) -> None:
        """Refuse a version without any workspace over one that has some, unless that is allowed.

        Raises:
            ShrinkRefused: saying how many are served.
        """
        if self.allow_shrink or workspaces or not served_workspaces:
            return
        raise ShrinkRefused(
            f"the new version would have no workspace, and the served one has {served_workspaces:,}. Check "
            "the landing folder and --as-of, or add --allow-shrink if it is meant."
        )

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
