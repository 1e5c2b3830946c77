{#- The last local date this run may know of, as a date literal; `days_before` moves it back. -#}
{% macro as_of(days_before=0) -%}
    {%- set passed = var('as_of') -%}
    {%- if not passed -%}
        {%- if execute -%}
            {{ exceptions.raise_compiler_error(
                "as_of is not set: pass --vars '{as_of: YYYY-MM-DD}', the last local date to report."
            ) }}
        {%- endif -%}
        {%- set passed = '1970-01-01' -%}
    {%- endif -%}
    {%- set day = modules.datetime.date.fromisoformat(passed | string) -%}
    {%- set shifted = day - modules.datetime.timedelta(days=days_before) -%}
    cast('{{ shifted.isoformat() }}' as date)
{%- endmacro %}

{#- The published periods, in days. -#}
{% macro period_days() -%}
    {{ return([7, 30, 90]) }}
{%- endmacro %}
