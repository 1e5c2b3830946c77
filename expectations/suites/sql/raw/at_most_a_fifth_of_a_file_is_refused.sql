with broken as (
    -- the value found may be an e-mail address: it stays in the quarantine
    select
        batch_id,
        file_path,
        min(split_part(reason, '; found', 1)) as reason,
        row_number() over (
            partition by batch_id, file_path order by count(*) desc, rule
        ) as rule_rank
    from raw.quarantine
    group by batch_id, file_path, rule
)

select
    deliveries.file_path,
    deliveries.quarantined_count,
    deliveries.line_count,
    broken.reason
from raw.deliveries as deliveries
left join broken
    on
        deliveries.batch_id = broken.batch_id
        and deliveries.file_path = broken.file_path
        and broken.rule_rank = 1
where
    deliveries.batch_id = (
        select max(newest.batch_id) as batch_id from raw.deliveries as newest
    )
    and deliveries.status = 'loaded'
    and deliveries.quarantined_count * 5 > deliveries.line_count
