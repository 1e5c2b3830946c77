with entries as (select * from {{ ref('stg_credit_entries') }}),

workspaces as (select * from {{ ref('dim_workspaces') }}),

dated as (
    select
        entries.*,
        coalesce(entries.currency, workspaces.currency) as currency_of_amount,
        {{ local_date('entries.occurred_at', 'workspaces.timezone') }} as occurred_on,
        {{ local_date('entries.effective_at', 'workspaces.timezone') }} as effective_on,
        -- 23:59:59 on the 31st and the midnight after it both leave the 31st usable
        {{ next_day(
            local_date(just_before('entries.expires_at'), 'workspaces.timezone')
        ) }} as expires_on
    from entries
    inner join workspaces on entries.workspace_id = workspaces.workspace_id
)

select
    workspace_id,
    entry_id,
    entry_type,
    lot_id,
    priority,
    credits,
    amount,
    currency_of_amount as currency,
    related_event_id,
    related_source,
    plan_id,
    pack_id,
    invoice_id,
    occurred_at,
    occurred_on,
    effective_at,
    effective_on,
    expires_at,
    expires_on,
    batch_id
from dated
where occurred_on <= {{ as_of() }}
