select
    cells.workspace_id,
    cells.cost,
    cells.unpriced_credits,
    coalesce(lots.cost, 0) as lot_cost,
    cells.credits - coalesce(lots.priced_credits, 0) as lot_unpriced_credits
from (
    select
        workspace_id,
        sum(credits) as credits,
        coalesce(sum(cost), 0) as cost,
        sum(unpriced_credits) as unpriced_credits
    from usage_days
    group by workspace_id
) as cells
left join (
    select
        workspace_id,
        sum(cost) as cost,
        sum(case when unit_price is not null then credits else 0 end) as priced_credits,
        min(case when credits > 0 then currency end) as lowest_currency,
        max(case when credits > 0 then currency end) as highest_currency,
        min(credits) as least_credits
    from marts.lot_draws
    group by workspace_id
) as lots on cells.workspace_id = lots.workspace_id
-- where overage is paid back later, lots also pay for usage of earlier days
where
    coalesce(lots.least_credits, 0) >= 0
    and (
        cells.unpriced_credits <> cells.credits - coalesce(lots.priced_credits, 0)
        or (
            coalesce(lots.lowest_currency = lots.highest_currency, true)
            and cells.cost <> coalesce(lots.cost, 0)
        )
    )
