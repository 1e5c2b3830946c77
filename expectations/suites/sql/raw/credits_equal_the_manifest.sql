select
    batch_id,
    file_path,
    sum(promised) as promised,
    sum(kept) as kept
from (
    select
        batch_id,
        file_path,
        sum(accepted_credits) as promised,
        0 as kept
    from raw.deliveries
    where feed = '{feed}' and status = 'loaded' and :is_new(batch_id)
    group by batch_id, file_path
    union all
    select
        batch_id,
        file_path,
        0 as promised,
        sum(credits) as kept
    from raw.{feed}
    where :is_new(batch_id)
    group by batch_id, file_path
) as both_sides
group by batch_id, file_path
having coalesce(sum(promised), 0) <> coalesce(sum(kept), 0)
