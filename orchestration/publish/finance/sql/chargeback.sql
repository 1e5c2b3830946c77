select
    strftime(booked_month, '%Y-%m') as booked_month,
    strftime(month, '%Y-%m') as usage_month,
    case when is_correction then 'correction' else 'charge' end as kind,
    case when is_closed then 'closed' else 'open' end as status,
    workspace_id,
    workspace_name,
    team,
    member_id,
    member_name,
    product_category,
    currency,
    generation_count,
    credits,
    unpriced_credits,
    refunded_credits,
    cast(cost as decimal (38, {places})) as cost,
    cast(refunded_cost as decimal (38, {places})) as refunded_cost,
    cast(cost + refunded_cost as decimal (38, {places})) as amount
from marts.chargeback_monthly
where
    ($month is null or booked_month = cast($month as date))
    and ($workspace_id is null or workspace_id = $workspace_id)
order by
    workspace_id,
    booked_month,
    is_correction,
    month,
    team,
    member_id,
    product_category,
    currency
