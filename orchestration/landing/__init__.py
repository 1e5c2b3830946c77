"""Landing files to typed rows by the contract: pure reading, every refusal with its reason.

No disk, clock, environment or Dagster here; the lake that keeps the rows is in `orchestration.lake`.
"""
