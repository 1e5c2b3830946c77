with purchases as (
    select * from {{ ref('fct_credit_entries') }}
    where entry_type = 'purchase'
),

-- the versions of the pack, that of the purchase first
listed as (
    select
        purchases.workspace_id,
        purchases.entry_id,
        {{ exact_ratio('packs.price', 'packs.credits', decimals=12) }}
            as list_unit_price,
        row_number() over (
            partition by purchases.workspace_id, purchases.entry_id
            order by
                case
                    when packs.updated_at > purchases.occurred_at then 1 else 0
                end asc,
                case
                    when packs.updated_at > purchases.occurred_at
                        then packs.version_number
                    else -packs.version_number
                end asc
        ) as version_rank
    from purchases
    inner join {{ ref('stg_credit_packs') }} as packs
        on
            purchases.workspace_id = packs.workspace_id
            and purchases.pack_id = packs.pack_id
            and purchases.currency = packs.currency
)

select
    purchases.workspace_id,
    purchases.occurred_on as day,
    purchases.entry_id,
    coalesce(purchases.lot_id, purchases.entry_id) as lot_id,
    cast(purchases.credits as decimal(18, 6)) as credits,
    cast(purchases.amount as decimal(24, 12)) as amount,
    purchases.currency,
    purchases.pack_id,
    purchases.invoice_id,
    purchases.effective_on,
    purchases.expires_on,
    cast(listed.list_unit_price as decimal(24, 12)) as list_unit_price
from purchases
left join listed
    on
        purchases.workspace_id = listed.workspace_id
        and purchases.entry_id = listed.entry_id
        and listed.version_rank = 1
