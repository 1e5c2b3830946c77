{#- What differs between engines about exact arithmetic: integers of more than 64 bits. -#}

{#- A number without decimals as the widest whole number of the engine. -#}
{% macro whole_number(number) -%}
    {{ adapter.dispatch('whole_number', 'credits')(number) }}
{%- endmacro %}
{% macro default__whole_number(number) -%}
    cast({{ number }} as hugeint)
{%- endmacro %}

{#- The whole part of dividend / divisor, both whole and non-negative. -#}
{% macro whole_quotient(dividend, divisor) -%}
    {{ adapter.dispatch('whole_quotient', 'credits')(dividend, divisor) }}
{%- endmacro %}
{% macro default__whole_quotient(dividend, divisor) -%}
    divide({{ dividend }}, {{ divisor }})
{%- endmacro %}
