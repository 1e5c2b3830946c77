-- days of what changed, and of what it was before; a workspace may be left without any
with dated as (
    select
        workspace_id,
        usage_date
    from {{ ref('int_generations_localized') }}
    where {{ in_increment() }}
    union
    select
        superseded.workspace_id,
        {{ local_date(
            'superseded.occurred_at',
            "coalesce(workspaces.timezone, '" ~ var('default_timezone') ~ "')"
        ) }} as usage_date
    from {{ ref('int_generations_superseded') }} as superseded
    left join {{ ref('dim_workspaces') }} as workspaces
        on superseded.workspace_id = workspaces.workspace_id
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
