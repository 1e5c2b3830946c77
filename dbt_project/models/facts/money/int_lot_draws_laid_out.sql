-- what the next run compares with, once this one has split its days:
-- depends_on: {{ ref('int_split_draws') }}
select
    workspace_id,
    usage_date,
    draw_number,
    lot_id,
    line_start,
    credits
from {{ source('facts', 'fct_lot_draws_daily') }}
where draw_count > 1
