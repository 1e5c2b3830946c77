"""The lake of committed batches and the working warehouse: how tables are read and replaced."""
