"""Reads landing files into typed rows by the contract; everything rejected has a reason.

No disk, clock, environment or Dagster here; the lake that keeps the rows is in `orchestration.lake`.
"""
