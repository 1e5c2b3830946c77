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

{#- SQL: the first day of the shortest published period that a day is in; null if it is in none. Every period ends at
as_of, so a day is in a period if this is not before its first day. -#}
{% macro shortest_window_start(day) -%}
    case
        {%- for days in period_days() | sort %}
        when {{ day }} >= {{ as_of(days - 1) }} then {{ as_of(days - 1) }}
        {%- endfor %}
    end
{%- endmacro %}
