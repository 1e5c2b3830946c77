{#- What differs between engines about exact arithmetic: integers of more than 64 bits. -#}

{#- A number without decimals as the widest whole number of the engine. -#}
{% macro whole_number(number) -%}
    {{ adapter.dispatch('whole_number', 'credits')(number) }}
{%- endmacro %}
{% macro default__whole_number(number) -%}
    cast({{ number }} as hugeint)
{%- endmacro %}
{% macro spark__whole_number(number) -%}
    cast({{ number }} as decimal(38, 0))
{%- endmacro %}

{#- A score within 0..1 as whole steps of 10^-17, so that any number of them sums exactly. -#}
{% macro score_steps(score) -%}
    {{ adapter.dispatch('score_steps', 'credits')(score) }}
{%- endmacro %}
{% macro default__score_steps(score) -%}
    {#- its digits, since to multiply and cast takes four times as long: it divides integers of 128 bits -#}
    cast(replace(cast(cast({{ score }} as decimal(18, 17)) as varchar), '.', '') as hugeint)
{%- endmacro %}
{% macro spark__score_steps(score) -%}
    {{ whole_number(score ~ ' * 100000000000000000') }}
{%- endmacro %}

{#- The whole part of dividend / divisor, both whole and non-negative. -#}
{% macro whole_quotient(dividend, divisor) -%}
    {{ adapter.dispatch('whole_quotient', 'credits')(dividend, divisor) }}
{%- endmacro %}
{% macro default__whole_quotient(dividend, divisor) -%}
    divide({{ dividend }}, {{ divisor }})
{%- endmacro %}
{% macro spark__whole_quotient(dividend, divisor) -%}
    {#- `div` returns 64 bits; what is left once the remainder is gone divides without any rounding -#}
    cast(
        (({{ dividend }}) - ({{ dividend }}) % nullif({{ divisor }}, 0)) / nullif({{ divisor }}, 0)
        as decimal(38, 0)
    )
{%- endmacro %}

{#- Whole steps of 10^-12 as decimal(38, 12). -#}
{% macro from_steps(steps) -%}
    {{ adapter.dispatch('from_steps', 'credits')(steps) }}
{%- endmacro %}
{% macro default__from_steps(steps) -%}
    cast({{ steps }} as decimal(38, 0)) * cast(0.000000000001 as decimal(13, 12))
{%- endmacro %}
{% macro spark__from_steps(steps) -%}
    {#- wider factors would leave only 6 decimals: 25 digits and 12 fill the 38 there are -#}
    cast(cast({{ steps }} as decimal(25, 0)) * cast(0.000000000001 as decimal(12, 12)) as decimal(38, 12))
{%- endmacro %}
