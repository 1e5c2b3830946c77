{#- A formula that every row must satisfy; null counts as failing. `rows` narrows an increment, see made_now. -#}
{% test holds(model, expression, rows='all') %}

select *
from {{ model }}
where not coalesce({{ expression }}, false) and {{ made_now(rows) }}

{% endtest %}
