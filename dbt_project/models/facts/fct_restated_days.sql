-- what is about to be published, and what is published now, cell by cell
with usage_before as (
    select * from {{ source('served', 'usage_daily') }}
    where {{ was_served('usage_date') }}
),

usage_after as (
    select * from {{ ref('fct_usage_daily') }}
    where {{ was_served('usage_date') }}
),

days as (
    select
        workspace_id,
        usage_date,
        sum(credits_before) as credits_before,
        sum(credits_after) as credits_after,
        sum(wasted_before) as wasted_before,
        sum(wasted_after) as wasted_after,
        sum(count_before) as count_before,
        sum(count_after) as count_after
    from (
        select
            workspace_id,
            usage_date,
            credits as credits_before,
            0 as credits_after,
            wasted_credits as wasted_before,
            0 as wasted_after,
            generation_count as count_before,
            0 as count_after
        from usage_before
        union all
        select
            workspace_id,
            usage_date,
            0 as credits_before,
            credits as credits_after,
            0 as wasted_before,
            wasted_credits as wasted_after,
            0 as count_before,
            generation_count as count_after
        from usage_after
    ) as both_sides
    group by workspace_id, usage_date
),

-- on days made anew, credits may have moved between categories though their sum stayed
moved_cells as (
    select
        workspace_id,
        usage_date
    from (
        select
            workspace_id,
            usage_date,
            member_id,
            product_category,
            generation_type,
            credits,
            wasted_credits,
            generation_count
        from usage_after
        where {{ is_on_touched_day() }}
        union all
        select
            workspace_id,
            usage_date,
            member_id,
            product_category,
            generation_type,
            -credits as credits,
            -wasted_credits as wasted_credits,
            -generation_count as generation_count
        from usage_before
        where {{ is_on_touched_day() }}
    ) as both_sides
    group by workspace_id, usage_date, member_id, product_category, generation_type
    having sum(credits) <> 0 or sum(wasted_credits) <> 0 or sum(generation_count) <> 0
)

select
    workspace_id,
    usage_date,
    cast(credits_before as decimal(38, 6)) as credits_before,
    cast(credits_after as decimal(38, 6)) as credits_after,
    cast(wasted_before as decimal(38, 6)) as wasted_credits_before,
    cast(wasted_after as decimal(38, 6)) as wasted_credits_after
from days
where
    credits_before <> credits_after
    or wasted_before <> wasted_after
    or count_before <> count_after
    or (workspace_id, usage_date) in (
        select
            moved_cells.workspace_id,
            moved_cells.usage_date
        from moved_cells
    )
