{{ config(materialized='view') }}

-- in a full refresh, all: depends_on: {{ ref('int_changed_generations') }}
-- depends_on: {{ ref('stg_outcome_keys') }}
with delivered as (
    {%- if is_increment() %}
    with found as (
        select
            row_id,
            occurred_at
        from {{ ref('stg_outcome_keys') }}
        where
            event_hash in (
                select {{ hash_of(['changed.event_id']) }}
                from {{ ref('int_changed_generations') }} as changed
            )
    )

    {% endif %}
    {{ first_deliveries(
        source('raw', 'content_outcomes'),
        ref('stg_repeated_deliveries'),
        'found' if is_increment() else none
    ) }}
)

select {{ outcome_columns() }}
from delivered
