with generations as (select * from {{ ref('fct_generations') }})

select
    workspace_id,
    usage_date,
    member_id,
    product_category,
    generation_type,
    cast(sum(credits) as decimal(38, 6)) as credits,
    cast(count(*) as bigint) as generation_count,
    cast(count(attempt_number) as bigint) as attempt_count,
    cast(sum(case when is_regeneration then 1 else 0 end) as bigint)
        as regeneration_count,
    {%- for disposition in ('used', 'iterated', 'wasted', 'pending', 'untracked') %}
    cast(
        sum(case when disposition = '{{ disposition }}' then credits else 0 end)
        as decimal(38, 6)
    ) as {{ disposition }}_credits
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from generations
group by workspace_id, usage_date, member_id, product_category, generation_type
