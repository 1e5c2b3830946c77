select
    workspace_id,
    sum(staged) as staged,
    sum(staged_credits) as staged_credits,
    sum(withheld) as withheld,
    sum(withheld_credits) as withheld_credits,
    sum(reported) as reported,
    sum(reported_credits) as reported_credits
from (
    select
        workspace_id,
        generation_count as staged,
        credits as staged_credits,
        0 as withheld,
        0 as withheld_credits,
        0 as reported,
        0 as reported_credits
    from staging.stg_usage_by_batch
    union all
    select
        workspace_id,
        0 as staged,
        0 as staged_credits,
        1 as withheld,
        credits as withheld_credits,
        0 as reported,
        0 as reported_credits
    from facts.int_generations_excluded
    union all
    select
        workspace_id,
        0 as staged,
        0 as staged_credits,
        0 as withheld,
        0 as withheld_credits,
        generation_count as reported,
        credits as reported_credits
    from facts.fct_usage_daily
) as all_sides
group by workspace_id
having
    sum(staged) <> sum(withheld) + sum(reported)
    or sum(staged_credits) <> sum(withheld_credits) + sum(reported_credits)
