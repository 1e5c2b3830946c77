with totals as (
    select
        source,
        coalesce(workspace_id, '(all)') as workspace_id,
        coalesce(model, '(all)') as model,
        case when amount is null then 'credits' else 'amount' end as unit,
        case
            when amount is null then '(none)'
            else coalesce(upper(currency), '(none)')
        end as currency,
        case
            when period = 'month' then cast(date_trunc('month', day) as date)
            else day
        end as first_day,
        period = 'month' as is_month,
        timezone,
        coalesce(
            cast(amount as decimal(38, 12)), cast(credits as decimal(38, 12))
        ) as total,
        revision,
        batch_id,
        file_path,
        line_number
    from {{ source('raw', 'provider_totals') }}
),

ranked as (
    select
        totals.*,
        row_number() over (
            partition by
                source, workspace_id, model, unit, currency, first_day, is_month
            order by
                coalesce(revision, 0) desc,
                batch_id desc,
                file_path desc,
                line_number desc
        ) as version_rank
    from totals
)

select
    source,
    workspace_id,
    model,
    unit,
    currency,
    first_day,
    case when is_month then last_day(first_day) else first_day end as last_day,
    timezone,
    total,
    batch_id
from ranked
where version_rank = 1
