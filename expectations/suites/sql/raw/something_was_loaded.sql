with delivered as (
    select
        coalesce(sum(accepted_count), 0) as accepted_count,
        coalesce(sum(quarantined_count), 0) as line_count,
        coalesce(
            sum(case when status = 'rejected' and line_count = 0 then 1 else 0 end), 0
        ) as file_count
    from raw.deliveries
),

reasons as (
    -- the value found may be an e-mail address: it stays in the quarantine
    select
        concat(min(file_path), ': ', reason) as example,
        row_number() over (order by count(*) desc, reason) as reason_rank
    from (
        select
            file_path,
            split_part(reason, '; found', 1) as reason
        from raw.quarantine
    ) as refused
    group by reason
),

first_reasons as (
    select
        concat_ws(
            '; ',
            max(case when reason_rank = 1 then example end),
            max(case when reason_rank = 2 then example end),
            max(case when reason_rank = 3 then example end)
        ) as listed
    from reasons
)

select
    case
        when delivered.line_count + delivered.file_count = 0
            then 'nothing was loaded: no file in the folder of a feed has a row'
        when delivered.line_count = 0
            then concat(
                'nothing was loaded: ', delivered.file_count, ' files were refused: ',
                first_reasons.listed
            )
        else concat(
            'nothing was loaded: ', delivered.line_count, ' lines were refused: ',
            first_reasons.listed
        )
    end as outcome
from delivered
cross join first_reasons
where delivered.accepted_count = 0
