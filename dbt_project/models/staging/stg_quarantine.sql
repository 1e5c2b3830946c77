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
        when 'generation_events' then
            concat(
                'a corrected row: deliver it with a higher revision; ',
                'a row that still grows: deliver complete days, or a higher revision; ',
                'ids that are not unique: set source for each workspace, or build ',
                'the id from more columns, and never retract: both rows are true'
            )
        else 'deliver the correction under a new id'
    end as remedy,
    batch_id,
    file_path,
    line_number
from conflicts
