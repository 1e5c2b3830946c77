select
    staged.workspace_id,
    count(*) as waiting,
    max(staged.occurred_at) as latest,
    min(staged.entry_id) as entry_id
from staging.stg_credit_entries as staged
left join facts.fct_credit_entries as entries
    on staged.workspace_id = entries.workspace_id and staged.entry_id = entries.entry_id
where entries.entry_id is null and staged.occurred_at >= cast(:as_of as timestamp)
group by staged.workspace_id
