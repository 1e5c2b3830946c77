{#- The scopes of breakdowns, and the column that each goes by. -#}
{% macro scope_columns() -%}
    {{ return({
        'workspace': none, 'member': 'member_id', 'team': 'team', 'product_category': 'product_category',
        'generation_type': 'generation_type',
    }) }}
{%- endmacro %}

{#- SQL: the scope and its id of a row that is grouped by sets_of_scopes. -#}
{% macro scope_and_id(scopes=none) -%}
    {%- set columns = [] -%}
    {%- for column in (scopes or scope_columns()).values() if column -%}{%- do columns.append(column) -%}{%- endfor -%}
    case
            {%- for scope, column in (scopes or scope_columns()).items() if column %}
            when grouping({{ column }}) = 0 then '{{ scope }}'
            {%- endfor %}
            else 'workspace'
        end as scope,
        coalesce({{ columns | join(', ') }}, '(all)') as scope_id
{%- endmacro %}

{#- SQL: groups by the columns, and each of the scopes. -#}
{% macro sets_of_scopes(columns, scopes=none) -%}
    group by grouping sets (
        {%- for column in (scopes or scope_columns()).values() %}
        ({{ columns | join(', ') }}{{ ', ' ~ column if column }})
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    )
{%- endmacro %}

{#- Rows of two breakdowns are of the same workspace, period and scope. -#}
{% macro same_scope(left, right) -%}
    {%- for column in ('workspace_id', 'period', 'scope', 'scope_id') %}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}
        {%- if not loop.last %} and {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- SQL: each distinct thing of each scope, with its newest segments; `key` tells which thing of which workspace. -#}
{% macro newest_by_scope(rows, key, segments, scopes=none) -%}
    select
        any_value(workspace_id) as workspace_id,
        {{ scope_and_id(scopes) }}
        {%- for segment in segments %},
        max({{ segment }}) as {{ segment }}
        {%- endfor %}
    from {{ rows }}
    {{ sets_of_scopes(key, scopes) }}
{%- endmacro %}

{#- SQL: how many things of newest_by_scope each scope has, by their newest segments. -#}
{% macro counted_of_newest(newest, segments) -%}
    {%- set groups = ['workspace_id', 'scope', 'scope_id'] + segments -%}
    select
        {{ groups | join(', ') }},
        count(*) as thing_count
    from ({{ newest }}) as newest
    group by {{ groups | join(', ') }}
{%- endmacro %}

{#-
SQL: how many distinct things each scope has, by their newest segments. Most are in one row, and so in every scope
once; only those in several are looked for in each scope.
-#}
{% macro counted_by_scope(rows, key, segments, scopes=none) -%}
    {%- set in_several -%}
        (select {{ key }} from {{ rows }} group by {{ key }} having count(*) > 1) as several
    {%- endset -%}
    select
        workspace_id,
        {{ scope_and_id(scopes) }},
        {{ segments | join(', ') }},
        count(*) as thing_count
    from {{ rows }} as things
    left join {{ in_several }} on things.{{ key }} = several.{{ key }}
    where several.{{ key }} is null
    {{ sets_of_scopes(['workspace_id'] + segments, scopes) }}
    union all
    {{ counted_of_newest(newest_by_scope(
        '(select things.* from ' ~ rows ~ ' as things inner join ' ~ in_several
        ~ ' on things.' ~ key ~ ' = several.' ~ key ~ ') as repeated', [key], segments, scopes
    ), segments) }}
{%- endmacro %}
