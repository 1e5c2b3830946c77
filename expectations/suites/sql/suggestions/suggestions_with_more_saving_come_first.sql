select *
from (
    select
        workspace_id,
        suggestion_rank,
        potential_saving_credits_mid as saving,
        lag(potential_saving_credits_mid) over (
            partition by workspace_id order by suggestion_rank
        ) as saving_before
    from waste.suggestions
) as ranked
where saving > saving_before
