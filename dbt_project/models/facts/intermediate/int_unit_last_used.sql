{%- set this_month, last_month = month_starts()[:2] %}

-- what is used after last_month ended has a newest day of its own in it
with used as (
    {%- for is_last_month in ('false', 'true') %}
    select
        generations.workspace_id,
        generations.member_id,
        coalesce(teams.team, {{ no_team() }}) as team,
        product_category,
        generation_type,
        product_id,
        locale,
        {{ is_last_month }} as is_last_month,
        max(usage_date) as used_on,
        max(case when is_first_variant then usage_date end) as attempted_on,
        max(case when is_first_variant and attempt_number >= 2 then usage_date end)
            as regenerated_on
    from {{ ref('int_generations_classified') }} as generations
    {{ joined_teams('generations') }}
    where
        {%- if is_last_month == 'true' %}
        usage_date >= {{ as_of(last_month) }}
        and usage_date < {{ as_of(this_month) }}
        {%- else %}
        usage_date >= {{ first_reported_day() }}
        {%- endif %}
    group by
        generations.workspace_id,
        generations.member_id,
        coalesce(teams.team, {{ no_team() }}),
        product_category,
        generation_type,
        product_id,
        locale
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    workspace_id,
    member_id,
    team,
    product_category,
    generation_type,
    -- what has no id is none of them
    case
        when product_id is not null
            then {{ unit_key(['workspace_id', 'product_id']) }}
    end as product_key,
    case
        when product_id is not null then {{ unit_key(unit_columns()) }}
    end as unit_key,
    is_last_month,
    used_on,
    attempted_on,
    regenerated_on
from used
