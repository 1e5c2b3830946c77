{{ config(
    materialized=kept_or_view(),
    incremental_strategy='append',
    pre_hook="{{ remove_rows(is_new_batch()) }}"
) }}

with staged as (
    select
        {{ generation_event_columns() }},
        delivered.occurred_at as delivered_instant
    from {{ source('raw', 'generation_events') }} as delivered
    {%- if is_incremental() %}
    where {{ is_new_batch('delivered.batch_id') }}
    {%- endif %}
)

select
    row_id,
    batch_id,
    delivered_instant as occurred_at,
    cast(occurred_at as date) as occurred_on,
    {{ hash_of(['event_id']) }} as id_hash,
    {{ hash_of(classified_together()) }} as unit_hash,
    case
        when product_category is null and product_id is not null
            then {{ hash_of(['workspace_id', 'product_id']) }}
    end as product_hash
from staged
