{#-
numerator / denominator as decimal(38, 12), rounded half up, null for a denominator of zero or null.
Integer arithmetic: a plain division goes through floating point. Both sides are non-negative credits
or counts of at most `decimals` decimals.
-#}
{% macro exact_ratio(numerator, denominator, decimals=6) -%}
    {{ adapter.dispatch('exact_ratio', 'credits')(numerator, denominator, decimals) }}
{%- endmacro %}
{% macro default__exact_ratio(numerator, denominator, decimals) -%}
    {%- set whole = '1' ~ '0' * decimals -%}
    case when ({{ denominator }}) > 0 then
        cast(
            (
                cast(({{ numerator }}) * {{ whole }} as hugeint) * 2000000000000
                + cast(({{ denominator }}) * {{ whole }} as hugeint)
            ) // (cast(({{ denominator }}) * {{ whole }} as hugeint) * 2)
            as decimal(38, 0)
        ) * cast(0.000000000001 as decimal(13, 12))
    end
{%- endmacro %}

{#- Mean of scores within 0..1 from their exact sum (17 decimals) and count, as decimal(38, 12). -#}
{% macro mean_score(score_sum, score_count) -%}
    {{ adapter.dispatch('mean_score', 'credits')(score_sum, score_count) }}
{%- endmacro %}
{% macro default__mean_score(score_sum, score_count) -%}
    case when ({{ score_count }}) > 0 then
        cast(
            (
                cast(({{ score_sum }}) * 100000000000000000 as hugeint) * 2
                + cast({{ score_count }} as hugeint) * 100000
            ) // (cast({{ score_count }} as hugeint) * 200000)
            as decimal(38, 0)
        ) * cast(0.000000000001 as decimal(13, 12))
    end
{%- endmacro %}

{#- Whole steps of 10^-12 in value / its total over the partition; null if the total is zero. -#}
{% macro whole_steps(value, partition) -%}
    {{ adapter.dispatch('whole_steps', 'credits')(value, partition) }}
{%- endmacro %}
{% macro default__whole_steps(value, partition) -%}
    cast({{ value }} * 1000000 as hugeint) * 1000000000000
        // nullif(
            cast(sum({{ value }}) over (partition by {{ partition }}) * 1000000 as hugeint), 0
        )
{%- endmacro %}

{#- What is left of value / its total after the whole steps, in the total's own unit. -#}
{% macro step_remainder(value, partition) -%}
    {{ adapter.dispatch('step_remainder', 'credits')(value, partition) }}
{%- endmacro %}
{% macro default__step_remainder(value, partition) -%}
    cast({{ value }} * 1000000 as hugeint) * 1000000000000
        % nullif(
            cast(sum({{ value }}) over (partition by {{ partition }}) * 1000000 as hugeint), 0
        )
{%- endmacro %}
