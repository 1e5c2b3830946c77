"""A mapping for a flat file: which of its columns is which of ours, by their names and their values."""
