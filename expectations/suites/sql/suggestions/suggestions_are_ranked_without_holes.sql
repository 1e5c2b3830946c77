select
    workspace_id,
    count(*) as row_count,
    min(suggestion_rank) as first_rank,
    max(suggestion_rank) as last_rank
from waste.suggestions
group by workspace_id
having
    workspace_id is null or count(distinct suggestion_rank) <> count(*)
    or min(suggestion_rank) <> 1 or max(suggestion_rank) <> count(*)
