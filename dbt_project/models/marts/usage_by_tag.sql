{#- without tags nothing is read for them -#}
{%- set has_tags = 'true' if var('tag_keys') else 'false' %}

with periods as (select * from {{ ref('dim_periods') }}),

tags as (select * from {{ ref('fct_generation_tags') }}),

summed as (
    select
        generations.workspace_id,
        periods.period,
        tags.tag_key,
        tags.tag_value,
        cast(count(*) as bigint) as generation_count,
        cast(sum(generations.credits) as decimal(38, 6)) as credits,
        {%- for disposition in dispositions() %}
        cast(
            sum(
                case
                    when generations.disposition = '{{ disposition }}'
                        then generations.credits
                    else 0
                end
            ) as decimal(38, 6)
        ) as {{ disposition }}_credits
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from tags
    inner join {{ ref('fct_generations') }} as generations
        on tags.row_id = generations.row_id
    inner join periods
        on
            {{ is_in_period('tags', day='usage_date') }}
    where {{ has_tags }} and tags.usage_date >= {{ first_reported_day() }}
    group by
        generations.workspace_id, periods.period, tags.tag_key, tags.tag_value
),

costed as (
    select
        tags.workspace_id,
        periods.period,
        tags.tag_key,
        tags.tag_value,
        draws.credits as all_credits,
        draws.cost as all_cost,
        draws.currency,
        draws.unit_price is not null as is_priced,
        case
            when generations.disposition = 'wasted' then draws.cost
            when draws.unit_price is not null then 0
        end as wasted_cost
    from tags
    inner join {{ ref('fct_lot_draws') }} as draws
        on tags.usage_date = draws.usage_date and tags.row_id = draws.row_id
    inner join {{ ref('fct_generations') }} as generations
        on tags.row_id = generations.row_id
    inner join periods
        on
            {{ is_in_period('tags', day='usage_date') }}
    where {{ has_tags }} and tags.usage_date >= {{ first_reported_day() }}
),

costs as (
    select
        workspace_id,
        period,
        tag_key,
        tag_value,
        {{ only_cost() }} as cost,
        {{ only_currency() }} as currency,
        sum(case when is_priced then all_credits else 0 end) as priced_credits,
        {{ only_cost('wasted', currency_of='all') }} as wasted_cost
    from costed
    group by workspace_id, period, tag_key, tag_value
),

-- the shares of a key sum to exactly 1, as those of the other breakdowns
divided as (
    select
        summed.*,
        {{ largest_remainder_steps('credits', 'workspace_id, period, tag_key') }}
            as share_steps,
        {{ step_remainder('credits', 'workspace_id, period, tag_key') }}
            as share_remainder
    from summed
),

shared as (
    select
        divided.*,
        row_number() over (
            partition by workspace_id, period, tag_key
            order by share_remainder desc nulls last, tag_value asc
        ) as remainder_rank,
        1000000000000
        - sum(share_steps) over (partition by workspace_id, period, tag_key)
            as steps_left_over
    from divided
)

select
    shared.workspace_id,
    shared.period,
    shared.tag_key,
    shared.tag_value,
    shared.credits,
    {{ from_steps(
        'shared.share_steps'
        ~ ' + case when shared.remainder_rank <= shared.steps_left_over then 1 else 0 end'
    ) }} as credit_share,
    cast(rank() over (
        partition by shared.workspace_id, shared.period, shared.tag_key
        order by shared.credits desc
    ) as bigint) as spend_rank,
    shared.generation_count,
    shared.used_credits,
    shared.iterated_credits,
    shared.wasted_credits,
    shared.pending_credits,
    shared.untracked_credits,
    shared.refunded_credits,
    {{ exact_ratio('shared.wasted_credits', 'shared.credits') }} as waste_rate,
    costs.cost,
    costs.currency,
    cast(shared.credits - coalesce(costs.priced_credits, 0) as decimal(38, 6))
        as unpriced_credits,
    costs.wasted_cost
from shared
left join costs
    on {{ same_columns('shared', 'costs', [
        'workspace_id', 'period', 'tag_key', 'tag_value'
    ]) }}
