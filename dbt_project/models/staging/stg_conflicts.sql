{%- set keys = {
    'generation_events': ('source', 'event_id'),
    'content_outcomes': ('source', 'outcome_id'),
    'event_retractions': ('source', 'retraction_id'),
    'credit_entries': ('workspace_id', 'entry_id'),
} -%}
{%- for feed, key in keys.items() %}
select
    '{{ feed }}' as feed,
    losing.{{ key[0] }} as key_scope,
    losing.{{ key[1] }} as key_id,
    losing.batch_id,
    losing.file_path,
    losing.line_number,
    losing.content_hash,
    winning.content_hash as winning_hash,
    winning.batch_id as winning_batch_id,
    {% if feed in ('generation_events', 'credit_entries') -%}
    losing.credits
    {%- else -%}
    cast(null as decimal(18, 6))
    {%- endif %} as credits
from {{ source('raw', feed) }} as losing
inner join {{ ref('stg_' ~ feed) }} as winning
    on
        losing.{{ key[0] }} = winning.{{ key[0] }}
        and losing.{{ key[1] }} = winning.{{ key[1] }}
where
    winning.conflict_count > 0
    and losing.content_hash <> winning.content_hash
{% if not loop.last %}union all{% endif %}
{%- endfor %}
