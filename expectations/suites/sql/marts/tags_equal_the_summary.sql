with tags as (
    select
        workspace_id,
        period,
        tag_key,
        sum(credits) as credits,
        sum(wasted_credits) as wasted_credits,
        sum(generation_count) as generation_count
    from marts.usage_by_tag
    group by workspace_id, period, tag_key
),

tag_keys as (select distinct tag_key from facts.fct_generation_tags)

select
    summary.workspace_id,
    summary.period,
    tag_keys.tag_key,
    coalesce(tags.credits, 0) as credits,
    coalesce(tags.wasted_credits, 0) as wasted_credits,
    coalesce(tags.generation_count, 0) as generation_count,
    summary.credits_used,
    summary.wasted_credits as all_wasted_credits,
    summary.generation_count as all_generation_count
from marts.credit_summary as summary
cross join tag_keys
left join tags
    on
        summary.workspace_id = tags.workspace_id
        and summary.period = tags.period
        and tag_keys.tag_key = tags.tag_key
where
    coalesce(tags.credits, 0) <> summary.credits_used
    or coalesce(tags.wasted_credits, 0) <> summary.wasted_credits
    or coalesce(tags.generation_count, 0) <> summary.generation_count
