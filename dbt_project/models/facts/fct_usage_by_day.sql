select
    workspace_id,
    usage_date,
    cast(sum(credits) as decimal(38, 6)) as credits,
    cast(sum(generation_count) as bigint) as generation_count,
    cast(sum(wasted_credits) as decimal(38, 6)) as wasted_credits
from {{ ref('fct_usage_daily') }}
group by workspace_id, usage_date
