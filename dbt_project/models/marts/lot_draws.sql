with moved as (
    select
        workspace_id,
        case draw_kind
            when 'lot' then lot_id
            when 'overage' then '(overage)'
            else '(before ledger)'
        end as lot_id,
        draw_kind,
        usage_date,
        credits,
        unit_price,
        currency,
        {{ cost_of('credits', 'unit_price') }} as cost,
        cast(0 as decimal(38, 6)) as refunded_credits,
        cast(0 as decimal(38, 18)) as refunded_cost
    from {{ ref('stg_facts__lot_draws_daily') }}
    union all
    -- a refund of a generation gives its cost back on the day it counts
    select
        workspace_id,
        lot_id,
        'lot' as draw_kind,
        counted_on as usage_date,
        cast(0 as decimal(38, 6)) as credits,
        unit_price,
        currency,
        cast(0 as decimal(38, 18)) as cost,
        funded as refunded_credits,
        -{{ cost_of('funded', 'unit_price') }} as refunded_cost
    from {{ ref('stg_facts__lot_movements') }}
    where is_cost_returned and counted_on <= {{ as_of() }}
)

select
    workspace_id,
    lot_id,
    usage_date,
    draw_kind,
    cast(sum(credits) as decimal(38, 6)) as credits,
    cast(max(unit_price) as decimal(24, 12)) as unit_price,
    max(currency) as currency,
    case
        when max(unit_price) is not null then cast(sum(cost) as decimal(38, 18))
    end as cost,
    cast(sum(refunded_credits) as decimal(38, 6)) as refunded_credits,
    case
        when max(unit_price) is not null
            then cast(sum(refunded_cost) as decimal(38, 18))
    end as refunded_cost
from moved
group by workspace_id, lot_id, usage_date, draw_kind
