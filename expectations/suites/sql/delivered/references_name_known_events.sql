with unknown as (
    select
        feed,
        concat_ws(
            ' ', feed, reference_id, 'names event', event_id, 'of source', source
        ) as example
    from facts.int_references_unknown
    where other_source is null
),

counted as (
    select
        count(*) as unknown_count,
        min(example) as example
    from unknown
),

delivered as (
    select
        (select count(*) from raw.content_outcomes)
        + (select count(*) from raw.event_retractions)
        - (
            select count(*) from staging.stg_repeated_deliveries
            where feed in ('content_outcomes', 'event_retractions')
        ) as reference_count,
        (
            select count(*) from staging.stg_credit_entries
            where entry_type = 'refund' and related_event_id is not null
        ) as refund_count
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
        max(case when source_rank = 1 then concat('; ', found_count, ' would with source ', other_source) end)
            as hint,
        max(case when source_rank = 2 then concat(', ', found_count, ' with ', other_source) end) as second_hint
    from sources
)

select
    counted.unknown_count,
    delivered.reference_count + delivered.refund_count as reference_count,
    case
        when delivered.refund_count > 0 then 'outcomes, retractions and refunds'
        else 'outcomes and retractions'
    end as kinds,
    coalesce(hints.hint, '') as hint,
    coalesce(hints.second_hint, '') as second_hint,
    counted.example
from counted cross join delivered cross join hints
where counted.unknown_count > 0
