with delivered as (
    select
        coalesce(max(row_count), 0) as row_count,
        coalesce(max(credits), 0) as credits
    from (
        select
            sum(line_count) - sum(quarantined_count) as row_count,
            sum(accepted_credits) as credits
        from raw.deliveries
        where feed = 'generation_events'
    ) as summed
),

repeated as (
    select
        coalesce(max(row_count), 0) as row_count,
        coalesce(max(credits), 0) as credits
    from (
        select
            count(*) as row_count,
            sum(credits) as credits
        from staging.stg_repeated_deliveries
        where feed = 'generation_events'
    ) as summed
),

staged as (
    select
        coalesce(max(row_count), 0) as row_count,
        coalesce(max(credits), 0) as credits
    from
        (select
            sum(generation_count) as row_count,
            sum(credits) as credits
        from staging.stg_usage_by_batch) as summed
),

withheld as (
    select
        coalesce(max(row_count), 0) as row_count,
        coalesce(max(credits), 0) as credits
    from
        (select
            count(*) as row_count,
            sum(credits) as credits
        from facts.int_generations_excluded) as summed
),

known as (
    select
        coalesce(max(row_count), 0) as row_count,
        coalesce(max(credits), 0) as credits
    from
        (select
            sum(generation_count) as row_count,
            sum(credits) as credits
        from facts.fct_usage_by_day) as summed
),

published as (
    select
        coalesce(max(row_count), 0) as row_count,
        coalesce(max(credits), 0) as credits
    from
        (select
            sum(generation_count) as row_count,
            sum(credits) as credits
        from usage_days) as summed
)

select
    delivered.row_count as delivered,
    delivered.credits as delivered_credits,
    repeated.row_count as repeated,
    repeated.credits as repeated_credits,
    staged.row_count as staged,
    staged.credits as staged_credits,
    withheld.row_count as withheld,
    withheld.credits as withheld_credits,
    known.row_count as known,
    known.credits as known_credits,
    published.row_count as published,
    published.credits as published_credits
from delivered
cross join repeated
cross join staged
cross join withheld
cross join known
cross join published
where
    delivered.row_count <> staged.row_count + repeated.row_count
    or staged.row_count <> withheld.row_count + known.row_count
    or known.row_count <> published.row_count
    or delivered.credits <> staged.credits + repeated.credits
    or staged.credits <> withheld.credits + known.credits
    or known.credits <> published.credits
