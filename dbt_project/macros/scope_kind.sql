{#- Which of the grouping sets (workspace; by member; by category; by type) a row belongs to. -#}
{% macro scope_kind(member, category, generation_type) -%}
    case
            when grouping({{ member }}) = 0 then 'member'
            when grouping({{ category }}) = 0 then 'product_category'
            when grouping({{ generation_type }}) = 0 then 'generation_type'
            else 'workspace'
        end
{%- endmacro %}
