with usage as (
    select * from {{ ref('fct_usage_by_period') }}
    where scope = 'team'
),

mix as (select * from {{ ref('int_expected_credits') }})

select
    usage.workspace_id,
    usage.period,
    usage.scope_id as team,
    {{ scope_measures() }},
    cast(mix.expected_credits as decimal(38, 12)) as expected_credits,
    {{ exact_ratio('usage.product_credits', 'mix.expected_credits', decimals=12) }}
        as mix_adjusted_efficiency
from usage
{{ joined_scope_costs() }}
left join mix on {{ same_scope('usage', 'mix') }}
