with rejected as (select * from {{ source('raw', 'quarantine') }}),

conflicts as (select * from {{ ref('stg_conflicts') }})

select
    feed,
    rule,
    column_name,
    reason,
    remedy,
    batch_id,
    file_path,
    line_number
from rejected
union all
select
    feed,
    'key.conflict' as rule,
    cast(null as string) as column_name,
    concat(
        'the key ', key_scope, ' / ', key_id, ' was delivered before with other content'
    ) as reason,
    case feed
        when 'generation_events'
            then 'deliver the correction under a new id, and retract the old one'
        else 'deliver the correction under a new id'
    end as remedy,
    batch_id,
    file_path,
    line_number
from conflicts
