"""The lake: committed batches of typed rows, the only source of truth the warehouse is rebuilt from."""
