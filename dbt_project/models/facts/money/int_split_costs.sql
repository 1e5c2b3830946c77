{%- set cell = cell_columns() %}

select
    {{ cell | join(',\n    ') }},
    {{ only_cost() }} as cost,
    {{ only_currency() }} as currency,
    {{ unpriced_credits() }} as unpriced_credits,
    {{ only_cost('wasted', currency_of='all') }} as wasted_cost
from {{ ref('fct_cost_daily') }}
where is_split
group by {{ cell | join(', ') }}
