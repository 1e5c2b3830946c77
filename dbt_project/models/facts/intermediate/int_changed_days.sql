with dated as (
    select distinct
        workspace_id,
        usage_date
    from {{ ref('int_generations_localized') }}
    where {{ in_increment() }}
),

-- in its former timezone a workspace had this usage at most two days apart
former_days as (
    {%- for days in (-2, -1, 1, 2) %}
    select
        dated.workspace_id,
        {{ add_days('dated.usage_date', days) }} as usage_date
    from dated
    inner join {{ ref('int_workspaces_with_changed_timezone') }} as rezoned
        on dated.workspace_id = rezoned.workspace_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from dated
union
select * from former_days
