select
    workspace_id,
    usage_date,
    source,
    event_id,
    member_id,
    product_category,
    generation_type,
    cast(cast(credits as decimal(38, 6)) * 1000000 as bigint) as credits_micro,
    cast(cast(p99_credits as decimal(38, 6)) * 1000000 as bigint) as p99_micro
from facts.fct_implausible_charges
