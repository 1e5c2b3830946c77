"""The working warehouse: how tables are read and replaced, for each engine."""
