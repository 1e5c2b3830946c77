with totals as (select * from {{ ref('stg_provider_totals') }}),

events as (select * from {{ ref('stg_generation_events') }}),

zones as (
    select distinct
        source,
        timezone
    from totals
),

-- what was delivered and does not count explains what is missing
{%- set columns = [
    'source', 'workspace_id', 'model', 'credits', 'provider_cost', 'provider_currency'
] %}
generations as (
    select
        {{ columns | join(', ') }},
        occurred_at,
        true as is_counted
    from {{ ref('int_generations_classified') }}
    union all
    select
        {{ prefixed('events', columns) }},
        events.occurred_at,
        false as is_counted
    from events
    inner join {{ ref('int_generations_excluded') }} as excluded
        on events.row_id = excluded.row_id
    union all
    select
        {{ prefixed('delivered', columns) }},
        {{ utc_timestamp('delivered.occurred_at') }} as occurred_at,
        false as is_counted
    from {{ source('raw', 'generation_events') }} as delivered
    inner join {{ ref('stg_repeated_deliveries') }} as repeated
        on
            delivered.row_id = repeated.row_id
            and repeated.feed = 'generation_events'
            and repeated.is_conflict
),

dated as (
    select
        generations.*,
        zones.timezone,
        {{ local_date('generations.occurred_at', 'zones.timezone') }} as usage_day,
        coalesce(upper(generations.provider_currency), '(none)') as currency
    from generations
    inner join zones on generations.source = zones.source
),

usage as (
    select
        source,
        timezone,
        usage_day,
        workspace_id,
        model,
        currency,
        is_counted,
        cast(sum(credits) as decimal(38, 12)) as credits,
        cast(sum(provider_cost) as decimal(38, 12)) as provider_cost,
        count(*) as generation_count
    from dated
    group by source, timezone, usage_day, workspace_id, model, currency, is_counted
),

matched as (
    select
        totals.source,
        totals.workspace_id,
        totals.model,
        totals.unit,
        totals.currency,
        totals.first_day,
        totals.last_day,
        totals.timezone,
        totals.total,
        usage.is_counted,
        usage.generation_count,
        -- a total without a currency is of every cost
        case
            when totals.unit = 'credits' then usage.credits
            when totals.currency in ('(none)', usage.currency) then usage.provider_cost
        end as counted,
        case
            when
                totals.unit = 'amount'
                and usage.is_counted
                and usage.provider_cost is not null
                then usage.currency
        end as cost_currency
    from totals
    left join usage
        on
            totals.source = usage.source
            and totals.timezone = usage.timezone
            and usage.usage_day between totals.first_day and totals.last_day
            and totals.workspace_id in ('(all)', usage.workspace_id)
            and totals.model in ('(all)', usage.model)
),

compared as (
    select
        source,
        workspace_id,
        model,
        unit,
        currency,
        first_day,
        last_day,
        timezone,
        total as theirs,
        cast(
            coalesce(sum(case when is_counted then counted end), 0) as decimal(38, 12)
        ) as ours,
        cast(
            coalesce(sum(case when not is_counted then -counted end), 0)
            as decimal(38, 12)
        ) as explained,
        cast(
            coalesce(sum(case when is_counted then generation_count end), 0) as bigint
        ) as generation_count,
        cast(count(distinct cost_currency) as bigint) as cost_currency_count
    from matched
    group by
        source,
        workspace_id,
        model,
        unit,
        currency,
        first_day,
        last_day,
        timezone,
        total
),

workspace_zones as (
    select
        min(timezone) as first_timezone,
        max(timezone) as last_timezone
    from {{ ref('dim_reporting_workspaces') }}
)

select
    compared.*,
    cast(compared.ours - compared.theirs as decimal(38, 12)) as difference,
    -- beyond these the exact division has no room
    case
        when abs(compared.ours) + abs(compared.theirs) < 10000000000000
            then
                {{ exact_ratio(
                    'abs(compared.ours - compared.theirs)',
                    'abs(compared.theirs)',
                    decimals=12
                ) }}
    end as share,
    -- as_of ends at other instants in other zones
    coalesce(
        compared.last_day < {{ as_of() }}
        or (
            compared.last_day = {{ as_of() }}
            and compared.timezone = workspace_zones.first_timezone
            and compared.timezone = workspace_zones.last_timezone
        ),
        false
    ) as is_complete
from compared
cross join workspace_zones
