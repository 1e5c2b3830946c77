{#- Costs are exact: credits (6 places) times price (12 places), in 18 places. -#}

{#- The key of the additive cube. -#}
{% macro cell_columns() -%}
    {{ return(['workspace_id', 'usage_date', 'member_id', 'product_category', 'generation_type']) }}
{%- endmacro %}

{#- What is summed of each draw: all credits, those wasted, and those wasted for each reason. -#}
{% macro costed_parts() -%}
    {{ return(['all', 'wasted'] + settled_waste_reasons() + open_waste_reasons()) }}
{%- endmacro %}

{#- SQL: the currency of the costs of a group; null where there is none, or several. -#}
{% macro only_currency(part='all', rows='') -%}
    {%- set prefix = rows ~ '.' if rows else '' -%}
    {%- set used = 'case when ' ~ prefix ~ part ~ '_credits > 0 then ' ~ prefix ~ 'currency end' -%}
    case when min({{ used }}) = max({{ used }}) then min({{ used }}) end
{%- endmacro %}

{#- SQL: what a part of a group cost; null where no price is known, or its costs have several currencies. -#}
{% macro only_cost(part='all', currency_of=none, rows='') -%}
    {%- set prefix = rows ~ '.' if rows else '' -%}
    {%- set used = 'case when ' ~ prefix ~ (currency_of or part) ~ '_credits > 0 then ' ~ prefix ~ 'currency end' -%}
    cast(
        case
            when coalesce(min({{ used }}) = max({{ used }}), true)
                then sum({{ prefix }}{{ part }}_cost)
        end as decimal(38, 18)
    )
{%- endmacro %}

{#- SQL: the credits of a part of a group for which no price is known. -#}
{% macro unpriced_credits(part='all', rows='') -%}
    {%- set prefix = rows ~ '.' if rows else '' -%}
    cast(
        sum(case when {{ prefix }}is_priced then 0 else {{ prefix }}{{ part }}_credits end) as decimal(38, 6)
    )
{%- endmacro %}

{#- SQL: cost / count rounded half up to 12 places; null for a count of zero or null. The cost is not negative. -#}
{% macro cost_per(cost, count) -%}
    {%- set divisor = whole_number(count) -%}
    {%- set dividend = whole_number('floor((' ~ cost ~ ') * 1000000000000)') -%}
    case when ({{ count }}) > 0 then
        {{ from_steps(whole_quotient(dividend ~ ' * 2 + ' ~ divisor, divisor ~ ' * 2')) }}
    end
{%- endmacro %}
