{#- The measures that the category and the type breakdown have in common, in their order. -#}
{% macro scope_measures() -%}
    usage.credits,
    usage.credit_share,
    usage.spend_rank,
    usage.generation_count,
    usage.attempt_count,
    usage.regeneration_count,
    usage.regeneration_rate,
    usage.attempted_unit_count,
    usage.regenerated_unit_count,
    usage.regenerated_unit_rate,
    usage.product_count,
    usage.member_count,
    usage.credits_per_product,
    usage.first_pass_quality_score,
    usage.first_pass_scored_count,
    usage.first_pass_count,
    usage.first_pass_yield,
    usage.first_pass_episode_count,
    usage.mature_episode_count,
    usage.wasted_credits,
    usage.waste_rate,
    usage.product_credits,
    {{ scope_costs() }}
{%- endmacro %}

{#- What the scope cost in the period; with joined_scope_costs. -#}
{% macro scope_costs() -%}
    costs.cost,
    costs.currency,
    cast(coalesce(costs.unpriced_credits, 0) as decimal(38, 6)) as unpriced_credits,
    costs.wasted_cost
{%- endmacro %}

{% macro joined_scope_costs() -%}
    left join {{ ref('fct_cost_by_scope') }} as costs
    on {{ same_scope('usage', 'costs') }}
{%- endmacro %}
