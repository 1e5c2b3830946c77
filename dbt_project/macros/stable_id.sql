{#- An id computed from text columns: unambiguous (lengths are part of it); null is a value of its own. -#}
{% macro stable_id(columns) -%}
    md5({{ id_text(columns) }})
{%- endmacro %}

{#- The text that an id is computed from. -#}
{% macro id_text(columns) -%}
    concat(
        {%- for column in columns %}
        case
            when {{ column }} is null then '-'
            else concat(cast(length({{ column }}) as string), ':', {{ column }})
        end
        {%- if not loop.last %}, ';',{% endif %}
        {%- endfor %}
    )
{%- endmacro %}
