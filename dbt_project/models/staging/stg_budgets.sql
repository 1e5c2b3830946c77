{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ remove_rows(is_redelivered(source('raw', 'budgets'), ['workspace_id', 'budget_id'])) }}"
) }}

with versions as (
    {{ version_history(source('raw', 'budgets'), ['workspace_id', 'budget_id']) }}
)

select
    workspace_id,
    budget_id,
    scope,
    scope_id,
    period as budget_period,
    credits,
    amount,
    currency,
    starts_on,
    ends_on,
    cast(version_number as bigint) as version_number,
    is_newest,
    {{ utc_timestamp('updated_at') }} as updated_at,
    {{ utc_timestamp('replaced_at') }} as replaced_at,
    batch_id
from versions
