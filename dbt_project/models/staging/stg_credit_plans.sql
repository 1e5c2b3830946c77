{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ remove_rows(is_redelivered(source('raw', 'credit_plans'), ['workspace_id', 'plan_id'])) }}"
) }}

with versions as (
    {{ version_history(source('raw', 'credit_plans'), ['workspace_id', 'plan_id']) }}
)

select
    workspace_id,
    plan_id,
    credits,
    versions.interval as renewal_interval,
    starts_on,
    ends_on,
    coalesce(rollover_days, 0) as rollover_days,
    amount,
    currency,
    cast(version_number as bigint) as version_number,
    is_newest,
    {{ utc_timestamp('updated_at') }} as updated_at,
    {{ utc_timestamp('replaced_at') }} as replaced_at,
    batch_id
from versions
