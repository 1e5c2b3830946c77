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
    where lot_status <> 'expected'
    union all
    -- a refund that names no lot may have gone to the lot that paid
    select
        entries.workspace_id,
        coalesce(movements.lot_id, entries.lot_id, entries.entry_id) as lot_id,
        0 as lots,
        0 as funded,
        entries.credits as entered,
        case
            when entries.effective_on <= :as_of then entries.credits else 0
        end as effective
    from facts.fct_credit_entries as entries
    left join facts.fct_lot_movements as movements
        on
            entries.workspace_id = movements.workspace_id
            and entries.entry_id = movements.entry_id
    where entries.credits > 0
) as both_sides
group by workspace_id, lot_id
having
    sum(lots) <> 1
    or not coalesce(sum(funded) between sum(effective) and sum(entered), false)
