with days as (
    select distinct
        {scope} as scope,
        usage_date
    from facts.fct_usage_by_day
),

gaps as (
    select
        scope,
        usage_date,
        lag(usage_date) over (partition by scope order by usage_date) as day_before,
        max(usage_date) over (partition by scope) as newest_date
    from days
),

lately as (
    select
        scope,
        newest_date,
        count(*) as day_count,
        max(usage_date - day_before) as longest_gap
    from gaps
    where usage_date > newest_date - interval '56' day
    group by scope, newest_date
)

select * from lately
