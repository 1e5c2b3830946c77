with counted as (
    select
        count(*) as unknown_count,
        min(
            concat_ws(
                ' ', feed, reference_id, 'names event', event_id, 'of source', source
            )
        ) as example
    from facts.int_references_unknown
    where other_source is null
),

outcomes as (
    select count(*) as outcome_count from raw.content_outcomes
),

retractions as (
    select count(*) as retraction_count from raw.event_retractions
),

repeated as (
    select count(*) as repeated_count from staging.stg_repeated_deliveries
    where feed in ('content_outcomes', 'event_retractions')
),

refunds as (
    select count(*) as refund_count from staging.stg_credit_entries
    where entry_type = 'refund' and related_event_id is not null
),

sources as (
    select
        other_source,
        count(*) as found_count,
        row_number() over (order by count(*) desc, other_source) as source_rank
    from facts.int_references_unknown
    where other_source is not null
    group by other_source
),

hints as (
    select
        concat(
            coalesce(
                max(
                    case
                        when source_rank = 1
                            then
                                concat(
                                    '; ',
                                    found_count,
                                    ' would with source ',
                                    other_source
                                )
                    end
                ),
                ''
            ),
            coalesce(
                max(
                    case
                        when source_rank = 2
                            then concat(', ', found_count, ' with ', other_source)
                    end
                ),
                ''
            )
        ) as hint
    from sources
)

select
    counted.unknown_count,
    counted.example,
    hints.hint,
    outcomes.outcome_count
    + retractions.retraction_count
    - repeated.repeated_count
    + refunds.refund_count as reference_count,
    case
        when refunds.refund_count > 0 then 'outcomes, retractions and refunds'
        else 'outcomes and retractions'
    end as kinds
from counted
cross join outcomes
cross join retractions
cross join repeated
cross join refunds
cross join hints
where counted.unknown_count > 0
