"""`credits ...`: one module for each command, and what they share (options.py, output.py).

No number is computed here: `run` starts the job of the schedule, reports read what is published.
"""
