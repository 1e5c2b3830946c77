with ranked as (
    select
        feed,
        delivered_id,
        waits_for,
        count(*) over (partition by feed) as row_count,
        row_number() over (
            partition by feed order by waits_for desc, delivered_id desc
        ) as latest_rank
    from facts.fct_rows_waiting
)

select
    feed,
    row_count,
    cast(waits_for as string) as latest_on,
    delivered_id
from ranked
where latest_rank = 1
order by feed
