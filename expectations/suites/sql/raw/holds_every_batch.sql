select
    promised.row_count as promised,
    kept.row_count as kept
from (
    select coalesce(sum(accepted_count), 0) as row_count
    from raw.deliveries
    where feed = '{feed}' and status = 'loaded'
) as promised
cross join (select count(*) as row_count from raw.{feed}) as kept
where promised.row_count <> kept.row_count
