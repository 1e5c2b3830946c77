select
    entries.workspace_id,
    entries.entry_id,
    entries.entry_type,
    cast(cast(entries.credits as decimal(38, 6)) * 1000000 as bigint) as credits_micro,
    entries.lot_id,
    entries.priority,
    entries.plan_id,
    entries.amount,
    entries.currency,
    entries.occurred_at,
    entries.occurred_on,
    entries.effective_at,
    entries.effective_on,
    entries.expires_at,
    entries.expires_on,
    generations.usage_date as related_on
from facts.fct_credit_entries as entries
left join (
    select
        workspace_id,
        source,
        event_id,
        usage_date
    from facts.int_generations_classified
    where
        event_id in (
            select related_event_id from facts.fct_credit_entries
            where entry_type = 'refund'
        )
) as generations
    on
        entries.entry_type = 'refund'
        and entries.related_event_id = generations.event_id
        and coalesce(entries.related_source, 'native') = generations.source
        and entries.workspace_id = generations.workspace_id
