{{ config(materialized='view') }}

select
    'content_outcomes' as feed,
    source as reference_scope,
    outcome_id as reference_id,
    source,
    event_id,
    batch_id
from {{ ref('stg_content_outcomes') }}
union all
select
    'event_retractions' as feed,
    source as reference_scope,
    retraction_id as reference_id,
    source,
    event_id,
    batch_id
from {{ ref('stg_event_retractions') }}
union all
select
    'credit_entries' as feed,
    workspace_id as reference_scope,
    entry_id as reference_id,
    coalesce(related_source, 'native') as source,
    related_event_id as event_id,
    batch_id
from {{ ref('stg_credit_entries') }}
where entry_type = 'refund' and related_event_id is not null
