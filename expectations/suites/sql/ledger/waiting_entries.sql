select
    staged.workspace_id,
    count(*) as waiting,
    max(staged.occurred_at) as latest,
    min(staged.entry_id) as entry_id
from staging.stg_credit_entries as staged
left join facts.fct_credit_entries as entries
    on staged.workspace_id = entries.workspace_id and staged.entry_id = entries.entry_id
where
    entries.entry_id is null
    -- nothing_is_dated_far_after_as_of names the later ones
    and staged.occurred_at >= cast(:as_of as timestamp)
    and staged.occurred_at < cast(:as_of + 401 as timestamp)
group by staged.workspace_id
