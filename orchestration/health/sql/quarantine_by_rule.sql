-- the example: an open row of the newest batch
select
    feed,
    rule,
    remedy,
    count(*) as row_count,
    count(distinct file_path) as file_count,
    count(*) filter (where is_corrected) as corrected_count,
    max(case when example_rank = 1 then concat_ws(':', file_path, line_number) end)
        as example,
    max(case when example_rank = 1 then reason end) as reason
from (
    select
        *,
        row_number() over (
            partition by feed, rule, remedy
            order by is_corrected asc, batch_id desc, file_path asc, line_number asc
        ) as example_rank
    from ({rejected}) as rejected
) as ranked
group by feed, rule, remedy
order by feed, rule, remedy
