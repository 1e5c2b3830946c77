select
    workspace_id,
    plan_id,
    credits,
    renewal_interval,
    starts_on,
    ends_on,
    rollover_days,
    amount,
    currency
from {{ ref('stg_credit_plans') }}
where is_newest
