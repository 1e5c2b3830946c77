{{ config(materialized='view') }}

select
    generations.row_id,
    sum(entries.credits) as refunded_credits,
    max(entries.batch_id) as refunded_in_batch
from {{ ref('int_generations_reported') }} as generations
inner join {{ ref('fct_credit_entries') }} as entries
    on
        generations.source = coalesce(entries.related_source, 'native')
        and generations.event_id = entries.related_event_id
        and generations.workspace_id = entries.workspace_id
where entries.entry_type = 'refund'
group by generations.row_id
