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

delivered as (
    select events.*
    from {{ source('raw', 'generation_events') }} as events
    inner join repeated on events.row_id = repeated.row_id
)

select {{ generation_event_columns() }}
from delivered
