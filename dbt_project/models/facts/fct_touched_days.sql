with dated as (
    select distinct
        workspace_id,
        usage_date
    from {{ ref('fct_dated_generations') }}
    where {{ in_increment() }}
),

-- a workspace that moved had its usage on other days, at most two apart
redated as (
    {%- for days in (-2, -1, 1, 2) %}
    select
        dated.workspace_id,
        {{ moved_day('dated.usage_date', days) }} as usage_date
    from dated
    inner join {{ ref('fct_moved_workspaces') }} as moved
        on dated.workspace_id = moved.workspace_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from dated
union
select * from redated
