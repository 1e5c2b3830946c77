{#- What a change of ruleset and one of template have in common, in their order. -#}
{% macro version_change_measures() -%}
    changed_on,
    attempts_before,
    attempts_after,
    regenerations_before,
    regenerations_after,
    regeneration_rate_before,
    regeneration_rate_after,
    regeneration_rate_difference,
    regeneration_rate_difference_low,
    regeneration_rate_difference_high,
    first_pass_scored_before,
    first_pass_scored_after,
    first_pass_quality_score_before,
    first_pass_quality_score_after,
    first_pass_quality_score_difference,
    first_pass_quality_score_difference_low,
    first_pass_quality_score_difference_high
{%- endmacro %}
