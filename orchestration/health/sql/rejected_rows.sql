-- A later delivery of a file reads its lines again: all of them, or those after the
-- ones that a log had before it grew. A line that it refuses again counts once, by its
-- newest refusal; one that it does not refuse is corrected.
with deliveries as (
    select
        file_path,
        batch_id,
        continued_after
    from (
        select * from read_parquet($deliveries, union_by_name = true)
        union all by name
        select * from no_deliveries
    ) as every_delivery
    where status in ('loaded', 'alias')
),

changed_files as (
    select
        file_path,
        max(batch_id) as batch_id
    from deliveries
    where continued_after is null
    group by file_path
),

refused as (
    select
        *,
        greatest(
            max(batch_id) over (partition by file_path, line_number),
            case
                when text is not null
                    then max(batch_id) over (partition by file_path, text)
            end
        ) as newest_refusal
    from read_parquet($quarantine)
)

select
    refused.* exclude (newest_refusal),
    coalesce(changed_files.batch_id > refused.batch_id, false) as is_corrected
from refused
left join changed_files
    on refused.file_path = changed_files.file_path
where
    not (
        (changed_files.batch_id > refused.batch_id or refused.line_number is null)
        and coalesce(refused.newest_refusal > refused.batch_id, false)
    )
    and not exists (
        select deliveries.batch_id
        from deliveries
        where
            deliveries.file_path = refused.file_path
            and deliveries.batch_id > refused.batch_id
            and deliveries.continued_after < refused.line_number
    )
