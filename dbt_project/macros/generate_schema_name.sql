{#- A schema is named as its layer: `marts`, not `main_marts`; on a shared cluster it has a prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ env_var('CREDITS_SCHEMA_PREFIX', '') }}{{ custom_schema_name or target.schema }}
{%- endmacro %}
