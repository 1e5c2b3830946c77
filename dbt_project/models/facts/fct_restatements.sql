with restated as (select * from {{ ref('int_restated_days') }}),

late_generations as (
    select * from {{ ref('fct_generations') }}
    where batch_id > {{ var('served_batch') or 0 }} and {{ was_served('usage_date') }}
),

newly_retracted as (
    select * from {{ ref('int_generations_excluded') }}
    where
        exclusion_reason = 'retracted'
        and not {{ is_unserved('batch_id', 'usage_date') }}
        and {{ is_unserved('retracted_in_batch', 'retracted_on') }}
),

late as (
    select
        workspace_id,
        usage_date,
        sum(credits) as credits,
        sum(case when disposition = 'wasted' then credits else 0 end) as wasted_credits
    from late_generations
    group by workspace_id, usage_date
),

retracted as (
    select
        workspace_id,
        usage_date,
        sum(credits) as credits
    from newly_retracted
    group by workspace_id, usage_date
),

-- other days of the same content units
changed_through_units as (
    select distinct
        generations.workspace_id,
        generations.usage_date,
        units.cause
    from (
        select
            workspace_id,
            product_id,
            generation_type,
            locale,
            'late' as cause
        from late_generations
        union
        select
            workspace_id,
            product_id,
            generation_type,
            locale,
            'retraction' as cause
        from newly_retracted
    ) as units
    inner join {{ ref('int_generations_classified') }} as generations
        on {{ same_unit('units', 'generations') }}
    inner join restated
        on
            generations.workspace_id = restated.workspace_id
            and generations.usage_date = restated.usage_date
),

explained as (
    select
        restated.*,
        late.workspace_id is not null as has_late,
        retracted.workspace_id is not null as has_retracted,
        coalesce(late.credits, 0) as late_credits,
        coalesce(late.wasted_credits, 0) as late_wasted,
        coalesce(retracted.credits, 0) as retracted_credits,
        restated.credits_after - restated.credits_before
        - coalesce(late.credits, 0) + coalesce(retracted.credits, 0)
            as reassigned_credits,
        restated.wasted_credits_after - restated.wasted_credits_before
        - coalesce(late.wasted_credits, 0) as other_wasted_change,
        case
            when {{ is_redefined() }} then 'definition'
            when retracted.workspace_id is not null then 'retraction'
            when late.workspace_id is not null then 'late'
            when late_units.cause is not null then 'late'
            when retracted_units.cause is not null then 'retraction'
            when restated.credits_after <> restated.credits_before then 'dimension'
            else 'outcome'
        end as wasted_cause
    from restated
    left join late
        on
            restated.workspace_id = late.workspace_id
            and restated.usage_date = late.usage_date
    left join retracted
        on
            restated.workspace_id = retracted.workspace_id
            and restated.usage_date = retracted.usage_date
    left join changed_through_units as late_units
        on
            restated.workspace_id = late_units.workspace_id
            and restated.usage_date = late_units.usage_date
            and late_units.cause = 'late'
    left join changed_through_units as retracted_units
        on
            restated.workspace_id = retracted_units.workspace_id
            and restated.usage_date = retracted_units.usage_date
            and retracted_units.cause = 'retraction'
),

causes as (
    select
        workspace_id,
        usage_date,
        'late' as cause,
        late_credits as credits_change,
        late_wasted as wasted_change
    from explained
    where has_late
    union all
    select
        workspace_id,
        usage_date,
        'retraction' as cause,
        -retracted_credits as credits_change,
        0 as wasted_change
    from explained
    where has_retracted
    union all
    select
        workspace_id,
        usage_date,
        case when {{ is_redefined() }} then 'definition' else 'dimension' end as cause,
        reassigned_credits as credits_change,
        0 as wasted_change
    from explained
    where
        reassigned_credits <> 0
        or (not has_late and not has_retracted and other_wasted_change = 0)
    union all
    select
        workspace_id,
        usage_date,
        wasted_cause as cause,
        0 as credits_change,
        other_wasted_change as wasted_change
    from explained
    where other_wasted_change <> 0
),

by_cause as (
    select
        workspace_id,
        usage_date,
        cause,
        sum(credits_change) as credits_change,
        sum(wasted_change) as wasted_change
    from causes
    group by workspace_id, usage_date, cause
),

-- each cause starts from the result of the one before it: they add up to the change
chained as (
    select
        by_cause.workspace_id,
        by_cause.usage_date,
        by_cause.cause,
        by_cause.credits_change,
        by_cause.wasted_change,
        restated.credits_before
        + sum(by_cause.credits_change) over chain as credits_after,
        restated.wasted_credits_before
        + sum(by_cause.wasted_change) over chain as wasted_after
    from by_cause
    inner join restated
        on
            by_cause.workspace_id = restated.workspace_id
            and by_cause.usage_date = restated.usage_date
    window chain as (
        partition by by_cause.workspace_id, by_cause.usage_date
        order by by_cause.cause
        rows between unbounded preceding and current row
    )
),

-- an entry effective on a day already reported restates the balance from that day on
late_entries as (
    select distinct
        workspace_id,
        case
            when entry_type in ('purchase', 'grant') then effective_on else occurred_on
        end as usage_date
    from {{ ref('fct_credit_entries') }}
    where {{ is_unserved('batch_id', 'occurred_on') }}
),

days as (
    select
        workspace_id,
        usage_date,
        sum(credits) as credits,
        sum(wasted_credits) as wasted_credits
    from {{ ref('fct_usage_daily') }}
    where
        (workspace_id, usage_date) in (
            select
                late_entries.workspace_id,
                late_entries.usage_date
            from late_entries
        )
    group by workspace_id, usage_date
)

select
    workspace_id,
    usage_date,
    {{ as_of() }} as as_of,
    cause,
    cast(credits_after - credits_change as decimal(38, 6)) as credits_before,
    cast(credits_after as decimal(38, 6)) as credits_after,
    cast(wasted_after - wasted_change as decimal(38, 6)) as wasted_credits_before,
    cast(wasted_after as decimal(38, 6)) as wasted_credits_after
from chained
union all
select
    late_entries.workspace_id,
    late_entries.usage_date,
    {{ as_of() }} as as_of,
    'ledger' as cause,
    cast(coalesce(days.credits, 0) as decimal(38, 6)) as credits_before,
    cast(coalesce(days.credits, 0) as decimal(38, 6)) as credits_after,
    cast(coalesce(days.wasted_credits, 0) as decimal(38, 6)) as wasted_credits_before,
    cast(coalesce(days.wasted_credits, 0) as decimal(38, 6)) as wasted_credits_after
from late_entries
left join days
    on
        late_entries.workspace_id = days.workspace_id
        and late_entries.usage_date = days.usage_date
where {{ was_served('late_entries.usage_date') }}
