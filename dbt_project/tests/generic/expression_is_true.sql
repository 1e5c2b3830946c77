{#-
The expression is true in every row; null counts as a failure. `rows` narrows an increment, see
rows_rebuilt_by_this_run.
-#}
{% test expression_is_true(model, expression, rows='all') %}

select *
from {{ model }}
where not coalesce({{ expression }}, false) and {{ rows_rebuilt_by_this_run(rows) }}

{% endtest %}
