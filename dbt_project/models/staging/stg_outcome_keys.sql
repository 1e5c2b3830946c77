{{ config(
    materialized=kept_or_view(),
    incremental_strategy='append',
    pre_hook="{{ remove_rows(is_new_batch()) }}"
) }}

select
    row_id,
    batch_id,
    occurred_at,
    cast({{ utc_timestamp('occurred_at') }} as date) as occurred_on,
    {{ hash_of(['outcome_id']) }} as id_hash,
    {{ hash_of(['event_id']) }} as event_hash
from {{ source('raw', 'content_outcomes') }}
{%- if is_incremental() %}
where {{ is_new_batch() }}
{%- endif %}
