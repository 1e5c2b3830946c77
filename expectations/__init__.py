"""The gates between the layers: what must be true of a batch before the next layer is built from it.

Row truths of one dbt model do not belong here (dbt tests prove them), nor disk, clock or Dagster.
"""
