{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ remove_rows(is_redelivered(source('raw', 'workspaces'), ['workspace_id'])) }}"
) }}

with versions as (
    {{ version_history(source('raw', 'workspaces'), ['workspace_id']) }}
)

select
    workspace_id,
    name,
    timezone,
    lead_time_days,
    overage_price,
    currency,
    cast(version_number as bigint) as version_number,
    is_newest,
    {{ utc_timestamp('updated_at') }} as updated_at,
    {{ utc_timestamp('replaced_at') }} as replaced_at,
    batch_id
from versions
