{#- a person with another id since then moves no credits -#}
{%- set member_id = "cast(null as string)" if var('is_renamed') else 'member_id' %}

-- the published version and this run, by day
with days_before as (
    select * from {{ source('served', 'usage_by_day') }}
    where {{ was_served('usage_date') }}
),

days_after as (
    select * from {{ ref('fct_usage_by_day') }}
    where {{ was_served('usage_date') }}
),

days as (
    select
        workspace_id,
        usage_date,
        sum(case when is_after then 0 else credits end) as credits_before,
        sum(case when is_after then credits else 0 end) as credits_after,
        sum(case when is_after then 0 else wasted_credits end) as wasted_before,
        sum(case when is_after then wasted_credits else 0 end) as wasted_after,
        sum(case when is_after then 0 else generation_count end) as count_before,
        sum(case when is_after then generation_count else 0 end) as count_after
    from (
        {%- for side in ('before', 'after') %}
        select
            workspace_id,
            usage_date,
            credits,
            wasted_credits,
            generation_count,
            '{{ side }}' = 'after' as is_after
        from days_{{ side }}
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as both_sides
    group by workspace_id, usage_date
),

-- on rebuilt days, credits may change categories though their sum is the same
reassigned_cells as (
    select
        workspace_id,
        usage_date
    from (
        select
            workspace_id,
            usage_date,
            {{ member_id }} as member_id,
            product_category,
            generation_type,
            credits,
            generation_count
        from {{ ref('int_usage_daily_base') }}
        where
            {{ was_served('usage_date') }}
            and {{ is_on_changed_day(ref('int_changed_days')) }}
        union all
        select
            workspace_id,
            usage_date,
            {{ member_id }} as member_id,
            product_category,
            generation_type,
            -credits as credits,
            -generation_count as generation_count
        from {{ source('served', 'usage_daily') }}
        where
            {{ was_served('usage_date') }}
            and {{ is_on_changed_day(ref('int_changed_days')) }}
    ) as both_sides
    group by workspace_id, usage_date, member_id, product_category, generation_type
    having sum(credits) <> 0 or sum(generation_count) <> 0
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
            reassigned_cells.workspace_id,
            reassigned_cells.usage_date
        from reassigned_cells
    )
