{#- The last local date this run may know of, as a date literal; `days_before` moves it back.

    What only reads, typed by hand, knows of today. -#}
{% macro as_of(days_before=0) -%}
    {%- set passed = var('as_of') -%}
    {%- if not passed -%}
        {%- if execute and flags.WHICH not in ('generate', 'show', 'compile') -%}
            {{ exceptions.raise_compiler_error(
                "as_of is not set: pass --vars '{as_of: YYYY-MM-DD}', the last local date to report."
            ) }}
        {%- endif -%}
        {%- set passed = modules.datetime.date.today() if execute else '1970-01-01' -%}
    {%- endif -%}
    {%- set day = modules.datetime.date.fromisoformat(passed | string) -%}
    {%- set shifted = day - modules.datetime.timedelta(days=days_before) -%}
    cast('{{ shifted.isoformat() }}' as date)
{%- endmacro %}

{#- The published periods of a fixed length, in days. -#}
{% macro period_days() -%}
    {{ return([7, 30, 90]) }}
{%- endmacro %}

{#- How many days before as_of the calendar months begin: its own and the two before. -#}
{% macro month_starts() -%}
    {%- set date = modules.datetime.date -%}
    {%- set day = date.fromisoformat(var('as_of') | string) if var('as_of') else date(1970, 1, 31) -%}
    {%- set last_month = day.replace(day=1) - modules.datetime.timedelta(days=1) -%}
    {%- set month_before = last_month.replace(day=1) - modules.datetime.timedelta(days=1) -%}
    {%- set this_month = day.day - 1 -%}
    {{ return([this_month, this_month + last_month.day, this_month + last_month.day + month_before.day]) }}
{%- endmacro %}

{#- SQL: the first day of the segment that a day is in; null if it is in no period. Every period consists of whole
segments: their borders are the first days of all periods, among them that of the workspace's billing period. -#}
{% macro segment_start(day, billing_start='billing.starts_on') -%}
    {%- set borders = [] -%}
    {%- for days in period_days() -%}{%- do borders.append(days - 1) -%}{%- endfor -%}
    greatest(
        case
            {%- for days in (borders + month_starts()[:2]) | unique | sort %}
            when {{ day }} >= {{ as_of(days) }} then {{ as_of(days) }}
            {%- endfor %}
        end,
        case when {{ day }} >= {{ billing_start }} then {{ billing_start }} end
    )
{%- endmacro %}

{#- SQL: whether segments or days are in a period, or, `of` it, in the one before. -#}
{% macro is_in_period(rows, periods='periods', day='window_start_date', of='window') -%}
    {{ rows }}.workspace_id = {{ periods }}.workspace_id
        and {{ rows }}.{{ day }} >= {{ periods }}.{{ of }}_start_date
        and {{ rows }}.{{ day }} <= {{ periods }}.{{ of }}_end_date
{%- endmacro %}

{#- SQL: the first day of all periods, as a literal, so that the days before it are not read. -#}
{% macro first_reported_day(column='window_start_date') -%}
    {%- set longest = as_of(period_days() | max - 1) -%}
    {%- set periods = ref('dim_periods') -%}
    {#- there is none where a model is only compiled -#}
    {%- if execute and load_relation(periods) is not none -%}
        {%- set found = run_query('select min(' ~ column ~ ') from ' ~ periods).rows[0][0] -%}
        {%- if found -%}{%- set longest = "cast('" ~ found ~ "' as date)" -%}{%- endif -%}
    {%- endif -%}
    {{ return(longest) }}
{%- endmacro %}
