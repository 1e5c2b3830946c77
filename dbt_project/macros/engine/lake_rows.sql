{#- What differs between engines about reading a few rows of the lake. -#}

{#- SQL: the rows of a source of the lake that `found` names by row_id and occurred_at, each of them once. -#}
{% macro lake_rows(raw, found) -%}
    {{ adapter.dispatch('lake_rows', 'credits')(raw, found) }}
{%- endmacro %}
{#-
Of the lake's files, DuckDB reads what lies between the first and the last of the instants that it looks for: those of
the last month, of the last year and of before are looked for apart.
-#}
{% macro default__lake_rows(raw, found) -%}
    {%- set month, year = as_of(30), as_of(365) -%}
    {%- for newest, oldest in ((none, month), (month, year), (year, none)) %}
    select deliveries.*
    from {{ raw }} as deliveries
    inner join {{ found }} as found
        on {{ same_columns('deliveries', 'found', ['row_id', 'occurred_at']) }}
    where
        true
        {%- if newest %}
        and found.occurred_at < cast({{ newest }} as timestamptz)
        {%- endif %}
        {%- if oldest %}
        and found.occurred_at >= cast({{ oldest }} as timestamptz)
        {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
{% macro spark__lake_rows(raw, found) -%}
    select deliveries.*
    from {{ raw }} as deliveries
    inner join {{ found }} as found
        on {{ same_columns('deliveries', 'found', ['row_id', 'occurred_at']) }}
{%- endmacro %}
