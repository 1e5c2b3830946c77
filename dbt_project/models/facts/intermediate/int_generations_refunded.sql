{{ config(materialized='view') }}

select
    generations.row_id,
    sum(entries.credits) as refunded_credits,
    max(entries.batch_id) as refunded_in_batch
from {{ ref('fct_credit_entries') }} as entries
inner join {{ ref('int_generations_reported') }} as generations
    on
        coalesce(entries.related_source, 'native') = generations.source
        and entries.related_event_id = generations.event_id
        and entries.workspace_id = generations.workspace_id
where entries.entry_type = 'refund'
group by generations.row_id
