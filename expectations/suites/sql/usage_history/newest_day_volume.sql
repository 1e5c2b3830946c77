-- the 28 days before as_of, of workspaces that have at least two of them on its weekday
with starts as (
    select
        workspace_id,
        min(usage_date) as first_date
    from facts.fct_usage_by_day
    group by workspace_id
),

lately as (
    select
        workspace_id,
        usage_date,
        generation_count
    from facts.fct_usage_by_day
    where usage_date >= :as_of - 28
),

past_days as (
    {past_days}
),

history as (
    select
        starts.workspace_id,
        coalesce(lately.generation_count, 0) as generation_count,
        past_days.days_ago in (7, 14, 21, 28) as is_same_weekday
    from starts
    inner join past_days on starts.first_date <= past_days.usage_date
    left join lately
        on
            starts.workspace_id = lately.workspace_id
            and past_days.usage_date = lately.usage_date
    where starts.first_date <= :as_of - 14
),

ranked as (
    select
        *,
        row_number() over (
            partition by workspace_id order by generation_count
        ) as day_rank,
        count(*) over (partition by workspace_id) as day_count,
        row_number() over (
            partition by workspace_id, is_same_weekday order by generation_count
        ) as weekday_rank,
        count(*) over (partition by workspace_id, is_same_weekday) as weekday_count
    from history
),

usual as (
    select
        workspace_id,
        avg(
            case
                when
                    day_rank * 2 in (day_count, day_count + 1, day_count + 2)
                    then generation_count
            end
        ) as usual_day,
        avg(
            case
                when
                    is_same_weekday
                    and weekday_rank * 2
                    in (weekday_count, weekday_count + 1, weekday_count + 2)
                    then generation_count
            end
        ) as usual_weekday
    from ranked
    group by workspace_id
),

compared as (
    select
        usual.*,
        coalesce(newest.generation_count, 0) as generation_count,
        :as_of as usage_date
    from usual
    left join (
        select * from lately
        where usage_date = :as_of
    ) as newest
        on usual.workspace_id = newest.workspace_id
)

select * from compared
where {is_unusual}
