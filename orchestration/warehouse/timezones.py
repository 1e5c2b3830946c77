"""The time zones of the workspaces in the lake.

Which day is the newest complete one does not belong here.
"""

from __future__ import annotations

from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql

# the newest version of each workspace, as staging.stg_workspaces orders them; known before it is built
_TIMEZONES = read_sql(__file__, "workspace_timezones")


def workspace_timezones(warehouse: Warehouse) -> list[str]:
    """IANA names of the zones in use; UTC for workspaces without one."""
    return sorted(warehouse.query(_TIMEZONES)["timezone"].tolist())
