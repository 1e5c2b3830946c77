"""Pseudonyms: everything built from the lake names people only by a keyed hash of their id.

The lake itself keeps what was delivered; erasing people from it does not belong here: that is lake/erasure/.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pandas as pd

from orchestration.warehouse.protocol import Warehouse

_DIGITS = 16
_PEOPLE, _NEWEST = "privacy.people", "privacy.newest"
_COLUMNS = ["workspace_id", "member_id", "pseudonym"]
_ROWS = f"select {', '.join(f'cast({name} as varchar) as {name}' for name in _COLUMNS)} from frame"
# columns that identify a person, besides the id; the team does not
_NOTHING = "cast(null as varchar)"
_VALUE = "coalesce(nullif(files.value, ''), chr(0))"
_WITHOUT_VALUE = f"replace(split_part(files.reason, '; found', 1), {_VALUE}, '…')"
_IN_PLACE_OF = {
    "raw.generation_events": {"member_id": "people.pseudonym", "attributes": _NOTHING},
    "raw.content_outcomes": {"member_id": "people.pseudonym", "attributes": _NOTHING},
    "raw.members": {
        "member_id": "people.pseudonym",
        "name": "people.pseudonym",
        "email": _NOTHING,
        "attributes": _NOTHING,
    },
    "raw.budgets": {
        "scope_id": "case when files.scope = 'member' then people.pseudonym "
        "when files.scope = 'tag' then concat(split_part(files.scope_id, '=', 1), '=…') "
        "else files.scope_id end",
        "attributes": _NOTHING,
    },
    "raw.event_retractions": {"reason": _NOTHING, "attributes": _NOTHING},
    "raw.deliveries": {
        "unknown_columns": f"if(files.unknown_columns is null, null, '{json.dumps(['…'])}')",
        "reason": "split_part(files.reason, '; found', 1)",
    },
    "raw.quarantine": {
        "text": _NOTHING,
        "value": _NOTHING,
        "reason": _WITHOUT_VALUE,
    },
}
# where the id of a member is, in the tables that name any
_MEMBER_IN = {
    **dict.fromkeys(("raw.generation_events", "raw.content_outcomes", "raw.members"), "files.member_id"),
    "raw.budgets": "case when files.scope = 'member' then files.scope_id end",
}


class Pseudonyms:
    """Names that can only be computed with the secret, the same in every run.

    Args:
        secret: never written anywhere.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    @property
    def fingerprint(self) -> str:
        """Distinguishes secrets without revealing them."""
        return self._hash("which secret makes the pseudonyms of credit usage")

    def of(self, workspace_id: str, member_id: str) -> str:
        """The pseudonym of a member of a workspace."""
        return "m-" + self._hash(workspace_id + "\0" + member_id)

    def _hash(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), sha256).hexdigest()[:_DIGITS]


def expose_by_pseudonyms(
    warehouse: Warehouse,
    tables: Mapping[str, Sequence[Path]],
    pseudonyms: Pseudonyms,
    *,
    derived: Mapping[str, Sequence[Path]] | None = None,
) -> None:
    """As `Warehouse.expose_lake`, with pseudonyms in place of ids and names.

    Only people of batches that are new to the warehouse are hashed. Outcomes without a workspace have the
    pseudonym of the empty one: whose they are is not known.
    """
    names = {table: _plain(table) if table in _IN_PLACE_OF else table for table in tables}
    warehouse.expose_lake(
        {names[table]: files for table, files in tables.items()},
        derived={names[table]: files for table, files in (derived or {}).items()},
    )
    _add_people(warehouse, pseudonyms)
    for table, replaced in _IN_PLACE_OF.items():
        columns = ", ".join(f"{value} as {name}" for name, value in replaced.items())
        joined = (
            f" left join {_PEOPLE} as people on people.workspace_id = coalesce(files.workspace_id, '')"
            f" and people.member_id = {_MEMBER_IN[table]}"
            if table in _MEMBER_IN
            else ""
        )
        warehouse.define(table, f"select files.* replace ({columns}) from {_plain(table)} as files{joined}")


def _plain(table: str) -> str:
    return table.replace("raw.", "lake.")


def _add_people(warehouse: Warehouse, pseudonyms: Pseudonyms) -> None:
    is_first = not warehouse.has_table(_NEWEST)
    if is_first:
        warehouse.replace(_PEOPLE, pd.DataFrame(columns=_COLUMNS), select=_ROWS)
    known = 0 if is_first else int(warehouse.query(f"select batch_id from {_NEWEST}")["batch_id"][0])
    arrived = " union ".join(
        f"select coalesce(files.workspace_id, '') as workspace_id, {member} as member_id "
        f"from {_plain(table)} as files where files.batch_id > {known} and {member} is not null"
        for table, member in _MEMBER_IN.items()
    )
    new = warehouse.query(
        f"select * from ({arrived}) as arrived except select workspace_id, member_id from {_PEOPLE}"
    )
    if len(new):
        new["pseudonym"] = [pseudonyms.of(*person) for person in new.itertuples(index=False)]
        people = [warehouse.query(f"select * from {_PEOPLE}"), new]
        warehouse.replace(_PEOPLE, pd.concat(people), select=_ROWS)
    newest = warehouse.query(f"select max(batch_id) as batch_id from {_plain('raw.generation_events')}")
    warehouse.replace(_NEWEST, newest, select="select cast(batch_id as bigint) as batch_id from frame")
