with corrected_before as (select * from {{ ref('int_generations_corrected') }}),

new_generations as (
    select
        generations.*,
        corrected_before.winning_row_id is not null as is_corrected
    from {{ ref('fct_generations') }} as generations
    left join corrected_before on generations.row_id = corrected_before.winning_row_id
    where
        generations.batch_id > {{ var('served_batch') or 0 }}
        and {{ was_served('generations.usage_date') }}
)

select
    {{ classified_together() | join(', ') }},
    usage_date,
    case when is_corrected then 'correction' else 'late' end as cause,
    cast(credits as decimal(38, 6)) as credits_change,
    cast(
        case when not is_corrected and disposition = 'wasted' then credits else 0 end
        as decimal(38, 6)
    ) as wasted_change
from new_generations
union all
select
    {{ classified_together() | join(', ') }},
    usage_date,
    'correction' as cause,
    cast(-credits as decimal(38, 6)) as credits_change,
    cast(0 as decimal(38, 6)) as wasted_change
from corrected_before
union all
select
    {{ classified_together() | join(', ') }},
    usage_date,
    'retraction' as cause,
    cast(-credits as decimal(38, 6)) as credits_change,
    cast(0 as decimal(38, 6)) as wasted_change
from {{ ref('int_generations_excluded') }}
where
    exclusion_reason = 'retracted'
    and not {{ is_unserved('batch_id', 'usage_date') }}
    and {{ is_unserved('retracted_in_batch', 'retracted_on') }}
