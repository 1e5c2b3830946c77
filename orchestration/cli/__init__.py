"""`credits ...`: one module for each command, and what they share (options.py, output.py).

No number is computed here: `run` starts the job of the schedule, reports read the published marts. Modules
that load Dagster, dbt, pandas or Arrow are imported inside the commands, to keep help and completion fast.
"""
