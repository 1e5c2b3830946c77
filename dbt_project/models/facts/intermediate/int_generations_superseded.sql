{{ config(materialized='view') }}

-- nothing in a full refresh, which has no rows to replace
with repeated as (
    select row_id
    from {{ ref('stg_repeated_deliveries') }}
    where
        feed = 'generation_events'
        and {{ in_increment() }}
        and {{ is_superseded_since(var('since_batch') or 0) }}
),

found as (
    select
        keys.row_id,
        keys.occurred_at
    from {{ ref('stg_generation_keys') }} as keys
    inner join repeated on keys.row_id = repeated.row_id
),

delivered as (
    {{ lake_rows(source('raw', 'generation_events'), 'found') }}
)

select {{ generation_event_columns() }}
from delivered
