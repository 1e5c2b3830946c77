select
    product_id,
    workspace_id,
    generation_type,
    product_category,
    ruleset_id,
    template_id,
    -- what names no member is no one's segment
    nullif(member_id, '(no member)') as member_id,
    model,
    workflow,
    cast(sum(generation_count) as double) as generation_count,
    cast(sum(mature_count) as double) as mature_count,
    cast(sum(failed_generation_count) as double) as failed_generation_count,
    cast(sum(rejected_content_count) as double) as rejected_content_count,
    cast(sum(excess_regeneration_count) as double) as excess_regeneration_count,
    cast(sum(low_quality_draft_count) as double) as low_quality_draft_count,
    cast(sum(unused_content_count) as double) as unused_content_count,
    cast(sum(unneeded_field_count) as double) as unneeded_field_count,
    cast(sum(episode_count) as double) as episode_count,
    cast(sum(long_episode_count) as double) as long_episode_count,
    cast(sum(used_count) as double) as used_count,
    cast(sum(credits) as double) as credits,
    cast(sum(wasted_credits) as double) as wasted_credits,
    cast(sum(early_wasted_credits) as double) as early_wasted_credits,
    cast(sum(recent_credits) as double) as recent_credits,
    cast(sum(case when is_mature then credits else 0 end) as double) as mature_credits,
    cast(sum(case when is_mature then wasted_credits else 0 end) as double)
        as mature_wasted_credits
from ({counted}) as counted
group by all
order by all
