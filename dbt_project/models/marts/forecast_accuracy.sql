{%- set columns = [
    'workspace_id', 'as_of', 'kind', 'horizon_bucket', 'amount_days', 'true_days', 'is_covered_80',
    'is_covered_95', 'error_days', 'pace_error_days',
] %}

with scores as (
    select
        {{ columns | join(', ') }},
        budget_id
    from {{ ref('stg_forecast__forecast_scores') }}
    union all
    select
        {{ columns | join(', ') }},
        cast(null as string) as budget_id
    from {{ ref('stg_journal__forecast_scores') }}
),

-- a run for an earlier as_of may have scored the same forecast
ranked as (
    select
        scores.*,
        row_number() over (
            partition by workspace_id, as_of, kind, amount_days, budget_id
            order by true_days asc
        ) as earliest_rank
    from scores
),

scoped as (
    {%- for workspace in ('workspace_id', "'(all)'") %}
    {%- for bucket in ('horizon_bucket', "'(all)'") %}
    select
        {{ workspace }} as workspace_id,
        {{ bucket }} as horizon_bucket,
        kind,
        as_of,
        is_covered_80,
        is_covered_95,
        error_days,
        pace_error_days
    from ranked
    where earliest_rank = 1
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

summed as (
    select
        workspace_id,
        kind,
        horizon_bucket,
        cast(count(*) as bigint) as cases,
        cast(count(case when is_covered_80 then 1 end) as bigint) as covered_80_cases,
        cast(count(case when is_covered_95 then 1 end) as bigint) as covered_95_cases,
        cast(
            percentile_disc(0.5) within group (order by error_days) as bigint
        ) as median_abs_error_days,
        cast(
            percentile_disc(0.5) within group (order by pace_error_days) as bigint
        ) as pace_median_abs_error_days,
        cast(sum(error_days) as bigint) as abs_error_days,
        cast(sum(pace_error_days) as bigint) as pace_abs_error_days,
        min(as_of) as first_as_of,
        max(as_of) as last_as_of
    from scoped
    group by workspace_id, kind, horizon_bucket
)

select
    workspace_id,
    kind,
    horizon_bucket,
    cases,
    covered_80_cases,
    {{ exact_ratio('covered_80_cases', 'cases') }} as coverage_80,
    covered_95_cases,
    {{ exact_ratio('covered_95_cases', 'cases') }} as coverage_95,
    median_abs_error_days,
    pace_median_abs_error_days,
    abs_error_days,
    {{ exact_ratio('abs_error_days', 'cases') }} as mean_abs_error_days,
    pace_abs_error_days,
    {{ exact_ratio('pace_abs_error_days', 'cases') }} as pace_mean_abs_error_days,
    first_as_of,
    last_as_of
from summed
