{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ remove_rows(is_repeated_again([
        (source('raw', 'generation_events'), ['source', 'event_id']),
        (source('raw', 'content_outcomes'), ['source', 'outcome_id']),
        (source('raw', 'event_retractions'), ['source', 'retraction_id']),
        (source('raw', 'credit_entries'), ['workspace_id', 'entry_id']),
    ])) }}"
) }}

-- a failed gate on it stops staging: depends_on: {{ source('raw', 'deliveries') }}
{{ repeated_deliveries(
    'generation_events', source('raw', 'generation_events'), ['source', 'event_id'],
    'ordered.credits', version=['revision', 'recorded_at'], keys=ref('stg_generation_keys')
) }}
union all
{{ repeated_deliveries(
    'content_outcomes', source('raw', 'content_outcomes'), ['source', 'outcome_id'], 'null',
    keys=ref('stg_outcome_keys')
) }}
union all
{{ repeated_deliveries(
    'event_retractions', source('raw', 'event_retractions'), ['source', 'retraction_id'], 'null'
) }}
union all
{{ repeated_deliveries(
    'credit_entries', source('raw', 'credit_entries'), ['workspace_id', 'entry_id'], 'ordered.credits',
    version=['revision']
) }}
