select
    promised.line_count,
    promised.file_count,
    kept.line_count as kept_lines,
    kept.file_count as kept_files
from (
    select
        coalesce(
            sum(case when status = 'loaded' then quarantined_count else 0 end), 0
        ) as line_count,
        coalesce(sum(case when status = 'rejected' then 1 else 0 end), 0) as file_count
    from raw.deliveries
) as promised
cross join (
    select
        count(line_number) as line_count,
        count(*) - count(line_number) as file_count
    from raw.quarantine
) as kept
where promised.line_count <> kept.line_count or promised.file_count <> kept.file_count
