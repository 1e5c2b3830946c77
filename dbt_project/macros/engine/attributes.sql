{#- What differs between engines about attributes, which are the JSON text of an object. -#}

{#- The text of one attribute: of a text itself, of any other value its JSON; null where there is none. -#}
{% macro attribute_text(attributes, key) -%}
    {{ adapter.dispatch('attribute_text', 'credits')(attributes, key) }}
{%- endmacro %}
{% macro default__attribute_text(attributes, key) -%}
    json_extract_string({{ attributes }}, '$."{{ key }}"')
{%- endmacro %}
{% macro spark__attribute_text(attributes, key) -%}
    get_json_object({{ attributes }}, "$['{{ key }}']")
{%- endmacro %}

{#- The JSON text of an object; pairs are the SQL of its keys and values in turn. -#}
{% macro json_object(pairs) -%}
    {{ adapter.dispatch('json_object', 'credits')(pairs) }}
{%- endmacro %}
{% macro default__json_object(pairs) -%}
    cast(json_object({{ pairs }}) as varchar)
{%- endmacro %}
{% macro spark__json_object(pairs) -%}
    to_json(map({{ pairs }}))
{%- endmacro %}
