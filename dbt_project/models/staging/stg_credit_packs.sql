{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ remove_rows(is_redelivered(source('raw', 'credit_packs'), ['workspace_id', 'pack_id'])) }}"
) }}

with versions as (
    {{ version_history(source('raw', 'credit_packs'), ['workspace_id', 'pack_id']) }}
)

select
    workspace_id,
    pack_id,
    credits,
    price,
    currency,
    validity_days,
    cast(version_number as bigint) as version_number,
    is_newest,
    {{ utc_timestamp('updated_at') }} as updated_at,
    {{ utc_timestamp('replaced_at') }} as replaced_at,
    batch_id
from versions
