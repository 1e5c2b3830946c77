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

{#- The newest days of each distinct thing (a column, null where there is none) in every scope. -#}
{% macro newest_days_by_scope(recency, thing) -%}
    select
        workspace_id,
        {{ scope_kind('member_scope', 'category_scope', 'type_scope') }} as scope,
        coalesce(member_scope, category_scope, type_scope, '(all)') as scope_id,
        max(used_on) as used_on,
        max(attempted_on) as attempted_on,
        max(regenerated_on) as regenerated_on
    from (
        select
            *,
            member_id as member_scope,
            product_category as category_scope,
            generation_type as type_scope
        from {{ recency }}
        where {{ thing }} is not null
    ) as scoped
    group by grouping sets (
        (workspace_id, {{ thing }}),
        (workspace_id, member_scope, {{ thing }}),
        (workspace_id, category_scope, {{ thing }}),
        (workspace_id, type_scope, {{ thing }})
    )
{%- endmacro %}
