with accepted as (
    select coalesce(sum(1), 0) as accepted from raw.{feed}
    where :is_new(batch_id)
),

staged as (
    select coalesce(sum(1), 0) as live from staging.stg_{feed}
    where :is_new(batch_id)
),

repeated as (
    select
        coalesce(sum(case when is_conflict then 0 else 1 end), 0) as duplicate,
        coalesce(sum(case when is_conflict then 1 else 0 end), 0) as conflicting
    from staging.stg_repeated_deliveries
    where feed = '{feed}' and :is_new(batch_id)
)

select
    accepted.accepted,
    staged.live,
    repeated.duplicate,
    repeated.conflicting
from accepted cross join staged cross join repeated
where accepted.accepted <> staged.live + repeated.duplicate + repeated.conflicting
