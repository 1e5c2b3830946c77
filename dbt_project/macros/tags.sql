{#- Tags: keys of `attributes`, named by the variable tag_keys, that usage is reported by. -#}

{#- SQL: the value of a tag; null where it is missing or empty. -#}
{% macro tag_value(attributes, key) -%}
    nullif({{ attribute_text(attributes, key) }}, '')
{%- endmacro %}

{#- The name of the column that holds the value of each tag while rows are compared. -#}
{% macro tag_columns() -%}
    {%- set columns = [] -%}
    {%- for key in var('tag_keys') -%}
        {%- do columns.append('tag_' ~ loop.index) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{#- SQL: the hash of what two deliveries of a generation differ in if they conflict: its columns and its tags. -#}
{% macro hash_with_tags(rows) -%}
    {%- set parts = [rows ~ '.content_hash'] -%}
    {%- for key in var('tag_keys') -%}
        {%- do parts.append(tag_value(rows ~ '.attributes', key)) -%}
    {%- endfor -%}
    {{ stable_id(parts) if var('tag_keys') else parts[0] }}
{%- endmacro %}
