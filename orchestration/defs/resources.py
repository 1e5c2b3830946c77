"""What the steps are handed: what this night is told, and who may write.

Where things lie does not belong here: that is settings.py.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from orchestration.complete_day import newest_complete_day
from orchestration.lock_holder import LOCK_NAME, holder_of
from orchestration.publish.kept import stand_of
from orchestration.settings import Settings
from orchestration.warehouse.increment import VERSION_FILE, Stand, definitions_of
from orchestration.warehouse.interface import Warehouse
from orchestration.warehouse.lake import Lake
from orchestration.warehouse.pseudonyms import Pseudonyms
from orchestration.warehouse.timezones import workspace_timezones


class Busy(RuntimeError):
    """Another run holds the lock of this data directory."""


_held: set[Path] = set()


@contextmanager
def lock(data_dir: Path) -> Iterator[None]:
    """Hold the data directory alone; the system frees it when the process ends, however it ends.

    A process that holds it already may ask again.

    Raises:
        Busy: another run holds it; the message names it.
    """
    if data_dir in _held:
        yield
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / LOCK_NAME).open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            held.seek(0)
            raise Busy(
                f"one run at a time: {data_dir} is held by {held.read().strip() or 'another run'}; "
                "wait for it to end, then start again"
            ) from error
        held.truncate(0)
        held.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
        held.flush()
        _held.add(data_dir)
        try:
            yield
        finally:
            _held.discard(data_dir)


def is_held(data_dir: Path) -> bool:
    """Whether a run holds the data directory now; not this process, which may ask again."""
    return data_dir not in _held and holder_of(data_dir) is not None


class Night(dg.ConfigurableResource):
    """What one nightly run is told, and its hold on the data directory.

    Attributes:
        as_of: last local date to report, YYYY-MM-DD; empty for the newest that has ended at `now`
            in the time zone of every workspace. Later events are loaded but not reported.
        now: when the run was due, an instant with offset; needed where as_of is empty.
        full_refresh: rebuild the working warehouse from the lake instead of using what is there.
        is_loading: whether what is new in the landing folder is loaded; if not, nobody looks there, and raw
            is only read.
        data_dir: the data directory the run holds alone.
    """

    data_dir: str
    as_of: str = ""
    now: str = ""
    full_refresh: bool = False
    is_loading: bool = True
    _newest_complete_day: date | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Night"]:
        with lock(Path(self.data_dir)):
            yield self

    def as_of_date(self, warehouse: Warehouse) -> date:
        """The last local date to report; known once raw is loaded.

        Raises:
            ValueError: neither as_of nor now was given.
        """
        if self.as_of:
            return date.fromisoformat(self.as_of)
        if not self.now:
            raise ValueError(
                "a run needs `as_of` (YYYY-MM-DD) or `now` (an instant with offset) in the configuration "
                "of the resource `night`; both are empty"
            )
        if self._newest_complete_day is None:
            timezones = workspace_timezones(warehouse)
            self._newest_complete_day = newest_complete_day(datetime.fromisoformat(self.now), timezones)
        return self._newest_complete_day

    def stand(self, warehouse: Warehouse, lake: Lake, settings: Settings) -> Stand:
        """What this run knows, once raw is loaded."""
        return Stand(
            batch_id=lake.newest_batch,
            as_of=self.as_of_date(warehouse),
            definitions=definitions_now(lake, settings),
        )


def definitions_now(lake: Lake, settings: Settings) -> str:
    """What every number means now, and how people are called."""
    return definitions_of(settings.definition_files, people=people_now(lake, settings))


def people_now(lake: Lake, settings: Settings) -> str:
    """How people are called now: who is forgotten, and by which secret the others; empty if all by ids."""
    pseudonyms = pseudonyms_of(settings)
    parts = [lake.forgotten.fingerprint, pseudonyms.fingerprint if pseudonyms else ""]
    return ".".join(part or "0" for part in parts) if any(parts) else ""


def pseudonyms_of(settings: Settings) -> Pseudonyms | None:
    """What people are called by; None if by their ids and names."""
    return Pseudonyms(settings.pseudonym_secret) if settings.pseudonymise else None


class NamesByAccident(RuntimeError):
    """What is published has pseudonyms, and this run was not told whether to keep them."""


def refuse_names_by_accident(settings: Settings) -> None:
    """Raise if this run would publish names in place of pseudonyms only because nobody told it otherwise."""
    stand = stand_of(settings.published_dir)
    is_unknown = stand is None and (settings.published_dir / VERSION_FILE).exists()
    if is_unknown and settings.pseudonymise is None:
        raise NamesByAccident(
            f"{settings.published_dir / VERSION_FILE} cannot be read, so that it is not known whether people "
            "have pseudonyms. Set CREDITS_PSEUDONYMISE to 1, with the secret, or to 0 to publish names."
        )
    had_pseudonyms = stand is not None and stand.people.partition(".")[2] not in ("", "0")
    if had_pseudonyms and settings.pseudonymise is None:
        raise NamesByAccident(
            "people keep their pseudonyms until a run is told otherwise; what is published has them, and "
            "CREDITS_PSEUDONYMISE is not set. Set it to 1, with the secret, or to 0 to publish names."
        )
