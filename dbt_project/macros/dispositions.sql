{#- SQL: whether an outcome says that the content is used. -#}
{% macro is_use(outcome) -%}
    ({{ outcome }} in ('accepted', 'edited', 'published'))
{%- endmacro %}

{#- SQL: whether an outcome says that the content is refused. -#}
{% macro is_rejection(outcome) -%}
    ({{ outcome }} in ('rejected', 'discarded'))
{%- endmacro %}

{#-
SQL: the rule, 7 to 10 of the table in docs/definitions.md, for what the unit leaves open: time, and what the
workspace does with such content, decide it.
-#}
{% macro open_rule(is_outcome_tracked, usage_date, is_unneeded_field) -%}
    case
        when not {{ is_outcome_tracked }} then 7
        when {{ usage_date }} > {{ as_of(var('maturity_days')) }} then 8
        when {{ is_unneeded_field }} then 9
        else 10
    end
{%- endmacro %}
