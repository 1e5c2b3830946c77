select
    workspace_id,
    usage_date,
    sum(drawn) as drawn,
    sum(booked) as booked
from (
    select
        workspace_id,
        usage_date,
        credits as drawn,
        0 as booked
    from facts.fct_lot_draws_daily
    union all
    select
        workspace_id,
        usage_date,
        0 as drawn,
        consumed + overage + before_ledger as booked
    from facts.fct_credit_balance_daily
) as both_sides
group by workspace_id, usage_date
having sum(drawn) <> sum(booked)
