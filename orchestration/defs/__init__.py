"""Dagster: one module for each step of the run, then checks, resources, jobs, schedules.

No arithmetic here: a step reads, calls one library function, writes, and reports counts.
"""
