with restated as (select * from {{ ref('int_restated_days') }}),

corrected_before as (select * from {{ ref('int_generations_corrected') }}),

new_generations as (
    select
        generations.*,
        corrected_before.winning_row_id is not null as is_corrected
    from {{ ref('fct_generations') }} as generations
    left join corrected_before on generations.row_id = corrected_before.winning_row_id
    where
        generations.batch_id > {{ var('served_batch') or 0 }}
        and {{ was_served('generations.usage_date') }}
),

late_generations as (
    select * from new_generations
    where not is_corrected
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

corrected as (
    select
        workspace_id,
        usage_date,
        sum(credits) as credits
    from (
        select
            workspace_id,
            usage_date,
            credits
        from new_generations
        where is_corrected
        union all
        select
            workspace_id,
            usage_date,
            -credits as credits
        from corrected_before
    ) as both_sides
    group by workspace_id, usage_date
),

refunded as (
    select distinct
        generations.workspace_id,
        generations.usage_date
    from {{ ref('fct_credit_entries') }} as entries
    inner join {{ ref('int_generations_classified') }} as generations
        on
            coalesce(entries.related_source, 'native') = generations.source
            and entries.related_event_id = generations.event_id
            and entries.workspace_id = generations.workspace_id
    where
        entries.entry_type = 'refund'
        and {{ is_unserved('entries.batch_id', 'entries.occurred_on') }}
),

-- other days of the same content units
changed_through_units as (
    select distinct
        generations.workspace_id,
        generations.usage_date,
        units.cause
    from (
        {%- for changed, cause in [
            ('late_generations', 'late'),
            ('newly_retracted', 'retraction'),
            ('new_generations where is_corrected', 'correction'),
            ('corrected_before', 'correction'),
        ] %}
        select
            {{ classified_together() | join(', ') }},
            '{{ cause }}' as cause
        from {{ changed }}
        {%- if not loop.last %}
        union
        {%- endif %}
        {%- endfor %}
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
        corrected.workspace_id is not null as has_corrected,
        coalesce(late.credits, 0) as late_credits,
        coalesce(late.wasted_credits, 0) as late_wasted,
        coalesce(retracted.credits, 0) as retracted_credits,
        coalesce(corrected.credits, 0) as corrected_credits,
        restated.credits_after - restated.credits_before
        - coalesce(late.credits, 0) + coalesce(retracted.credits, 0)
        - coalesce(corrected.credits, 0)
            as reassigned_credits,
        restated.wasted_credits_after - restated.wasted_credits_before
        - coalesce(late.wasted_credits, 0) as other_wasted_change,
        case
            when {{ is_redefined() }} then 'definition'
            when retracted.workspace_id is not null then 'retraction'
            when late.workspace_id is not null then 'late'
            when corrected.workspace_id is not null then 'correction'
            when refunded.workspace_id is not null then 'ledger'
            when late_units.cause is not null then 'late'
            when retracted_units.cause is not null then 'retraction'
            when corrected_units.cause is not null then 'correction'
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
    left join corrected
        on
            restated.workspace_id = corrected.workspace_id
            and restated.usage_date = corrected.usage_date
    left join refunded
        on
            restated.workspace_id = refunded.workspace_id
            and restated.usage_date = refunded.usage_date
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
    left join changed_through_units as corrected_units
        on
            restated.workspace_id = corrected_units.workspace_id
            and restated.usage_date = corrected_units.usage_date
            and corrected_units.cause = 'correction'
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
        'correction' as cause,
        corrected_credits as credits_change,
        0 as wasted_change
    from explained
    where has_corrected
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
        or (
            not has_late
            and not has_retracted
            and not has_corrected
            and other_wasted_change = 0
        )
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
