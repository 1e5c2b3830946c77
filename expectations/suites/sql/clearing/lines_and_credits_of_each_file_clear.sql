with explained as (
    select
        accepted.batch_id,
        accepted.file_path,
        count(case outcomes.outcome when 'reported' then 1 end) as reported,
        count(case outcomes.outcome when 'retracted' then 1 end) as retracted,
        count(case outcomes.outcome when 'later' then 1 end) as later,
        count(case outcomes.outcome when 'duplicate' then 1 end) as duplicate,
        count(case outcomes.outcome when 'conflicting' then 1 end) as conflicting,
        coalesce(sum(outcomes.credits), 0) as explained_credits
    from raw.generation_events as accepted
    left join (
        select
            row_id,
            'reported' as outcome,
            credits
        from facts.int_generations_classified
        where :is_new(batch_id)
        union all
        select
            row_id,
            exclusion_reason as outcome,
            credits
        from facts.int_generations_excluded
        where :is_new(batch_id)
        union all
        select
            row_id,
            case when is_conflict then 'conflicting' else 'duplicate' end as outcome,
            credits
        from staging.stg_repeated_deliveries
        where feed = 'generation_events' and :is_new(batch_id)
    ) as outcomes on accepted.row_id = outcomes.row_id
    where :is_new(accepted.batch_id)
    group by accepted.batch_id, accepted.file_path
),

files as (
    select
        deliveries.batch_id,
        deliveries.file_path,
        deliveries.line_count,
        deliveries.quarantined_count as quarantined,
        coalesce(explained.reported, 0) as reported,
        coalesce(explained.retracted, 0) as retracted,
        coalesce(explained.later, 0) as later,
        coalesce(explained.duplicate, 0) as duplicate,
        coalesce(explained.conflicting, 0) as conflicting,
        coalesce(deliveries.accepted_credits, 0) as accepted_credits,
        coalesce(explained.explained_credits, 0) as explained_credits
    from raw.deliveries as deliveries
    left join explained
        on
            deliveries.batch_id = explained.batch_id
            and deliveries.file_path = explained.file_path
    where deliveries.feed = 'generation_events' and :is_new(deliveries.batch_id)
)

select
    *,
    quarantined
    + reported
    + retracted
    + later
    + duplicate
    + conflicting as explained_count
from files
where
    coalesce(
        line_count
        <> quarantined + reported + retracted + later + duplicate + conflicting,
        true
    )
    or accepted_credits <> explained_credits
