with restated as (select * from {{ ref('int_restated_days') }}),

changes as (select * from {{ ref('int_generation_changes') }}),

-- few of all generations, which are then looked up in
on_restated_days as (
    select * from {{ ref('int_generations_classified') }}
    where
        (workspace_id, usage_date) in (
            select
                restated.workspace_id,
                restated.usage_date
            from restated
        )
),

refunded as (
    select distinct
        generations.workspace_id,
        generations.usage_date
    from {{ ref('fct_credit_entries') }} as entries
    inner join on_restated_days as generations
        on
            coalesce(entries.related_source, 'native') = generations.source
            and entries.related_event_id = generations.event_id
            and entries.workspace_id = generations.workspace_id
    where
        entries.entry_type = 'refund'
        and {{ is_unserved('entries.batch_id', 'entries.occurred_on') }}
),

-- days that changed by themselves, and other days of the same content units
changed_days as (
    select
        workspace_id,
        usage_date,
        cause,
        sum(credits_change) as credits_change,
        sum(wasted_change) as wasted_change
    from changes
    group by workspace_id, usage_date, cause
),

changed_with_units as (
    select
        generations.workspace_id,
        generations.usage_date,
        {%- for cause in ('late', 'retraction', 'correction') %}
        max(case when units.cause = '{{ cause }}' then 1 else 0 end) as has_{{ cause }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from (
        select distinct
            {{ classified_together() | join(', ') }},
            cause
        from changes
    ) as units
    inner join on_restated_days as generations
        on {{ same_unit('units', 'generations') }}
    group by generations.workspace_id, generations.usage_date
),

changed_in_all as (
    select
        workspace_id,
        usage_date,
        sum(credits_change) as credits_change,
        sum(wasted_change) as wasted_change,
        {%- for cause in ('late', 'retraction', 'correction') %}
        max(case when cause = '{{ cause }}' then 1 else 0 end) as has_{{ cause }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from changed_days
    group by workspace_id, usage_date
),

explained as (
    select
        restated.workspace_id,
        restated.usage_date,
        changed.workspace_id is not null as is_changed,
        restated.credits_after - restated.credits_before
        - coalesce(changed.credits_change, 0) as reassigned_credits,
        restated.wasted_credits_after - restated.wasted_credits_before
        - coalesce(changed.wasted_change, 0) as other_wasted_change,
        case
            when {{ is_redefined() }} then 'definition'
            when changed.has_retraction = 1 then 'retraction'
            when changed.has_late = 1 then 'late'
            when changed.has_correction = 1 then 'correction'
            when refunded.workspace_id is not null then 'ledger'
            when with_units.has_late = 1 then 'late'
            when with_units.has_retraction = 1 then 'retraction'
            when with_units.has_correction = 1 then 'correction'
            when restated.credits_after <> restated.credits_before then 'dimension'
            else 'outcome'
        end as wasted_cause
    from restated
    left join changed_in_all as changed
        on
            restated.workspace_id = changed.workspace_id
            and restated.usage_date = changed.usage_date
    left join refunded
        on
            restated.workspace_id = refunded.workspace_id
            and restated.usage_date = refunded.usage_date
    left join changed_with_units as with_units
        on
            restated.workspace_id = with_units.workspace_id
            and restated.usage_date = with_units.usage_date
),

causes as (
    select changed_days.*
    from changed_days
    inner join restated
        on
            changed_days.workspace_id = restated.workspace_id
            and changed_days.usage_date = restated.usage_date
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
        or (not is_changed and other_wasted_change = 0)
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
where
    {{ was_served('late_entries.usage_date') }}
    -- or the change of usage says the same
    and (late_entries.workspace_id, late_entries.usage_date) not in (
        select
            by_cause.workspace_id,
            by_cause.usage_date
        from by_cause
        where by_cause.cause = 'ledger'
    )
