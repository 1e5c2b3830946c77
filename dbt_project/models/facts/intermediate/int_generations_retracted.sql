-- a retraction is dated in the timezone of the workspace whose generation it removes
with dated as (
    select
        generations.row_id,
        retractions.batch_id,
        {{ local_date('retractions.occurred_at', 'generations.timezone') }}
            as retracted_on
    from {{ ref('int_generations_localized') }} as generations
    inner join {{ ref('stg_event_retractions') }} as retractions
        on
            generations.source = retractions.source
            and generations.event_id = retractions.event_id
)

select
    row_id,
    min(batch_id) as retracted_in_batch,
    min(retracted_on) as retracted_on
from dated
where retracted_on <= {{ as_of() }}
group by row_id
