select
    staged.workspace_id,
    staged.entry_id,
    staged.credits
from staging.stg_credit_entries as staged
left join facts.fct_credit_entries as entries
    on staged.workspace_id = entries.workspace_id and staged.entry_id = entries.entry_id
where
    staged.occurred_at < cast(:as_of as timestamp)
    and (entries.entry_id is null or entries.credits <> staged.credits)
