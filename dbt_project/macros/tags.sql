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
    {%- set tags = [] -%}
    {%- for key in var('tag_keys') -%}
        {%- do tags.append(tag_value(rows ~ '.attributes', key)) -%}
    {%- endfor -%}
    {%- set content = rows ~ '.content_hash' -%}
    {{ 'concat(' ~ content ~ ", '-', " ~ stable_id(tags) ~ ')' if tags else content }}
{%- endmacro %}

{#- SQL: the tags of a row with tag_columns as the JSON text of an object; null where there are none. -#}
{% macro tags_text(rows) -%}
    {%- set pairs = [] -%}
    {%- for key in var('tag_keys') -%}
        {%- do pairs.append("'" ~ key ~ "', " ~ rows ~ '.' ~ tag_columns()[loop.index0]) -%}
    {%- endfor -%}
    {{ json_object(pairs | join(', ')) if pairs else 'cast(null as ' ~ dbt.type_string() ~ ')' }}
{%- endmacro %}
