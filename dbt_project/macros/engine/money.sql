{#- What differs between engines about money: how many digits a product of decimals keeps. -#}

{#- SQL: what credits cost at a price. -#}
{% macro cost_of(credits, unit_price) -%}
    {{ adapter.dispatch('cost_of', 'credits')(credits, unit_price) }}
{%- endmacro %}
{% macro default__cost_of(credits, unit_price) -%}
    cast(
        cast({{ credits }} as decimal(38, 6)) * cast({{ unit_price }} as decimal(24, 12)) as decimal(38, 18)
    )
{%- endmacro %}
{% macro spark__cost_of(credits, unit_price) -%}
    {#- wider factors would leave fewer decimals: 20 and 17 digits fill the 38 there are -#}
    cast(
        cast({{ credits }} as decimal(20, 6)) * cast({{ unit_price }} as decimal(17, 12)) as decimal(38, 18)
    )
{%- endmacro %}
