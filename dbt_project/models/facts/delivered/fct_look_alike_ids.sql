{%- set days = as_of(period_days() | max) %}
with used as (
    select distinct
        workspace_id,
        'product' as id_kind,
        product_id as look_alike_id
    from {{ ref('int_generations_classified') }}
    where usage_date > {{ days }}
    {%- for kind, column in {
        'member': 'member_id', 'generation type': 'generation_type'
    }.items() %}
    union all
    select distinct
        workspace_id,
        '{{ kind }}' as id_kind,
        {{ column }} as look_alike_id
    from {{ ref('int_usage_daily_base') }}
    where usage_date > {{ days }}
    {%- endfor %}
    union all
    select
        '(all)' as workspace_id,
        'workspace' as id_kind,
        workspace_id as look_alike_id
    from {{ ref('dim_reporting_workspaces') }}
),

reduced as (
    select
        used.*,
        {{ look_of('look_alike_id') }} as look
    from used
    where look_alike_id is not null
),

counted as (
    select
        reduced.*,
        count(*) over (partition by workspace_id, id_kind, look) as id_count
    from reduced
)

select
    workspace_id,
    id_kind,
    look,
    look_alike_id
from counted
where id_count > 1
