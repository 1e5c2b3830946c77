{{ config(materialized='view') }}

-- of the deliveries that another replaced, the published version has the foremost
with replaced as (
    select
        row_id,
        winning_row_id,
        row_number() over (
            partition by key_scope, key_id
            order by delivery_number
        ) as served_rank
    from {{ ref('stg_repeated_deliveries') }}
    where
        feed = 'generation_events'
        and {{ is_superseded_since(var('served_batch') or 0) }}
),

delivered as (
    select
        events.*,
        replaced.winning_row_id
    from {{ source('raw', 'generation_events') }} as events
    inner join replaced on events.row_id = replaced.row_id
    where replaced.served_rank = 1
),

staged as (
    select
        {{ generation_event_columns() }},
        winning_row_id
    from delivered
),

dated as (
    select
        staged.*,
        {{ local_date(
            'staged.occurred_at',
            "coalesce(workspaces.timezone, '" ~ var('default_timezone') ~ "')"
        ) }} as usage_date
    from staged
    left join {{ ref('dim_workspaces') }} as workspaces
        on staged.workspace_id = workspaces.workspace_id
)

-- what was retracted is not published
select dated.*
from dated
left join {{ ref('int_generations_excluded') }} as excluded
    on
        dated.winning_row_id = excluded.row_id
        and excluded.exclusion_reason = 'retracted'
        and not {{ is_unserved(
            'excluded.retracted_in_batch', 'excluded.retracted_on'
        ) }}
where {{ was_served('dated.usage_date') }} and excluded.row_id is null
