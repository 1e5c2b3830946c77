"""Taking people out of committed batches, while every number stays."""
