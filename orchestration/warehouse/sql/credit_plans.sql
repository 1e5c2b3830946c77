select
    plans.workspace_id,
    plans.plan_id,
    cast(cast(plans.credits as decimal(38, 6)) * 1000000 as bigint) as credits_micro,
    plans.renewal_interval,
    plans.starts_on,
    plans.ends_on,
    plans.rollover_days,
    workspaces.timezone
from dimensions.dim_credit_plans as plans
inner join facts.dim_reporting_workspaces as workspaces
    on plans.workspace_id = workspaces.workspace_id
