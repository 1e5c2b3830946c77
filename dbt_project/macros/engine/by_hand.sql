{#- Refuse to write tables unless `credits run` does: only it says what the last run left (known_from). -#}
{% macro refuse_by_hand() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'retry', 'snapshot') and not var('known_from', 'another project') -%}
        {{ exceptions.raise_compiler_error(
            "only a run may write these tables, since they are built on what the last run left: use"
            ~ " `credits run`, which loads, checks and publishes as well. Nothing was changed."
        ) }}
    {%- endif -%}
{%- endmacro %}

{#- dbt asks for the schemas before it builds anything; a hook would be among the results of tests. -#}
{% macro list_schemas(database) -%}
    {{ refuse_by_hand() }}
    {{ return(adapter.dispatch('list_schemas', 'dbt')(database)) }}
{%- endmacro %}
