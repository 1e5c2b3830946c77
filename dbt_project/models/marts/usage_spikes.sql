select
    workspace_id,
    usage_date,
    scope,
    credits,
    usual,
    cause,
    cause_kind,
    cause_id,
    cause_credits,
    event_ids,
    event_count,
    is_muted
from {{ ref('stg_forecast__usage_spikes') }}
