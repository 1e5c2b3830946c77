{#- The columns of a score of a forecast, in the order in which the forecast step writes them. -#}
{% macro score_columns() -%}
    {{ return([
        'workspace_id', 'as_of', 'kind', 'horizon_bucket', 'judged_after_days', 'amount_days', 'true_days',
        'p50_days', 'pace_days', 'is_covered_80', 'is_covered_95', 'error_days', 'pace_error_days',
    ]) }}
{%- endmacro %}
