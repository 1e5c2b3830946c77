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
    usage.waste_rate
{%- endmacro %}
