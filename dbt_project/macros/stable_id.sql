{#- An id made of the given text columns: unambiguous (lengths are part of it), null is its own value. -#}
{% macro stable_id(columns) -%}
    md5(concat(
        {%- for column in columns %}
        coalesce(concat(cast(length({{ column }}) as string), ':', {{ column }}), '-')
        {%- if not loop.last %}, ';',{% endif %}
        {%- endfor %}
    ))
{%- endmacro %}
