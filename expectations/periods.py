"""The windows of the report up to as_of, as SQL for the gates that look at them.

Not here: what is checked in them (the suite of each layer).
"""

_MONTH = "cast(date_trunc('month', :as_of) as date)"
# those that every workspace has
ALL_PERIODS = f"""(
    select '7d' as period, :as_of - 6 as first_date, :as_of as last_date
    union all
    select '30d' as period, :as_of - 29 as first_date, :as_of as last_date
    union all
    select '90d' as period, :as_of - 89 as first_date, :as_of as last_date
    union all
    select 'month_to_date' as period, {_MONTH} as first_date, :as_of as last_date
    union all
    select
        'last_month' as period,
        cast(date_trunc('month', {_MONTH} - 1) as date) as first_date,
        {_MONTH} - 1 as last_date
)"""
NOT_EVERYWHERE = "billing_period"
