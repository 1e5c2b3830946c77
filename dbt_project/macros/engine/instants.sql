{#- What differs between engines about instants and days. -#}

{#- A stored instant as a UTC timestamp without zone, microseconds kept. -#}
{% macro utc_timestamp(instant) -%}
    {{ adapter.dispatch('utc_timestamp', 'credits')(instant) }}
{%- endmacro %}
{% macro default__utc_timestamp(instant) -%}
    {#- the same microseconds: `at time zone` would ask the calendar about each -#}
    make_timestamp(epoch_us({{ instant }}))
{%- endmacro %}
{% macro spark__utc_timestamp(instant) -%}
    cast({{ instant }} as timestamp)
{%- endmacro %}

{#- The calendar date of a UTC timestamp in an IANA time zone, within the years 1 to 9999. -#}
{% macro local_date(utc_timestamp, timezone) -%}
    {{ adapter.dispatch('local_date', 'credits')(utc_timestamp, timezone) }}
{%- endmacro %}
{% macro default__local_date(utc_timestamp, timezone) -%}
    {#- least and greatest skip nulls, and no time has no date -#}
    case when {{ utc_timestamp }} is not null then
        least(
            greatest(
                cast({{ local_time(utc_timestamp, timezone) }} as date),
                cast('0001-01-01' as date)
            ),
            cast('9999-12-31' as date)
        )
    end
{%- endmacro %}
{% macro spark__local_date(utc_timestamp, timezone) -%}
    case when {{ utc_timestamp }} is not null then
        least(
            greatest(
                to_date(from_utc_timestamp({{ utc_timestamp }}, {{ timezone }})),
                cast('0001-01-01' as date)
            ),
            cast('9999-12-31' as date)
        )
    end
{%- endmacro %}

{#- What a clock in an IANA time zone shows at a UTC timestamp, as a timestamp without zone. -#}
{% macro local_time(utc_timestamp, timezone) -%}
    {{ adapter.dispatch('local_time', 'credits')(utc_timestamp, timezone) }}
{%- endmacro %}
{% macro default__local_time(utc_timestamp, timezone) -%}
    (make_timestamptz(epoch_us({{ utc_timestamp }})) at time zone {{ timezone }})
{%- endmacro %}
{% macro spark__local_time(utc_timestamp, timezone) -%}
    from_utc_timestamp({{ utc_timestamp }}, {{ timezone }})
{%- endmacro %}

{#- Microseconds since 1970 of a UTC timestamp, as a bigint. -#}
{% macro epoch_micros(utc_timestamp) -%}
    {{ adapter.dispatch('epoch_micros', 'credits')(utc_timestamp) }}
{%- endmacro %}
{% macro default__epoch_micros(utc_timestamp) -%}
    epoch_us({{ utc_timestamp }})
{%- endmacro %}
{% macro spark__epoch_micros(utc_timestamp) -%}
    unix_micros({{ utc_timestamp }})
{%- endmacro %}

{#- The UTC timestamp one microsecond earlier. -#}
{% macro just_before(utc_timestamp) -%}
    {{ adapter.dispatch('just_before', 'credits')(utc_timestamp) }}
{%- endmacro %}
{% macro default__just_before(utc_timestamp) -%}
    ({{ utc_timestamp }} - interval '1 microsecond')
{%- endmacro %}
{% macro spark__just_before(utc_timestamp) -%}
    timestamp_micros(unix_micros({{ utc_timestamp }}) - 1)
{%- endmacro %}

{#- The day after a date, within the years 1 to 9999. -#}
{% macro next_day(day) -%}
    {{ adapter.dispatch('next_day', 'credits')(day) }}
{%- endmacro %}
{% macro default__next_day(day) -%}
    case when {{ day }} is not null then least({{ day }}, cast('9999-12-30' as date)) + 1 end
{%- endmacro %}
{% macro spark__next_day(day) -%}
    case when {{ day }} is not null then date_add(least({{ day }}, cast('9999-12-30' as date)), 1) end
{%- endmacro %}

{#- The date some days later, or earlier for a negative number, within the years 1 to 9999. -#}
{% macro add_days(day, days) -%}
    {{ adapter.dispatch('add_days', 'credits')(day, days) }}
{%- endmacro %}
{% macro default__add_days(day, days) -%}
    {#- only the limit in that direction can be reached -#}
    {%- if days < 0 -%}
        greatest({{ day }}, cast('0001-01-01' as date) + {{ -days }}) - {{ -days }}
    {%- else -%}
        least({{ day }}, cast('9999-12-31' as date) - {{ days }}) + {{ days }}
    {%- endif -%}
{%- endmacro %}
{% macro spark__add_days(day, days) -%}
    {%- if days < 0 -%}
        date_sub(greatest({{ day }}, date_add(cast('0001-01-01' as date), {{ -days }})), {{ -days }})
    {%- else -%}
        date_add(least({{ day }}, date_sub(cast('9999-12-31' as date), {{ days }})), {{ days }})
    {%- endif -%}
{%- endmacro %}

{#- The date a computed number of days later. -#}
{% macro days_later(day, days) -%}
    {{ adapter.dispatch('days_later', 'credits')(day, days) }}
{%- endmacro %}
{% macro default__days_later(day, days) -%}
    ({{ day }} + cast({{ days }} as integer))
{%- endmacro %}
{% macro spark__days_later(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{#- The same day some months later; the last day of a shorter month. -#}
{% macro months_later(day, months) -%}
    {{ adapter.dispatch('months_later', 'credits')(day, months) }}
{%- endmacro %}
{% macro default__months_later(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}
{% macro spark__months_later(day, months) -%}
    add_months({{ day }}, cast({{ months }} as int))
{%- endmacro %}

{#- Whole days from one date to a later one, as a bigint. -#}
{% macro days_between(earlier, later) -%}
    {{ adapter.dispatch('days_between', 'credits')(earlier, later) }}
{%- endmacro %}
{% macro default__days_between(earlier, later) -%}
    cast({{ later }} - {{ earlier }} as bigint)
{%- endmacro %}
{% macro spark__days_between(earlier, later) -%}
    cast(datediff({{ later }}, {{ earlier }}) as bigint)
{%- endmacro %}
