"""The windows of the report up to as_of, as SQL for the gates that look at them.

Not here: what is checked in them (the suite of each layer).
"""

PERIODS = """(
    select '7d' as period, :as_of - 6 as first_date
    union all
    select '30d' as period, :as_of - 29 as first_date
    union all
    select '90d' as period, :as_of - 89 as first_date
)"""
