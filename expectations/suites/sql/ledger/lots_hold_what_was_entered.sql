select
    workspace_id,
    lot_id,
    sum(lots) as lots,
    sum(funded) as funded,
    sum(entered) as entered,
    sum(effective) as effective
from (
    select
        workspace_id,
        lot_id,
        1 as lots,
        funded,
        0 as entered,
        0 as effective
    from facts.fct_credit_lots
    union all
    select
        workspace_id,
        lot_id,
        0 as lots,
        0 as funded,
        credits as entered,
        case when effective_on <= :as_of then credits else 0 end as effective
    from facts.fct_credit_entries
    where credits > 0
) as both_sides
group by workspace_id, lot_id
having
    sum(lots) <> 1
    or not coalesce(sum(funded) between sum(effective) and sum(entered), false)
