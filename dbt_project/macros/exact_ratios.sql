{#-
Exact division for all engines. Published ratios are decimal(38, 12): whole steps of 10^-12, found by
whole-number division, since a plain division goes through floating point.
-#}

{#-
numerator / denominator rounded half up; null for a denominator of zero or null. Both sides are
non-negative credits or counts of at most `decimals` decimals.
-#}
{% macro exact_ratio(numerator, denominator, decimals=6) -%}
    {%- set scale = '1' ~ '0' * decimals -%}
    {%- set divisor = whole_number('(' ~ denominator ~ ') * ' ~ scale) -%}
    {%- set dividend = whole_number('(' ~ numerator ~ ') * ' ~ scale) -%}
    case when ({{ denominator }}) > 0 then
        {{ from_steps(whole_quotient(dividend ~ ' * 2000000000000 + ' ~ divisor, divisor ~ ' * 2')) }}
    end
{%- endmacro %}

{#-
The score of an attempt, from the summed steps and the number of its scored variants, in parts of a step. A step has
232,792,560 of them, which every count up to 20 divides: so these means are exact, and so are sums of them. The mean
of more variants is rounded down to a part, of 4 x 10^-26.
-#}
{% macro attempt_score_parts(summed_steps, score_count) -%}
    {%- set parts = whole_number(summed_steps) ~ ' * ' ~ parts_of_a_step() -%}
    -- most attempts have one score, and nothing to divide
    case
        when {{ score_count }} = 1 then {{ parts }}
        else {{ whole_quotient(parts, whole_number(score_count)) }}
    end
{%- endmacro %}

{% macro parts_of_a_step() -%}
    {{ return(232792560) }}
{%- endmacro %}

{#- Mean of attempts' scores from the sum of their parts and their count, rounded half up. -#}
{% macro mean_score(summed_parts, score_count) -%}
    {%- set dividend = whole_number(summed_parts) -%}
    {%- set divisor = whole_number(score_count) -%}
    {%- set parts = parts_of_a_step() * 100000 -%}
    case when ({{ score_count }}) > 0 then
        {{ from_steps(whole_quotient(
            dividend ~ ' * 2 + ' ~ divisor ~ ' * ' ~ parts, divisor ~ ' * ' ~ parts * 2
        )) }}
    end
{%- endmacro %}

{#- Whole steps of 10^-12 in credits / its total over the partition; null if the total is zero. Shares that sum to
exactly 1 give the steps left over to the largest remainders. -#}
{% macro largest_remainder_steps(credits, partition) -%}
    {%- set total = 'sum(' ~ credits ~ ') over (partition by ' ~ partition ~ ')' -%}
    {{ whole_quotient(
        whole_number(credits ~ ' * 1000000') ~ ' * 1000000000000',
        'nullif(' ~ whole_number(total ~ ' * 1000000') ~ ', 0)'
    ) }}
{%- endmacro %}

{#- The remainder that the whole steps of credits / its total leave, in parts of that total. -#}
{% macro step_remainder(credits, partition) -%}
    {%- set total = 'sum(' ~ credits ~ ') over (partition by ' ~ partition ~ ')' -%}
    mod(
        {{ whole_number(credits ~ ' * 1000000') }} * 1000000000000,
        nullif({{ whole_number(total ~ ' * 1000000') }}, 0)
    )
{%- endmacro %}
