-- several runs may have published a forecast for one day: the last one counts
with vintages as (
    select
        *,
        row_number() over (
            partition by workspace_id, as_of
            order by published_at desc nulls last
        ) as newest_rank
    from {{ source('journal', 'depletion_forecast') }}
    where as_of < {{ as_of() }}
)

select * from vintages
where newest_rank = 1
