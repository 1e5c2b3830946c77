"""Which pending generations will end as waste, and which change of workflow would save credits.

Not here: what counts as waste (dbt facts).
"""
