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
    inner join periods on tags.usage_date >= periods.window_start_date
    group by
        generations.workspace_id, periods.period, tags.tag_key, tags.tag_value
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
    workspace_id,
    period,
    tag_key,
    tag_value,
    credits,
    {{ from_steps(
        'share_steps + case when remainder_rank <= steps_left_over then 1 else 0 end'
    ) }} as credit_share,
    cast(rank() over (
        partition by workspace_id, period, tag_key
        order by credits desc
    ) as bigint) as spend_rank,
    generation_count,
    used_credits,
    iterated_credits,
    wasted_credits,
    pending_credits,
    untracked_credits,
    refunded_credits,
    {{ exact_ratio('wasted_credits', 'credits') }} as waste_rate
from shared
