{{ config(materialized='view') }}

select
    feed,
    row_scope,
    delivered_id,
    waits_for
from {{ ref('int_rows_waiting') }}
union all
select
    'credit_entries' as feed,
    entries.workspace_id as row_scope,
    entries.entry_id as delivered_id,
    {{ local_date('entries.occurred_at', 'workspaces.timezone') }} as waits_for
from {{ ref('stg_credit_entries') }} as entries
inner join {{ ref('dim_workspaces') }} as workspaces
    on entries.workspace_id = workspaces.workspace_id
where {{ local_date('entries.occurred_at', 'workspaces.timezone') }} > {{ as_of() }}
