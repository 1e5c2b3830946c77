{#-
The disposition rules by name. Their order, disposition and meaning are in seeds/disposition_rules.csv; columns
cannot come from rows, so the names that become columns are listed here, and tests/dbt_project compares the two.
-#}

{#- The rules that the content unit alone decides. -#}
{% macro settled_rules() -%}
    {{ return([
        'refunded', 'failed_generation', 'unused_variant', 'rejected_content', 'used', 'excess_regeneration',
        'low_quality_draft', 'iterated',
    ]) }}
{%- endmacro %}

{#- Why credits are wasted, by a rule that the content unit alone decides. -#}
{% macro settled_waste_reasons() -%}
    {{ return(['failed_generation', 'rejected_content', 'excess_regeneration', 'low_quality_draft']) }}
{%- endmacro %}

{#- Why credits are wasted, by a rule that as_of and the use of such content decide. -#}
{% macro open_waste_reasons() -%}
    {{ return(['unneeded_field', 'unused_content']) }}
{%- endmacro %}

{#- What becomes of credits. -#}
{% macro dispositions() -%}
    {{ return(['used', 'iterated', 'wasted', 'pending', 'untracked', 'refunded']) }}
{%- endmacro %}

{#- SQL: the name of the rule for what the content unit leaves open: as_of, and the use of such content, decide. -#}
{% macro pending_disposition_rule(is_outcome_tracked, usage_date, is_unneeded_field) -%}
    case
        when not {{ is_outcome_tracked }} then 'untracked'
        when {{ usage_date }} > {{ as_of(var('maturity_days')) }} then 'pending'
        when {{ is_unneeded_field }} then 'unneeded_field'
        else 'unused_content'
    end
{%- endmacro %}

{#- The rules of credits that nothing settles, by what decides them: `is_unneeded_field` is false without a product. -#}
{% macro open_parts() -%}
    {{ return({'open': 'open_rule', 'open_unitless': 'open_unitless_rule'}) }}
{%- endmacro %}

{#- SQL: the measure of generations that nothing settles and that a rule decides. -#}
{% macro open_measure(rule, measure) -%}
    {%- for part, open_rule in open_parts().items() %}
    case when {{ open_rule }} = '{{ rule }}' then {{ part }}_{{ measure }} else 0 end
    {%- if not loop.last %} + {% endif -%}
    {%- endfor %}
{%- endmacro %}

{#- SQL: whether an outcome says that the content is used. -#}
{% macro is_use(outcome) -%}
    ({{ outcome }} in ('accepted', 'edited', 'published'))
{%- endmacro %}

{#- SQL: whether an outcome says that the content is rejected. -#}
{% macro is_rejection(outcome) -%}
    ({{ outcome }} in ('rejected', 'discarded'))
{%- endmacro %}
