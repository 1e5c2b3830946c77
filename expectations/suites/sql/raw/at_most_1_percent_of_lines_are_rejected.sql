with newest as (select max(batch_id) as batch_id from raw.deliveries),

files as (
    -- a file of another system has its records as lines, and a row for those not mapped
    select
        feed,
        max(line_count) as line_count,
        sum(quarantined_count) as rejected_count
    from raw.deliveries
    where batch_id in (select batch_id from newest)
    group by feed, file_path
),

fed as (
    select
        feed,
        sum(line_count) as line_count,
        sum(rejected_count) as rejected_count
    from files
    group by feed
),

broken as (
    -- the value found may be an e-mail address: it stays in the quarantine
    select
        feed,
        rule,
        min(split_part(reason, '; found', 1)) as reason,
        row_number() over (partition by feed order by count(*) desc, rule) as rule_rank
    from raw.quarantine
    where batch_id in (select batch_id from newest)
    group by feed, rule
)

select
    fed.feed,
    fed.rejected_count,
    fed.line_count,
    broken.rule,
    broken.reason
from fed
left join broken on fed.feed = broken.feed and broken.rule_rank = 1
where fed.rejected_count * 100 > fed.line_count
