"""The time zones that the workspaces in the lake live in.

Which day that makes the newest complete one does not belong here.
"""

from __future__ import annotations

from orchestration.warehouse.protocol import Warehouse

# the newest version of each workspace, as staging.stg_workspaces orders them; known before it is built
_TIMEZONES = """
    with versions as (
        select workspace_id, timezone, row_number() over (
            partition by workspace_id
            order by updated_at desc nulls last, batch_id desc, content_hash, file_path, line_number
        ) as version_rank
        from raw.workspaces
    ),
    seen as (
        select workspace_id from raw.generation_events
        union
        select workspace_id from raw.credit_entries
        union
        select workspace_id from raw.workspaces
    )
    select distinct coalesce(versions.timezone, 'UTC') as timezone
    from seen
    left join versions on seen.workspace_id = versions.workspace_id and versions.version_rank = 1
"""


def workspace_timezones(warehouse: Warehouse) -> list[str]:
    """IANA names of the zones in use; UTC stands for workspaces that name none."""
    return sorted(warehouse.query(_TIMEZONES)["timezone"].tolist())
