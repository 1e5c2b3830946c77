{#- Which of the grouping sets (workspace; by member; by team; by category; by type) a row belongs to. -#}
{% macro scope_kind(member, team, category, generation_type) -%}
    case
            when grouping({{ member }}) = 0 then 'member'
            when grouping({{ team }}) = 0 then 'team'
            when grouping({{ category }}) = 0 then 'product_category'
            when grouping({{ generation_type }}) = 0 then 'generation_type'
            else 'workspace'
        end
{%- endmacro %}

{#- Rows of two breakdowns are of the same workspace, period and scope. -#}
{% macro same_scope(left, right) -%}
    {%- for column in ('workspace_id', 'period', 'scope', 'scope_id') %}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}
        {%- if not loop.last %} and {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{#-
The newest segment of each distinct thing (a column that tells its workspace too, null where there is none) in every
scope, by each of the days; in last_month, and up to as_of.
-#}
{% macro newest_days_by_scope(recency, entity, days) -%}
    {%- set this_month, last_month = month_starts()[:2] -%}
    {%- set thing = 'workspace_id, member_id' if entity == 'member' else entity ~ '_key' -%}
    select
        newest.workspace_id,
        is_last_month,
        scope,
        scope_id,
        {%- for day in days %}
        {{ segment_start('newest.' ~ day) }} as {{ day }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from (
        select
            {{ 'workspace_id' if entity == 'member' else 'any_value(workspace_id) as workspace_id' }},
            is_last_month,
            {{ scope_kind('member_scope', 'team_scope', 'category_scope', 'type_scope') }} as scope,
            coalesce(member_scope, team_scope, category_scope, type_scope, '(all)') as scope_id,
            {%- for day in days %}
            max({{ day }}) as {{ day }}
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        from (
            select
                *,
                member_id as member_scope,
                team as team_scope,
                product_category as category_scope,
                generation_type as type_scope
                {%- if entity == 'member' %},
                window_start_date as used_on,
                false as is_last_month
            from {{ recency }}
            where member_id <> {{ no_member() }}
            union all
            select
                *,
                member_id as member_scope,
                team as team_scope,
                product_category as category_scope,
                generation_type as type_scope,
                window_start_date as used_on,
                true as is_last_month
            from {{ recency }}
            where
                member_id <> {{ no_member() }}
                and window_start_date >= {{ as_of(last_month) }}
                and window_start_date < {{ as_of(this_month) }}
            {%- else %}
            from {{ recency }}
            where {{ entity }}_key is not null
            {%- endif %}
        ) as scoped
        group by grouping sets (
            ({{ thing }}, is_last_month),
            ({{ thing }}, is_last_month, member_scope),
            ({{ thing }}, is_last_month, team_scope),
            ({{ thing }}, is_last_month, category_scope),
            ({{ thing }}, is_last_month, type_scope)
        )
    ) as newest
    left join {{ ref('dim_billing_periods') }} as billing
        on newest.workspace_id = billing.workspace_id
{%- endmacro %}
