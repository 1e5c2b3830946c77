"""Rows of the published marts, selected and written as a table, CSV, JSON or Parquet."""
