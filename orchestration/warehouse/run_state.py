"""The state of a run: the batches, as_of and definitions a warehouse or published version was built from.

What a run recomputes is decided from it in dbt_project/macros/increments.sql, not here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import duckdb
import pandas as pd

from orchestration.warehouse.protocol import Warehouse

VERSION_FILE = "version.json"
_RUNS = "state.runs"
_SIZES = "state.table_sizes"
_SIZE_ROWS = """
    select cast(table_name as varchar) as table_name, cast(table_size as bigint) as table_size from frame
"""
_ROWS = """
    select
        cast(batch_id as bigint) as batch_id, cast(as_of as date) as as_of,
        cast(definitions as varchar) as definitions, cast(is_complete as boolean) as is_complete
    from frame
"""


@dataclass(frozen=True)
class RunState:
    """What a warehouse or a published version was built from.

    Attributes:
        batch_id: newest batch of the lake.
        as_of: last local date reported.
        definitions: fingerprint of every formula and variable; after a point for each source, that of its
            mapping and rates; and after a dash, if needed, of who is erased and of the pseudonyms.
    """

    batch_id: int
    as_of: date
    definitions: str

    @property
    def formulas(self) -> str:
        """The fingerprint of formulas, variables and mappings."""
        return self.definitions.partition("-")[0]

    @property
    def people(self) -> str:
        """The fingerprint of erased people and pseudonyms: whether two versions name people alike."""
        return self.definitions.partition("-")[2]

    def write(self, folder: Path, *, presentation: str) -> None:
        """Write it into the folder of a published version, with the fingerprint of how that is presented."""
        state = asdict(self) | {"presentation": presentation}
        (folder / VERSION_FILE).write_text(json.dumps(state, default=str) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> RunState | None:
        """Read it from the folder of a published version; None if there is none."""
        file = folder / VERSION_FILE
        if not file.exists():
            return None
        state = json.loads(file.read_text(encoding="utf-8"))
        return cls(state["batch_id"], date.fromisoformat(state["as_of"]), state["definitions"])


def definitions_of(
    files: Iterable[Path], *, tag_keys: Iterable[str] = (), sources: str = "", people: str = ""
) -> str:
    """A fingerprint of the files that define every number, of the sources, and of how people are named.

    Args:
        files: those that define numbers.
        tag_keys: keys of attributes that are tags.
        sources: for each source, a point, 8 digits of its name, and a fingerprint of its mapping; then, after
            a tilde, what else its rows depend on, which is no definition.
        people: how people are named.
    """
    # the warehouse keeps hashes, which DuckDB promises within one release only
    digest = sha256(duckdb.__version__.encode())
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    for key in tag_keys:
        digest.update(b"tag\0" + key.encode() + b"\0")
    return digest.hexdigest() + sources + (f"-{people}" if people else "")


def is_redefined(before: str, now: str) -> bool:
    """Whether formulas or the mapping of a source changed; a source that is new redefines nothing."""
    (formulas, *known), (formulas_now, *known_now) = (
        text.partition("~")[0].split(".") for text in (before, now)
    )
    return formulas != formulas_now or not set(known) <= set(known_now)


def is_of(warehouse: Warehouse, *, definitions: str, newest_batch: int) -> bool:
    """Whether the warehouse was built with these definitions, from this lake or an earlier state of it."""
    if not warehouse.has_table(_RUNS):
        return False
    runs = warehouse.query(f"select batch_id, definitions from {_RUNS}")
    return bool((runs["definitions"] == definitions).all() and (runs["batch_id"] <= newest_batch).all())


def is_ahead(warehouse: Warehouse, served: RunState | None) -> bool:
    """Whether the warehouse is newer than the served version, or of other definitions, as after a rollback.

    Restatements are changes against the served version, and an incremental run on a newer warehouse would
    miss some of them.
    """
    if served is None or not warehouse.has_table(_RUNS):
        return False
    last = warehouse.query(f"select batch_id, as_of, definitions from {_RUNS} where is_complete")
    is_newer = (last["batch_id"] > served.batch_id) | (last["as_of"] > pd.Timestamp(served.as_of))
    return bool((is_newer | (last["definitions"] != served.definitions)).any())


def begin(warehouse: Warehouse, run_state: RunState) -> None:
    """Record that a run starts to build this state, so that an interruption is detected."""
    earlier = [warehouse.query(f"select * from {_RUNS}")] if warehouse.has_table(_RUNS) else []
    warehouse.replace(_RUNS, pd.concat([*earlier, _row(run_state, is_complete=False)]), select=_ROWS)


def begin_once(warehouse: Warehouse, run_state: RunState) -> None:
    """Record that this state is being built, unless a run of it was recorded already."""
    runs = warehouse.query(f"select batch_id, as_of from {_RUNS}")
    is_same = (runs["batch_id"] == run_state.batch_id) & (runs["as_of"] == pd.Timestamp(run_state.as_of))
    if not is_same.any():
        begin(warehouse, run_state)


def complete(warehouse: Warehouse, run_state: RunState) -> None:
    """Record that the warehouse has this state, and that it is published."""
    sizes = pd.DataFrame(warehouse.table_sizes().items(), columns=["table_name", "table_size"])
    warehouse.replace(_SIZES, sizes.astype({"table_name": str, "table_size": "int64"}), select=_SIZE_ROWS)
    warehouse.replace(_RUNS, _row(run_state, is_complete=True), select=_ROWS)


def tables_changed_since(warehouse: Warehouse) -> list[str]:
    """The tables of another size than the last run left, if it was complete and none began since.

    Nothing but a run writes to the warehouse; if something else did, an increment would build on it.
    """
    if not warehouse.has_table(_SIZES) or not warehouse.has_table(_RUNS):
        return []
    if not bool(warehouse.query(f"select is_complete from {_RUNS}")["is_complete"].all()):
        return []
    noted = warehouse.query(f"select table_name, table_size from {_SIZES}")
    before = dict(zip(noted["table_name"], noted["table_size"], strict=True))
    now = warehouse.table_sizes()
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def _row(run_state: RunState, *, is_complete: bool) -> pd.DataFrame:
    row = asdict(run_state) | {"as_of": pd.Timestamp(run_state.as_of), "is_complete": is_complete}
    return pd.DataFrame([row])


def complete_batch(warehouse: Warehouse) -> int | None:
    """The newest batch of the last complete run; None if there is none to build on."""
    return _complete(warehouse)[0]


def _complete(warehouse: Warehouse) -> tuple[int, str] | tuple[None, None]:
    """The newest batch and as_of of the last complete run."""
    found = warehouse.query(f"select batch_id, as_of from {_RUNS} where is_complete")
    for batch_id, as_of in found.itertuples(index=False):
        return int(batch_id), str(as_of.date())
    return None, None


def is_unchanged(warehouse: Warehouse, run_state: RunState) -> bool:
    """Whether the last complete run built this state, and no other was begun since, so that its tables hold.

    Definitions are not compared: a warehouse of other ones is rebuilt.
    """
    runs = warehouse.query(f"select batch_id, as_of from {_RUNS}")
    is_same_day = bool((runs["as_of"] == pd.Timestamp(run_state.as_of)).all())
    return complete_batch(warehouse) == run_state.batch_id and is_same_day


def variables(
    warehouse: Warehouse,
    run_state: RunState,
    *,
    served: RunState | None,
    tag_keys: Iterable[str] = (),
    month_closes_on: int = 5,
) -> dict[str, object]:
    """The dbt variables: settings; the state of this run, of the last complete one and of the served version.

    known_from and known_to span the as_of of unfinished runs, too: their rows stay until recomputed.
    """
    since_batch, since_as_of = _complete(warehouse)
    days = sorted(str(day.date()) for day in warehouse.query(f"select as_of from {_RUNS}")["as_of"])
    return {
        "as_of": str(run_state.as_of),
        "newest_batch": run_state.batch_id,
        "since_batch": since_batch,
        "since_as_of": since_as_of,
        "known_from": days[0],
        "known_to": days[-1],
        "served_batch": served.batch_id if served else None,
        "served_as_of": str(served.as_of) if served else None,
        "is_redefined": served is not None and is_redefined(served.formulas, run_state.formulas),
        "is_renamed": served is not None and served.people != run_state.people,
        "tag_keys": list(tag_keys),
        "month_closes_on": month_closes_on,
    }
