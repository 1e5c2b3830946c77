{#- Which of the grouping sets (workspace; by member; by category; by type) a row belongs to. -#}
{% macro scope_kind(member, category, generation_type) -%}
    case
            when grouping({{ member }}) = 0 then 'member'
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
The newest window of each distinct thing (a column that tells its workspace too, null where there is none) in every
scope, by each of the days.
-#}
{% macro newest_days_by_scope(recency, entity, days) -%}
    select
        {{ 'workspace_id' if entity == 'member' else 'any_value(workspace_id) as workspace_id' }},
        {{ scope_kind('member_scope', 'category_scope', 'type_scope') }} as scope,
        coalesce(member_scope, category_scope, type_scope, '(all)') as scope_id,
        {%- for day in days %}
        {{ shortest_window_start('max(' ~ day ~ ')') }} as {{ day }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from (
        select
            *,
            member_id as member_scope,
            product_category as category_scope,
            generation_type as type_scope
            {%- if entity == 'member' %},
            window_start_date as used_on
            {%- endif %}
        from {{ recency }}
        where {{ 'member_id <> ' ~ no_member() if entity == 'member' else entity ~ '_key is not null' }}
    ) as scoped
    {%- set thing = 'workspace_id, member_id' if entity == 'member' else entity ~ '_key' %}
    group by grouping sets (
        ({{ thing }}),
        ({{ thing }}, member_scope),
        ({{ thing }}, category_scope),
        ({{ thing }}, type_scope)
    )
{%- endmacro %}
