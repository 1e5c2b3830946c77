with sides as (
    select
        sum(accepted) as accepted,
        sum(accepted_credits) as accepted_credits,
        sum(live) as live,
        sum(live_credits) as live_credits,
        sum(repeated) as repeated,
        sum(repeated_credits) as repeated_credits
    from (
        select
            line_count - quarantined_count as accepted,
            accepted_credits,
            0 as live,
            0 as live_credits,
            0 as repeated,
            0 as repeated_credits
        from raw.deliveries
        where feed = 'credit_entries'
        union all
        select
            0 as accepted,
            0 as accepted_credits,
            1 as live,
            credits as live_credits,
            0 as repeated,
            0 as repeated_credits
        from staging.stg_credit_entries
        union all
        select
            0 as accepted,
            0 as accepted_credits,
            0 as live,
            0 as live_credits,
            1 as repeated,
            credits as repeated_credits
        from staging.stg_repeated_deliveries
        where feed = 'credit_entries'
    ) as all_sides
)

select * from sides
where accepted <> live + repeated or accepted_credits <> live_credits + repeated_credits
