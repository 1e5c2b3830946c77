{{ config(materialized='view') }}

select
    days.workspace_id,
    days.usage_date,
    days.credits,
    days.generation_count,
    cast(
        days.settled_wasted_credits
        -- unneeded or unused, it is wasted
        + case
            when
                {{ open_rule(
                    'workspaces.is_outcome_tracked', 'days.usage_date', 'false'
                ) }} = 10
                then days.open_credits
            else 0
        end
        as decimal(38, 6)
    ) as wasted_credits
from {{ ref('fct_usage_days') }} as days
inner join {{ ref('fct_workspaces') }} as workspaces
    on days.workspace_id = workspaces.workspace_id
