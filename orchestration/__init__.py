"""Everything that knows of Dagster, disk, clock and environment.

What a number means does not belong here: that is dbt_project/, forecasting/ and expectations/.
"""
