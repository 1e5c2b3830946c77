{{ config(materialized='view') }}

with found as (
    select
        row_id,
        occurred_at
    from {{ ref('stg_outcome_keys') }}
    where
        {{ is_new_batch() }}
        or {{ is_newly_known('occurred_on', margin=1) }}
),

delivered as (
    {{ first_deliveries(
        source('raw', 'content_outcomes'), ref('stg_repeated_deliveries'), 'found'
    ) }}
)

select {{ outcome_columns() }}
from delivered
