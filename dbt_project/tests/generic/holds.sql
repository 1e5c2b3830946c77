{#-
A formula that every row must satisfy; null counts as failing. `rows` narrows an increment, see
rows_rebuilt_by_this_run.
-#}
{% test holds(model, expression, rows='all') %}

select *
from {{ model }}
where not coalesce({{ expression }}, false) and {{ rows_rebuilt_by_this_run(rows) }}

{% endtest %}
