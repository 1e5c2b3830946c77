with newest as (select max(batch_id) as batch_id from raw.deliveries),

broken as (
    -- the value found may be an e-mail address: it stays in the quarantine
    select
        file_path,
        min(split_part(reason, '; found', 1)) as reason,
        row_number() over (
            partition by file_path order by count(*) desc, rule
        ) as rule_rank
    from raw.quarantine
    where batch_id in (select batch_id from newest)
    group by file_path, rule
),

refused as (
    -- a file of another system has a row for each feed that rows were made of
    select
        file_path,
        sum(quarantined_count) as quarantined_count,
        max(line_count) as line_count
    from raw.deliveries
    where status = 'loaded' and batch_id in (select batch_id from newest)
    group by file_path
)

select
    refused.file_path,
    refused.quarantined_count,
    refused.line_count,
    broken.reason
from refused
left join broken on refused.file_path = broken.file_path and broken.rule_rank = 1
where refused.quarantined_count * 5 > refused.line_count
